// What a plan becomes when cells have durations: who is busy when, who waits, what is held.
// Three definitions of "bubble" are in print; each has its own name here.

/// A number that can count time: `Double` in any unit, or whole picoseconds.
package protocol ScheduleTime: Comparable, AdditiveArithmetic, Sendable {
  /// The same length of time as a `Double`, for ratios.
  var scheduleDouble: Double { get }
}

extension Double: ScheduleTime {
  package var scheduleDouble: Double { self }
}

extension Int: ScheduleTime {
  package var scheduleDouble: Double { Double(self) }
}

extension Int64: ScheduleTime {
  package var scheduleDouble: Double { Double(self) }
}

/// The cells of a plan with start and end, from time zero.
package struct Timeline<Time: ScheduleTime>: Sendable {
  /// One cell in time.
  package struct Span: Sendable {
    /// What runs.
    package var cell: Cell
    /// When it starts.
    package var start: Time
    /// When it ends.
    package var end: Time
  }

  /// The spans of each rank in order.
  package let ranks: [[Span]]
  /// The last end over all ranks.
  package let makespan: Time
  /// The sum of the durations of each rank's cells.
  package let busy: [Time]
  /// Makespan less busy time of each rank.
  package let idle: [Time]
  /// The most chunks of activations each rank holds when W frees them (the safe number).
  ///
  /// A chunk is taken when its forward starts; an overlapped cell takes before it frees.
  package let peakActivations: [Int]
  /// The same when B already frees them.
  package let peakActivationsFreedAtB: [Int]

  init(ranks: [[Span]], busy: [Time]) {
    self.ranks = ranks
    self.busy = busy
    let makespan = ranks.lazy.compactMap { $0.last?.end }.max() ?? .zero
    self.makespan = makespan
    idle = busy.map { makespan - $0 }
    peakActivations = ranks.map { Self.peak($0, freedBy: \.backwardWeightWork) }
    peakActivationsFreedAtB = ranks.map { Self.peak($0, freedBy: \.backwardInputWork) }
  }

  private static func peak(_ spans: [Span], freedBy: KeyPath<Cell, Work?>) -> Int {
    var (held, peak) = (0, 0)
    for span in spans {
      if span.cell.forwardWork != nil { held += 1 }
      peak = max(peak, held)
      if span.cell[keyPath: freedBy] != nil { held -= 1 }
    }
    return peak
  }
}

extension Timeline {
  /// Mean over ranks of idle time / makespan: the bubble unless said otherwise.
  package var bubbleRatio: Double {
    ratio(of: idle.reduce(.zero, +).scheduleDouble, to: Double(idle.count) * total)
  }

  /// The largest idle time / makespan of any rank.
  package var bubbleRatioMax: Double { ratio(of: (idle.max() ?? .zero).scheduleDouble, to: total) }

  /// Idle time over busy time, summed over ranks (Megatron-LM's "bubble over ideal").
  package var bubbleOverIdeal: Double {
    ratio(
      of: idle.reduce(.zero, +).scheduleDouble, to: busy.reduce(.zero, +).scheduleDouble)
  }

  /// The longest own last end - own first start of any rank (the Zero Bubble papers' cost).
  package var maxSpan: Time {
    ranks.lazy.compactMap { spans -> Time? in
      guard let first = spans.first, let last = spans.last else { return nil }
      return last.end - first.start
    }.max() ?? .zero
  }

  /// (`maxSpan` - busy time of the busiest rank) / `maxSpan`: the Zero Bubble papers' rate, which
  /// leaves out the staircase at the start because their optimizer step does not synchronise.
  package var spanBubbleRatio: Double {
    let span = maxSpan
    return ratio(of: (span - (busy.max() ?? .zero)).scheduleDouble, to: span.scheduleDouble)
  }

  private var total: Double { makespan.scheduleDouble }

  private func ratio(of part: Double, to whole: Double) -> Double { whole > 0 ? part / whole : 0 }
}
