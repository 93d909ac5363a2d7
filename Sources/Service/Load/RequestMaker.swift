// The two halves of a generated load: when a request or a session of requests begins, and what its
// requests are.

import Numerics
import Units

/// The times at which requests, or sessions of several, begin.
struct Starts {
  private let gaps: GapLaw
  private var cursor: RateProfile.Cursor
  /// Requests of each session: the rate counts requests.
  private let turns: Double
  private let seed: UInt64
  private var index = 0

  private static let purpose = RandomPurpose("service.gaps")

  init(gaps: GapLaw, rate: RateProfile, turns: Int, seed: UInt64) {
    self.gaps = gaps
    cursor = rate.cursor
    self.turns = Double(turns)
    self.seed = seed
  }

  /// Seconds; nil if no one arrives any more.
  mutating func next() -> Double? {
    var stream = RandomStream(seed: seed, purpose: Self.purpose, entity: index)
    index += 1
    return cursor.advance(by: gaps.gap(&stream) * turns)
  }
}

/// Draws requests.
struct RequestMaker {
  /// Tokens of a segment of a session's text; what is shared of a prefix is rounded down to it.
  static let segmentLength = 64

  private let load: GeneratedLoad
  private let shares: [Double]
  private let popularity: [Double]
  private var classes: RandomStream
  private var prompts: RandomStream
  private var outputs: RandomStream
  private var groups: RandomStream
  private var pauses: RandomStream
  /// The session that comes next, and the identifier of the next segment of a session.
  private var session = 0
  private var nextSegment: UInt32

  init(_ load: GeneratedLoad, seed: UInt64) {
    self.load = load
    shares = Self.cumulative(load.classes.map(\.share))
    let prefixes = load.prefixes
    popularity = Self.cumulative(
      (0..<(prefixes?.groups ?? 0)).map { group in
        Numerics.exponential(-(prefixes?.exponent ?? 0) * naturalLogarithm(Double(group + 1)))
      })
    func stream(_ name: String) -> RandomStream {
      RandomStream(seed: seed, purpose: RandomPurpose(name))
    }
    classes = stream("service.classes")
    prompts = stream("service.prompts")
    outputs = stream("service.outputs")
    groups = stream("service.prefixes")
    pauses = stream("service.pauses")
    let perGroup = (prefixes?.length ?? 0) / Self.segmentLength
    nextSegment = UInt32((prefixes?.groups ?? 0) * perGroup)
  }

  /// The requests of the session that begins at a time, in seconds; one without sessions.
  mutating func turns(from start: Double) -> [ServiceRequest] {
    let index = Self.index(classes.uniform(), in: shares)
    let law = load.classes[index]
    let group = load.prefixes.map { _ in Self.index(groups.uniform(), in: popularity) }
    var arrival = start
    var history = load.prefixes?.length ?? 0
    var text = load.sessions == nil ? [] : prefixSegments(group)
    return (0..<(load.sessions?.turns ?? 1)).map { turn in
      if turn > 0, let sessions = load.sessions {
        arrival += pauses.exponential(mean: sessions.pause.seconds)
      }
      let prompt = history + law.prompt.length(at: prompts.uniform())
      let output = law.output.length(at: outputs.uniform())
      // Turns beyond the horizon are dropped by the caller.
      let seconds = min(arrival, GeneratedLoad.horizonSeconds)
      var request = ServiceRequest(
        arrival: SimTime.zero + SimDuration(seconds: seconds), prompt: prompt, output: output)
      request.trafficClass = index
      request.priority = law.priority
      if load.sessions != nil {
        extend(&text, to: prompt + output)
        request.content = PromptContent(segments: text, segmentLength: Self.segmentLength)
        request.content?.coversOutput = true
        request.session = session
        if turn + 1 == load.sessions?.turns { session += 1 }
      } else if let group, let prefixes = load.prefixes {
        request.content = PromptContent(
          segments: [UInt32(group)], segmentLength: prefixes.length)
      }
      history = prompt + output
      return request
    }
  }

  /// The whole segments of a prefix.
  private func prefixSegments(_ group: Int?) -> [UInt32] {
    guard let group, let prefixes = load.prefixes else { return [] }
    let count = prefixes.length / Self.segmentLength
    return (0..<count).map { UInt32(group * count + $0) }
  }

  /// Adds segments of this session alone until a prompt and its output are covered.
  private mutating func extend(_ text: inout [UInt32], to tokens: Int) {
    while text.count * Self.segmentLength < tokens {
      text.append(nextSegment)
      nextSegment += 1
    }
  }

  /// Running sums, divided by the last.
  private static func cumulative(_ weights: [Double]) -> [Double] {
    let total = weights.reduce(0, +)
    var sum = 0.0
    return weights.map {
      sum += $0
      return sum / total
    }
  }

  /// The first index whose running sum exceeds a quantile.
  private static func index(_ quantile: Double, in sums: [Double]) -> Int {
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] <= quantile { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
