// Sums over the rows of a record, in whole picoseconds and in a fixed order.

import Recording
import Units

/// Time by phase and activity, summed over ranks.
struct TimeShares {
  /// The ranks, ascending.
  let ranks: [Int]
  /// Picoseconds of all ranks together.
  let total: Int64
  private var sums: [Int64]

  var rankCount: Int { ranks.count }

  init(_ rows: [RankTime]) {
    ranks = Set(rows.map(\.rank)).sorted()
    total = rows.reduce(0) { $0 + $1.time.picoseconds }
    sums = Array(repeating: 0, count: Phase.allCases.count * Activity.allCases.count)
    for row in rows { sums[Self.index(row.phase, row.activity)] += row.time.picoseconds }
  }

  /// Seconds of an activity in a phase, mean over ranks.
  func meanSeconds(_ phase: Phase, _ activity: Activity) -> Double {
    Double(sums[Self.index(phase, activity)]) / Double(rankCount) * 1e-12
  }

  /// Seconds of a phase in all its activities, mean over ranks.
  func meanSeconds(_ phase: Phase) -> Double {
    let sum = Activity.allCases.reduce(Int64(0)) { $0 + sums[Self.index(phase, $1)] }
    return Double(sum) / Double(rankCount) * 1e-12
  }

  /// Seconds of an activity in every phase but the bubble, mean over ranks.
  func meanSecondsOutsideBubble(_ activity: Activity) -> Double {
    let phases = Phase.allCases.filter { $0 != .bubble }
    let sum = phases.reduce(Int64(0)) { $0 + sums[Self.index($1, activity)] }
    return Double(sum) / Double(rankCount) * 1e-12
  }

  /// The part of the step that an activity of a phase takes, mean over ranks.
  func share(_ phase: Phase, _ activity: Activity) -> Double {
    Double(sums[Self.index(phase, activity)]) / Double(total)
  }

  private static func index(_ phase: Phase, _ activity: Activity) -> Int {
    let row = Phase.allCases.firstIndex(of: phase) ?? 0
    return row * Activity.allCases.count + (Activity.allCases.firstIndex(of: activity) ?? 0)
  }
}

/// Memory by rank and kind.
struct MemoryByRank {
  /// The ranks, ascending.
  let ranks: [Int]
  private let rows: [[Double]]

  init(_ uses: [MemoryUse]) {
    let ranks = Set(uses.map(\.rank)).sorted()
    var rows = Array(
      repeating: Array(repeating: 0.0, count: MemoryKind.allCases.count), count: ranks.count)
    for use in uses {
      guard let row = ranks.firstIndex(of: use.rank) else { continue }
      rows[row][Self.index(use.kind)] += use.bytes.value
    }
    self.ranks = ranks
    self.rows = rows
  }

  /// Bytes of one kind on a rank; 0 where there is none.
  func bytes(_ rank: Int, _ kind: MemoryKind) -> Double {
    ranks.firstIndex(of: rank).map { rows[$0][Self.index(kind)] } ?? 0
  }

  /// Bytes of all kinds on a rank.
  func total(_ rank: Int) -> Double {
    ranks.firstIndex(of: rank).map { rows[$0].reduce(0, +) } ?? 0
  }

  /// The first rank with the largest total; nil where there is no rank.
  var worstRank: Int? {
    ranks.reduce(nil as Int?) { worst, rank in
      guard let worst else { return rank }
      return total(rank) > total(worst) ? rank : worst
    }
  }

  private static func index(_ kind: MemoryKind) -> Int {
    MemoryKind.allCases.firstIndex(of: kind) ?? 0
  }
}
