// Collects the pieces of a rank's time and divides its waits for the pipeline between the schedule,
// uneven experts and uneven stages.
//
// The schedule is charged the whole idle time of the counterfactual, but no more than was waited
// apart from experts: first each wait as far as the counterfactual waits at the same place, then
// what is left of the idle time in order of time. The experts' share follows in order of time. So
// the sums do not depend on where a rank makes up for a late start.

import Recording
import Units

/// A rank's time in pieces, in order.
struct RankPieces {
  private var pieces: [Attribution.Interval] = []
  /// Waits by their place among the pieces, with the idle time of the counterfactual.
  private var waits: [(piece: Int, idle: SimDuration)] = []
  private var idle = SimDuration.zero

  /// Adds a piece; an empty one is left out.
  mutating func add(_ phase: Phase, _ activity: Activity, _ time: Range<SimTime>, cell: CellID?) {
    guard !time.isEmpty else { return }
    pieces.append(
      .init(
        phase: phase, activity: activity, start: time.lowerBound, end: time.upperBound, cell: cell))
  }

  /// Adds a wait for the pipeline, where the counterfactual stands idle for `idle`.
  mutating func wait(_ time: Range<SimTime>, idle: SimDuration, cell: CellID?) {
    self.idle += idle
    guard !time.isEmpty else { return }
    waits.append((pieces.count, idle))
    add(.bubble, .schedule, time, cell: cell)
  }

  /// All waits for the pipeline together.
  var waited: SimDuration { waits.reduce(.zero) { $0 + length($1.piece) } }

  private func length(_ piece: Int) -> SimDuration { pieces[piece].end - pieces[piece].start }

  /// The pieces with every wait divided: the schedule's part first, then the experts'.
  ///
  /// - Parameter expertImbalance: how much of the waits uneven experts have caused.
  func divided(expertImbalance: SimDuration) -> [Attribution.Interval] {
    var scheduleLeft = min(waited - expertImbalance, idle)
    var expertsLeft = expertImbalance
    func take(_ most: SimDuration, _ left: inout SimDuration) -> SimDuration {
      let taken = min(most, left)
      left -= taken
      return taken
    }
    var schedule = waits.map { take(min($0.idle, length($0.piece)), &scheduleLeft) }
    var experts = waits.map { _ in SimDuration.zero }
    for (index, wait) in waits.enumerated() {
      schedule[index] += take(length(wait.piece) - schedule[index], &scheduleLeft)
      experts[index] = take(length(wait.piece) - schedule[index], &expertsLeft)
    }
    var result: [Attribution.Interval] = []
    result.reserveCapacity(pieces.count + 2 * waits.count)
    var next = 0
    for (index, piece) in pieces.enumerated() {
      guard next < waits.count, waits[next].piece == index else {
        result.append(piece)
        continue
      }
      let scheduleEnd = piece.start + schedule[next]
      let expertsEnd = scheduleEnd + experts[next]
      next += 1
      result += [
        Self.part(of: piece, .schedule, piece.start..<scheduleEnd),
        Self.part(of: piece, .expertImbalance, scheduleEnd..<expertsEnd),
        Self.part(of: piece, .stageImbalance, expertsEnd..<piece.end),
      ].filter { $0.start < $0.end }
    }
    return result
  }

  private static func part(
    of piece: Attribution.Interval, _ activity: Activity, _ time: Range<SimTime>
  ) -> Attribution.Interval {
    var part = piece
    (part.activity, part.start, part.end) = (activity, time.lowerBound, time.upperBound)
    return part
  }
}
