// Sums over the rows of a record, in whole picoseconds, weighted by the GPUs that each represents.

import Recording
import Units

/// Time by phase and activity, mean over the GPUs that the rows represent.
struct TimeShares {
  /// The simulated GPUs that have rows, by rank and member.
  let members: [(rank: Int, member: Int, gpus: Int)]
  /// The number of GPUs that they represent.
  let gpuCount: Int
  private var sums: [Int128]
  private let total: Int128

  init(_ rows: [RankTime]) {
    var members: [(rank: Int, member: Int, gpus: Int)] = []
    for row in rows
    where members.last.map({ ($0.rank, $0.member) != (row.rank, row.member) }) ?? true {
      members.append((row.rank, row.member, row.gpus))
    }
    members.sort { ($0.rank, $0.member) < ($1.rank, $1.member) }
    self.members = members
    gpuCount = members.reduce(0) { $0 + $1.gpus }
    sums = Array(repeating: 0, count: Phase.allCases.count * Activity.allCases.count)
    for row in rows {
      sums[Self.index(row.phase, row.activity)] +=
        Int128(row.gpus) * Int128(row.time.picoseconds)
    }
    total = sums.reduce(0, +)
  }

  /// Returns the seconds of an activity in a phase, mean over GPUs.
  func meanSeconds(_ phase: Phase, _ activity: Activity) -> Double {
    mean(sums[Self.index(phase, activity)])
  }

  /// Returns the seconds of a phase over all activities, mean over GPUs.
  func meanSeconds(_ phase: Phase) -> Double {
    mean(Activity.allCases.reduce(0) { $0 + sums[Self.index(phase, $1)] })
  }

  /// Returns the seconds of an activity in all phases except the bubble, mean over GPUs.
  func meanSecondsOutsideBubble(_ activity: Activity) -> Double {
    let phases = Phase.allCases.filter { $0 != .bubble }
    return mean(phases.reduce(0) { $0 + sums[Self.index($1, activity)] })
  }

  /// Returns the share of the step that an activity of a phase takes, mean over GPUs.
  func share(_ phase: Phase, _ activity: Activity) -> Double {
    total == 0 ? 0 : Double(sums[Self.index(phase, activity)]) / Double(total)
  }

  private func mean(_ sum: Int128) -> Double {
    Recording.meanSeconds(ofPicoseconds: sum, over: gpuCount)
  }

  private static func index(_ phase: Phase, _ activity: Activity) -> Int {
    phase.caseIndex * Activity.allCases.count + activity.caseIndex
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
      rows[row][use.kind.caseIndex] += use.bytes.value
    }
    self.ranks = ranks
    self.rows = rows
  }

  /// Returns the bytes of one kind on a rank; 0 if there are none.
  func bytes(_ rank: Int, _ kind: MemoryKind) -> Double {
    ranks.firstIndex(of: rank).map { rows[$0][kind.caseIndex] } ?? 0
  }

  /// Returns the bytes of all kinds on a rank.
  func total(_ rank: Int) -> Double {
    ranks.firstIndex(of: rank).map { rows[$0].reduce(0, +) } ?? 0
  }

  /// The first rank with the largest total; nil if there are no ranks.
  var worstRank: Int? {
    ranks.reduce(nil as Int?) { worst, rank in
      guard let worst else { return rank }
      return total(rank) > total(worst) ? rank : worst
    }
  }
}
