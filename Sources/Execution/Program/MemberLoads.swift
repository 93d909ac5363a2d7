// What the experts of each simulated GPU receive, and what its links carry, when loads are uneven.
//
// If every GPU is simulated, each has its own traffic. Otherwise a few members represent an expert
// group: in each layer and microbatch, one of them is the most loaded GPU of the group. Members
// take turns as the GPU with the most rows changes, because a GPU that is late in one layer is
// seldom late in the next, and catches up. In its turn a member has the largest count of any GPU
// on each leg, because an exchange waits for the slowest GPU of every leg. In all other layers it
// has the mean traffic of the GPUs whose turns it takes. The members without turns share the rest
// evenly.
//
// Validity: an exchange waits for the most loaded GPU, whose counts are exact. If two GPUs take
// their turns on the same member, it is late twice, so too few members make a step too long. The
// spread between GPUs without turns is not modelled.

import Routing

/// The traffic of experts by member.
package struct MemberLoads: Sendable {
  /// The column of each member; members of the same column have the same traffic.
  package let columns: [Int]
  private let columnCount: Int
  /// `[loads, columns]`.
  private var values: [GPUTraffic]
  private let groupSize: Int
  /// Neighbouring GPUs of a group with the same load.
  private let copies: Int

  /// The GPUs whose traffic a column has.
  private enum Column: Hashable {
    case gpu(Int)
    case others
    case turn(RepresentativeChoice.Turn)
  }

  /// - Parameters:
  ///   - choice: the simulated GPUs of a rank, and the turns that they take.
  ///   - groupSize: number of different loads of a group: of the GPUs, or sets of `copies` GPUs,
  ///     that share the experts of a layer.
  ///   - copies: neighbouring GPUs that share the widths of the same experts.
  ///   - loadCount: number of loads; a load is a layer and microbatch.
  ///   - sequences: the loads that occur on each rank, in order; every load is in one of them.
  ///   - mostLoaded: the GPU of a group with the most rows under a load.
  ///   - traffic: the traffic of these GPUs under a load.
  package init(
    _ choice: RepresentativeChoice, groupSize: Int, copies: Int = 1, loadCount: Int,
    sequences: [[Int]],
    mostLoaded: (_ load: Int) -> Int, traffic: (_ load: Int) -> LayerTraffic
  ) {
    self.groupSize = groupSize
    self.copies = copies
    var distinct: [Column] = []
    var places: [Column: Int] = [:]
    columns = choice.representatives.members.indices.map { member in
      let kind: Column =
        if choice.hasOwnLoads {
          .gpu(choice.representatives.members[member].gpu / copies % groupSize)
        } else if choice.representatives.isComplete {
          .gpu(member / copies % groupSize)
        } else {
          choice.turns[member].map(Column.turn) ?? .others
        }
      if let known = places[kind] { return known }
      places[kind] = distinct.count
      distinct.append(kind)
      return distinct.count - 1
    }
    columnCount = distinct.count
    values = Array(repeating: GPUTraffic(), count: loadCount * distinct.count)
    var isFilled = [Bool](repeating: false, count: loadCount)
    for loads in sequences {
      // Another rank may hold the same layers.
      let fresh = loads.filter { !isFilled[$0] }
      var turns = TurnTable()
      if !choice.representatives.isComplete {
        for load in fresh { _ = turns.number(of: mostLoaded(load)) }
      }
      for load in fresh {
        fill(load, distinct, turns, traffic(load), most: mostLoaded(load))
        isFilled[load] = true
      }
    }
  }

  /// Traffic of a member of a column.
  package func traffic(_ load: Int, column: Int) -> GPUTraffic {
    values[load * columnCount + column]
  }

  private mutating func fill(
    _ load: Int, _ kinds: [Column], _ turns: TurnTable, _ traffic: LayerTraffic, most: Int
  ) {
    let start = load * columnCount
    var (left, count) = (traffic.sum, Double(groupSize))
    // The columns between the most loaded GPU and the others.
    var (between, sum) = ([Int](), GPUTraffic())
    for (column, kind) in kinds.enumerated() {
      switch kind {
      case .gpu(let gpu): values[start + column] = traffic.gpus[gpu]
      case .others: continue
      case .turn(let turn):
        let gpus = turns.gpus(turn)
        count -= 1
        if gpus.contains(most) {
          values[start + column] = traffic.most
          left = left - traffic.most
        } else {
          let mean = Self.mean(of: gpus.isEmpty ? Array(0..<groupSize) : gpus, traffic)
          values[start + column] = mean
          between.append(column)
          sum = sum + mean
        }
      }
    }
    // The most loaded GPU may have the counts of others, so less is left for these.
    let factors = sum.factors(toFit: left)
    for column in between {
      values[start + column] = values[start + column].scaled(by: factors)
      left = left - values[start + column]
    }
    for (column, kind) in kinds.enumerated() where kind == .others {
      values[start + column] = GPUTraffic().larger(left / max(1, count))
    }
  }

  private static func mean(of gpus: [Int], _ traffic: LayerTraffic) -> GPUTraffic {
    gpus.reduce(GPUTraffic()) { $0 + traffic.gpus[$1] } / Double(gpus.count)
  }
}
