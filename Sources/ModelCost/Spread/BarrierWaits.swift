// How long a GPU of mean speed waits at barriers for the slowest of its group.
//
// Work between two barriers of a group of n takes its mean plus a normal deviation of standard
// deviation s, so the slowest is e_n s late, where e_n is the mean of the largest of n normals.
// Groups are nested: experts meet in each layer, neighbours of the pipeline at each cell, all GPUs
// at the end of a step. A wider barrier adds what a narrower one has not yet waited for:
//
//     lasting part   (e_N - e_n) of it, since the slowest of N is slower than the slowest of n;
//                    of that only the share that decides who is late at the narrower barrier
//     new part       the spread between the groups' own maxima, which shrinks with their number
//
// Both parts of a wait combine as squares. Against random groups simulated as defined, the sum of
// waits is within 7 % for one, two and three nested barriers, but up to 11 % low where new parts
// prevail and a narrow barrier lies within a hardly wider one.

import Statistics
import Units

/// A kind of barrier, from usually narrow to wide.
package enum BarrierLevel: Int, CaseIterable, Sendable {
  /// GPUs that share tensors, widths of experts, sequences, and the experts of a layer.
  case tensor, expertTensor, sequence, experts
  /// Neighbours in a pipeline, with the groups that they belong to.
  case neighbours
  /// All GPUs that have to end before any goes on.
  case all
}

/// The waits of one GPU in the order of its work.
package struct BarrierWaits: Sendable {
  /// GPUs that meet.
  private struct Group {
    var size = 1
    /// Mean of the largest of as many normals.
    var mean = 0.0
    /// What its members have kept since they met last, and what narrower barriers have waited for.
    var lasting = 0.0
    var waited = 0.0
    /// Variance between groups that have met since.
    var variance = 0.0
  }

  /// In the order of the levels.
  private var groups: [Group]
  /// For each level, the factors by which new variance counts at the others after it has met.
  private let factors: [[Double]]
  /// Variance since the last barrier of any level.
  private var fresh = 0.0

  /// - Parameter size: GPUs that meet at a level, 1 or more.
  package init(size: (BarrierLevel) -> Int) {
    let groups = BarrierLevel.allCases.map { level in
      let size = size(level)
      return Group(size: size, mean: size > 1 ? LargestOfMany(size).normalMean : 0)
    }
    self.groups = groups
    factors = groups.map { own in
      guard groups.contains(where: { $0.size > own.size }) else { return [] }
      let deviation = own.size > 1 ? LargestOfMany(own.size).normalDeviation : 1
      return groups.map { wider in
        let count = wider.size / own.size
        guard count > 1 else { return 0 }
        let share = deviation * LargestOfMany(count).normalMean / wider.mean
        return share * share
      }
    }
  }

  /// Adds work.
  package mutating func work(_ spread: TimeSpread) {
    fresh += spread.variance
    for index in groups.indices { groups[index].lasting += spread.lasting }
  }

  /// Adds an exchange of a group, whose deviation its members share.
  ///
  /// - Parameters:
  ///   - level: the group that exchanges.
  ///   - deviation: standard deviation in seconds.
  package mutating func exchange(at level: BarrierLevel, deviation: Double) {
    let size = groups[level.rawValue].size
    for index in groups.indices where groups[index].size > size {
      groups[index].variance += deviation * deviation
    }
  }

  /// Seconds that a GPU waits for the slowest of its group, which thereby has met.
  package mutating func meet(at level: BarrierLevel) -> Double {
    let own = groups[level.rawValue]
    guard own.size > 1 else { return 0 }
    let excess = max(0, own.mean * own.lasting - own.waited)
    let wait =
      (excess * excess + own.mean * own.mean * (fresh + own.variance)).squareRoot()
    let share = wait > 0 ? excess / wait : 1
    for index in groups.indices {
      if groups[index].size <= own.size {
        (groups[index].lasting, groups[index].waited, groups[index].variance) = (0, 0, 0)
      } else {
        groups[index].lasting += (share - 1) * own.lasting
        groups[index].waited += own.mean * share * own.lasting - own.waited
        groups[index].variance += factors[level.rawValue][index] * fresh
      }
    }
    fresh = 0
    return wait
  }
}
