// SGLang's estimate of the output that running requests will still make: a share of the tokens that
// they may make, which falls with each step of decoding and rises when the estimate failed.
//
// Source: SGLang, python/sglang/srt/managers/scheduler.py (new_token_ratio) and environ.py.

/// The share and its rule.
struct OutputEstimate {
  /// Output tokens of a request that admission counts at most (`CLIP_MAX_NEW_TOKENS`).
  static let longest = 4_096

  private(set) var ratio: Ratio
  private let initial: Ratio
  private let least: Ratio
  private let decay: Ratio

  init(_ spec: SchedulerSpec) {
    initial = min(Ratio(1), spec.initialRatio)
    least = initial * spec.leastRatioFactor
    decay = (initial - least) * Ratio(1, max(1, spec.decaySteps))
    ratio = initial
  }

  /// Falls by some steps of decoding; after a correction it may take more of them to the least
  /// share than from the first one.
  mutating func decline(steps: Int = 1) {
    var left = steps
    while left > 0, ratio > least {
      ratio = max(least, ratio - decay)
      left -= 1
    }
  }

  /// Returns to its first value, when the instance is idle.
  mutating func reset() { ratio = initial }

  /// Rises to what the requests that still run have made and will make in some steps.
  mutating func correct(made: Int, steps: Int, requests: Int, outputs: Int) {
    ratio = min(Ratio(1), Ratio(made + steps * requests, max(1, outputs)))
  }
}
