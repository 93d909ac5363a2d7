// Collects the pieces of a rank's time, and divides its waits for the pipeline between the
// schedule, uneven experts, hosts and uneven stages.
//
// The schedule is charged the whole idle time of the counterfactual, limited to the waits that
// neither experts nor hosts caused. First, each wait is charged up to the counterfactual's wait at
// the same position. The remaining idle time is then charged in order of time, followed by the
// shares of experts and hosts, also in order of time. The sums therefore do not depend on where a
// rank makes up for a late start.

import Recording
import Units

/// A rank's time in pieces, in order.
struct RankPieces {
  private var pieces: [Attribution.Interval] = []
  /// Waits by index of their piece, with the idle time of the counterfactual.
  private var waits: [(piece: Int, idle: SimDuration)] = []
  private var idle = SimDuration.zero

  /// Adds a piece; empty ones are skipped.
  mutating func add(_ phase: Phase, _ activity: Activity, _ time: Range<SimTime>, cell: CellID?) {
    guard !time.isEmpty else { return }
    pieces.append(
      .init(
        phase: phase, activity: activity, start: time.lowerBound, end: time.upperBound, cell: cell))
  }

  /// Adds a wait for the pipeline during which the counterfactual is idle for `idle`.
  mutating func wait(_ time: Range<SimTime>, idle: SimDuration, cell: CellID?) {
    self.idle += idle
    guard !time.isEmpty else { return }
    waits.append((pieces.count, idle))
    add(.bubble, .schedule, time, cell: cell)
  }

  /// Sum of all waits for the pipeline.
  var waited: SimDuration { waits.reduce(.zero) { $0 + length($1.piece) } }

  private func length(_ piece: Int) -> SimDuration { pieces[piece].end - pieces[piece].start }

  /// The pieces with every wait divided: first the schedule's part, then the experts', then the
  /// hosts'.
  ///
  /// - Parameters:
  ///   - expertImbalance: the part of the waits caused by uneven experts.
  ///   - host: the part caused by hosts, of this rank or of those that it waits for.
  func divided(expertImbalance: SimDuration, host: SimDuration) -> [Attribution.Interval] {
    var scheduleLeft = min(waited - expertImbalance - host, idle)
    var (expertsLeft, hostLeft) = (expertImbalance, host)
    func take(_ most: SimDuration, _ left: inout SimDuration) -> SimDuration {
      let taken = min(most, left)
      left -= taken
      return taken
    }
    var schedule = waits.map { take(min($0.idle, length($0.piece)), &scheduleLeft) }
    var experts = waits.map { _ in SimDuration.zero }
    var hosts = experts
    for (index, wait) in waits.enumerated() {
      let length = length(wait.piece)
      schedule[index] += take(length - schedule[index], &scheduleLeft)
      experts[index] = take(length - schedule[index], &expertsLeft)
      hosts[index] = take(length - schedule[index] - experts[index], &hostLeft)
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
      let hostsEnd = expertsEnd + hosts[next]
      next += 1
      result += [
        Self.part(of: piece, .schedule, piece.start..<scheduleEnd),
        Self.part(of: piece, .expertImbalance, scheduleEnd..<expertsEnd),
        Self.part(of: piece, .host, expertsEnd..<hostsEnd),
        Self.part(of: piece, .stageImbalance, hostsEnd..<piece.end),
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
