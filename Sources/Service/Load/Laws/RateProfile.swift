// The rate of arrivals over time, in pieces in which it changes linearly, and the moments at which
// its integral passes given values: what turns gaps with a mean of 1 into arrivals.

/// Arrivals per second over time.
package struct RateProfile: Hashable, Sendable {
  /// A span of time in which the rate changes linearly.
  package struct Piece: Hashable, Sendable {
    /// Seconds.
    package var length: Double
    /// Arrivals per second at its start.
    package var first: Double
    /// Arrivals per second at its end.
    package var last: Double

    package init(length: Double, first: Double, last: Double) {
      self.length = length
      self.first = first
      self.last = last
    }
  }

  /// The pieces from time 0 on.
  package let pieces: [Piece]
  /// Whether they begin again after the last; else no one arrives any more.
  package let repeats: Bool

  /// - Precondition: rates are not negative, and lengths positive; some rate is positive if the
  ///   pieces repeat.
  package init(_ pieces: [Piece], repeats: Bool) {
    precondition(pieces.allSatisfy { $0.length > 0 && $0.first >= 0 && $0.last >= 0 })
    precondition(!repeats || pieces.contains { $0.first > 0 || $0.last > 0 }, "nobody arrives")
    self.pieces = pieces
    self.repeats = repeats
  }

  /// The same rate always.
  package static func constant(_ rate: Double) -> RateProfile {
    RateProfile([Piece(length: 3600, first: rate, last: rate)], repeats: true)
  }

  /// A day that repeats.
  ///
  /// - Parameter hours: the rate at each full hour from midnight on; linear between them, and from
  ///   the last hour to midnight.
  package static func day(_ hours: [Double]) -> RateProfile {
    RateProfile(
      hours.indices.map { hour in
        Piece(
          length: 86_400 / Double(hours.count), first: hours[hour],
          last: hours[(hour + 1) % hours.count])
      }, repeats: true)
  }

  /// The expected number of arrivals in all pieces.
  package var total: Double {
    pieces.reduce(0) { $0 + ($1.first + $1.last) / 2 * $1.length }
  }

  /// A moment that moves forward with the integral of the rate.
  package struct Cursor: Sendable {
    private let profile: RateProfile
    /// Index of the piece, seconds at its start, and seconds since then.
    package private(set) var piece = 0
    private var start = 0.0
    private var offset = 0.0

    fileprivate init(_ profile: RateProfile) { self.profile = profile }

    /// Moves on until a number of arrivals are expected since the last moment.
    ///
    /// - Returns: seconds since time 0; nil if the profile ends before.
    package mutating func advance(by arrivals: Double) -> Double? {
      var rest = arrivals
      while piece < profile.pieces.count {
        let span = profile.pieces[piece]
        let slope = (span.last - span.first) / span.length
        let rate = span.first + slope * offset
        let remaining = span.length - offset
        let expected = (rate + span.last) / 2 * remaining
        if rest < expected {
          // The root of rate x + slope x^2 / 2 = rest, in the form that cancels nothing.
          let root = max(0, rate * rate + 2 * slope * rest).squareRoot()
          offset += min(remaining, rest > 0 ? 2 * rest / (rate + root) : 0)
          return start + offset
        }
        rest -= expected
        start += span.length
        offset = 0
        piece += 1
        if piece == profile.pieces.count, profile.repeats { piece = 0 }
      }
      return nil
    }
  }

  /// A cursor at time 0.
  package var cursor: Cursor { Cursor(self) }
}
