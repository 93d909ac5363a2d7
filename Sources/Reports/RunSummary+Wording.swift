// Labels and units of the run summary.

import Recording
import Units

extension RunSummary {
  /// The label of a figure in the summary.
  static func label(_ kind: MetricKind) -> String {
    switch kind {
    case .stepTime: "step time"
    case .tokensPerStep: "tokens per step"
    case .tokensPerDay: "tokens per day"
    case .gpuCount: "GPUs"
    case .gpuHoursPerTrillionTokens: "GPU-hours per 10^12 tokens"
    case .gpuHours: "GPU-hours of the run"
    case .days: "length of the run"
    case .costUSD: "cost of the run"
    case .energyMWh: "energy of the run"
    case .mfuCausal: "MFU, causal"
    case .mfuNonCausal: "MFU, non-causal"
    case .teraflopsPerGPUCausal: "per GPU, causal"
    case .teraflopsPerGPUNonCausal: "per GPU, non-causal"
    case .bubbleRatio: "bubble ratio, mean"
    case .bubbleRatioMax: "bubble ratio, worst"
    case .bubbleTime: "bubble, mean"
    case .exposedCommunicationRatio: "exposed communication"
    case .communicationTime: "all communication"
    case .optimizerTime: "optimizer"
    case .timePerOutputToken: "TPOT"
    case .tokensPerSecondPerGPU: "tokens of a GPU"
    case .tokensPerSecondPerNode: "tokens of a node"
    case .imbalanceCost: "cost of uneven experts"
    case .kvBytesPerSequence: "KV cache of a sequence"
    case .kvCacheRoom: "room for the KV cache"
    case .largestBatch: "largest batch"
    case .expertImbalanceTime: "expert imbalance"
    case .gpuLoadMaxOverMean: "fullest GPU / mean"
    case .plannedMaxOverMean: "planned for"
    default: words(kind.rawValue)
    }
  }

  /// The value of a figure with its unit and at most four significant digits.
  static func valueText(_ kind: MetricKind, _ value: Double) -> String {
    switch kind.unit {
    case "s": durationText(seconds: value)
    case "1":
      [.weightCopies, .gpuLoadMaxOverMean, .plannedMaxOverMean].contains(kind)
        ? significantText(value) : percentText(value)
    case "B": memoryText(bytes: value)
    case "token", "token/day", "GPU", "GPU-hour", "GPU-hour/(1e12 token)": countText(value)
    case "USD": "USD \(countText(value))"
    case "token/s/GPU", "token/s/node": "\(countText(value)) tokens/s"
    case "sequence": "\(countText(value)) sequences"
    case "day": "\(countText(value)) days"
    case let unit: "\(countText(value)) \(unit)"
    }
  }

  /// A count: whole and below a million in full, else with at most four significant digits.
  ///
  /// `65,536`, `62.91 million`, `14.8 trillion`; a count that is not whole is a mean: `180,100`.
  static func countText(_ value: Double) -> String {
    for (factor, word) in [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")]
    where value.magnitude >= factor * 0.99995 && !(value.isWhole && value.magnitude < 1e6) {
      return "\(significantText(value / factor)) \(word)"
    }
    let text =
      value.isWhole && value.magnitude < 1e6
      ? String(Int64(value)) : significantText(value)
    guard value.magnitude >= 1_000, !text.contains("."), !text.contains("e") else { return text }
    let split = text.index(text.endIndex, offsetBy: -3)
    return "\(text[..<split]),\(text[split...])"
  }

  /// A relative difference with its sign: `+1.4 %`.
  static func signedPercentText(_ share: Double) -> String {
    // Three digits: the fourth of a difference of two rounded figures says nothing.
    (share > 0 ? "+" : "") + "\(significantText(share * 100, digits: 3)) %"
  }

  /// A raw name as words: `overlapped_pair` is `overlapped pair`.
  static func words(_ name: String) -> String {
    String(name.map { $0 == "_" ? " " : $0 })
  }
}

extension Double {
  /// Whether the number is an integer that a double holds exactly.
  fileprivate var isWhole: Bool { self == rounded() && magnitude < 9_007_199_254_740_992 }
}

extension String {
  /// The text with spaces at one side up to a count of characters.
  func padding(to count: Int, before: Bool) -> String {
    let spaces = String(repeating: " ", count: max(0, count - self.count))
    return before ? spaces + self : self + spaces
  }
}
