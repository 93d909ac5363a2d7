// The timeline of a plan whose cells have durations: busy and idle time, and activations held by
// each rank. Three definitions of "bubble" are published; each has its own name here.

/// A number type for time: `Double` in any unit, or whole picoseconds.
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
    /// The cell.
    package var cell: Cell
    /// Start time.
    package var start: Time
    /// End time.
    package var end: Time
  }

  /// The spans of each rank in order.
  package let ranks: [[Span]]
  /// The last end over all ranks.
  package let makespan: Time
  /// The sum of the durations of each rank's cells.
  package let busy: [Time]
  /// Makespan minus busy time of each rank.
  package let idle: [Time]
  /// Peak number of activation chunks on each rank if W frees them (the safe number).
  ///
  /// A chunk is allocated when its forward starts; an overlapped cell allocates before it frees.
  package let peakActivations: [Int]
  /// The same if B already frees them.
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
  /// Mean over ranks of idle time / makespan: "bubble" means this unless stated otherwise.
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

  /// The longest time of any rank from its first start to its last end (the Zero Bubble papers'
  /// cost).
  package var maxSpan: Time {
    ranks.lazy.compactMap { spans -> Time? in
      guard let first = spans.first, let last = spans.last else { return nil }
      return last.end - first.start
    }.max() ?? .zero
  }

  /// (`maxSpan` - busy time of the busiest rank) / `maxSpan`: the Zero Bubble papers' rate, which
  /// excludes the staircase at the start because their optimizer step does not synchronise.
  package var spanBubbleRatio: Double {
    let span = maxSpan
    return ratio(of: (span - (busy.max() ?? .zero)).scheduleDouble, to: span.scheduleDouble)
  }

  private var total: Double { makespan.scheduleDouble }

  private func ratio(of part: Double, to whole: Double) -> Double { whole > 0 ? part / whole : 0 }
}
