// Requests drawn at random: when they arrive, how long they are, which prefix they share, and what
// they continue. Every quantity has a random stream of its own, so that a service under twice the
// rate, or with other lengths, sees the same requests otherwise.

import Numerics
import Units

/// A load made by distributions.
package struct GeneratedLoad: Hashable, Sendable {
  /// When requests arrive.
  package enum Arrivals: Hashable, Sendable {
    /// Gaps with a mean of 1, stretched by a rate in requests per second.
    case open(GapLaw, RateProfile)
    /// A number of users, each of whom sends the next request a think time after the last one has
    /// ended.
    case closedLoop(users: Int, thinkTime: SimDuration)
  }

  /// A class of requests.
  package struct Class: Hashable, Sendable {
    /// Its weight in the choice of a request's class.
    package var share: Double
    /// The priority of its requests; lower values go first.
    package var priority: Int
    /// Tokens of a prompt, without prefixes and former turns.
    package var prompt: LengthLaw
    /// Tokens of an output.
    package var output: LengthLaw

    package init(share: Double = 1, priority: Int = 0, prompt: LengthLaw, output: LengthLaw) {
      self.share = share
      self.priority = priority
      self.prompt = prompt
      self.output = output
    }
  }

  /// Prefixes, one of which comes before the prompt of each request.
  package struct Prefixes: Hashable, Sendable {
    /// Number of different prefixes.
    package var groups: Int
    /// Tokens of each, in addition to the prompt.
    package var length: Int
    /// Exponent of Zipf's law over the groups; 0 if all are equally popular.
    package var exponent: Double

    package init(groups: Int, length: Int, exponent: Double = 0) {
      self.groups = groups
      self.length = length
      self.exponent = exponent
    }
  }

  /// Conversations: the prompt of a turn is the former prompt, its output and a new prompt.
  package struct Sessions: Hashable, Sendable {
    /// Turns of each session.
    package var turns: Int
    /// Mean time between the arrivals of two turns, exponentially distributed.
    package var pause: SimDuration

    package init(turns: Int, pause: SimDuration) {
      self.turns = turns
      self.pause = pause
    }
  }

  /// When requests arrive.
  package var arrivals: Arrivals
  /// Number of requests; nil for as many as arrive in `duration`.
  package var count: Int?
  /// Time in which requests arrive; nil for no limit.
  package var duration: SimDuration?
  /// Its classes; requests are dealt out by their shares.
  package var classes: [Class]
  /// Shared prefixes; nil for none.
  package var prefixes: Prefixes?
  /// Conversations; nil if no request continues another, and in a closed loop.
  package var sessions: Sessions?

  /// - Precondition: there is a class, and a share is positive; a closed loop has a `count`, and
  ///   other arrivals a `count` or a `duration`.
  package init(
    arrivals: Arrivals, count: Int?, duration: SimDuration?, classes: [Class],
    prefixes: Prefixes? = nil, sessions: Sessions? = nil
  ) {
    precondition(classes.contains { $0.share > 0 }, "a load has a class")
    if case .closedLoop = arrivals {
      precondition(count != nil && sessions == nil, "users send a number of single requests")
    } else {
      precondition(count != nil || duration != nil, "a load ends")
    }
    self.arrivals = arrivals
    self.count = count
    self.duration = duration
    self.classes = classes
    self.prefixes = prefixes
    self.sessions = sessions
  }

  /// Arrivals end after 100 days, before the end of the simulated clock.
  package static let horizonSeconds = 8_640_000.0

  /// The load.
  ///
  /// - Complexity: linear in the requests, times their logarithm with sessions.
  package func load(seed: UInt64) -> LoadSpec {
    var maker = RequestMaker(self, seed: seed)
    switch arrivals {
    case .closedLoop(let users, let thinkTime):
      let requests = (0..<(count ?? 0)).flatMap { _ in maker.turns(from: 0) }
      var load = LoadSpec(requests: requests)
      load.arrivals = .closedLoop(users: users, thinkTime: thinkTime)
      return load
    case .open(let gaps, let rate):
      var starts = Starts(gaps: gaps, rate: rate, turns: sessions?.turns ?? 1, seed: seed)
      return LoadSpec(requests: requests(&starts, &maker))
    }
  }

  /// Requests in the order of arrival, as many as wanted.
  private func requests(_ starts: inout Starts, _ maker: inout RequestMaker) -> [ServiceRequest] {
    let end = min(Self.horizonSeconds, duration?.seconds ?? .infinity)
    let last = SimTime.zero + SimDuration(seconds: end)
    let wanted = count ?? Int.max
    var requests: [ServiceRequest] = []
    if let count { requests.reserveCapacity(count) }
    var (made, next) = (0, 1)
    while requests.count < wanted || sessions != nil, let start = starts.next(), start < end {
      requests += maker.turns(from: start)
      made += 1
      guard sessions != nil, made == next else { continue }
      // Turns of later sessions may still come before the last turns of these, but not before now.
      let now = SimTime.zero + SimDuration(seconds: start)
      if requests.count(where: { $0.arrival <= now }) >= wanted { break }
      next *= 2
    }
    guard sessions != nil else { return requests }
    return Array(sorted(requests).prefix { $0.arrival < last }.prefix(wanted))
  }

  private func sorted(_ requests: [ServiceRequest]) -> [ServiceRequest] {
    let order = requests.indices.sorted {
      (requests[$0].arrival, $0) < (requests[$1].arrival, $1)
    }
    return order.map { requests[$0] }
  }
}
