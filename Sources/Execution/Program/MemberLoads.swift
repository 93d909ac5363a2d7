// Tokens that the experts of each simulated GPU receive when loads are uneven.
//
// If every GPU is simulated, each has its own load. Otherwise a few members represent an expert
// group: in each layer and microbatch, one of them is the most loaded GPU of the group. Members
// take turns as the most loaded real GPU changes, because a GPU that is late in one layer is seldom
// late in the next, and catches up. In all other layers a member has the mean load of the GPUs
// whose turns it takes. The members without turns share the remaining load evenly.
//
// Validity: an exchange waits for the most loaded GPU, whose load is exact. If two real GPUs take
// their turns on the same member, it is late twice, so too few members make a step too long. The
// spread between GPUs without turns is not modelled.

/// The loads of experts by member.
package struct MemberLoads: Sendable {
  /// The column of each member; members of the same column have the same loads.
  package let columns: [Int]
  private let columnCount: Int
  /// `[loads, columns]`, of the GPU and averaged over the GPUs of its node.
  private var gpus: [Double]
  private var nodes: [Double]
  private let source: Source

  /// The loads of real GPUs.
  private struct Source: Sendable {
    var groupSize: Int
    var gpusPerNode: Int
    /// `[loads, GPUs of a group]`.
    var values: [Double]

    func gpu(_ load: Int, _ gpu: Int) -> Double { values[load * groupSize + gpu] }

    func node(_ load: Int, _ gpu: Int) -> Double {
      let first = load * groupSize + gpu / gpusPerNode * gpusPerNode
      return values[first..<first + gpusPerNode].reduce(0, +) / Double(gpusPerNode)
    }

    /// The first GPU with the largest load, and the largest load of any node.
    func most(_ load: Int) -> (gpu: Int, node: Double) {
      var most = (gpu: 0, node: 0.0)
      for gpu in 0..<groupSize {
        if self.gpu(load, gpu) > self.gpu(load, most.gpu) { most.gpu = gpu }
        if gpu % gpusPerNode == 0 { most.node = max(most.node, node(load, gpu)) }
      }
      return most
    }
  }

  /// The GPUs whose loads a column has.
  private enum Column: Hashable {
    case gpu(Int)
    case others
    case turn(RepresentativeChoice.Turn)
  }

  /// - Parameters:
  ///   - groupSize: number of GPUs that share the experts of a layer.
  ///   - values: load of each of these GPUs, `[loads, GPUs]`; a load is a layer and microbatch.
  ///   - sequences: the loads that occur on each rank, in order; every load is in one of them.
  package init(
    _ choice: RepresentativeChoice, groupSize: Int, gpusPerNode: Int, values: [Double],
    sequences: [[Int]]
  ) {
    source = Source(groupSize: groupSize, gpusPerNode: gpusPerNode, values: values)
    var distinct: [Column] = []
    var places: [Column: Int] = [:]
    columns = choice.representatives.members.indices.map { member in
      let kind: Column =
        if choice.hasOwnLoads {
          .gpu(choice.representatives.members[member].gpu % groupSize)
        } else if choice.representatives.isComplete {
          .gpu(member % groupSize)
        } else {
          choice.turns[member].map(Column.turn) ?? .others
        }
      if let known = places[kind] { return known }
      places[kind] = distinct.count
      distinct.append(kind)
      return distinct.count - 1
    }
    columnCount = distinct.count
    let loadCount = values.count / groupSize
    gpus = Array(repeating: 0, count: loadCount * distinct.count)
    nodes = gpus
    var isFilled = [Bool](repeating: false, count: loadCount)
    for loads in sequences {
      // Another rank may hold the same layers.
      let fresh = loads.filter { !isFilled[$0] }
      var turns = TurnTable()
      for load in fresh { _ = turns.number(of: source.most(load).gpu) }
      for load in fresh {
        fill(load, distinct, turns)
        isFilled[load] = true
      }
    }
  }

  /// Load of a member of a column.
  package func gpu(_ load: Int, column: Int) -> Double { gpus[load * columnCount + column] }

  /// Mean load of the GPUs of its node.
  package func node(_ load: Int, column: Int) -> Double { nodes[load * columnCount + column] }

  private mutating func fill(_ load: Int, _ kinds: [Column], _ turns: TurnTable) {
    let start = load * columnCount
    let most = source.most(load)
    let group = load * source.groupSize..<(load + 1) * source.groupSize
    let sum = source.values[group].reduce(0, +)
    var left = (gpu: sum, node: sum, count: Double(source.groupSize))
    for (column, kind) in kinds.enumerated() where kind != .others {
      let value = value(load, kind, turns, most)
      (gpus[start + column], nodes[start + column]) = value
      left.gpu -= value.gpu
      left.node -= value.node
      left.count -= 1
    }
    for (column, kind) in kinds.enumerated() where kind == .others {
      gpus[start + column] = max(0, left.gpu) / max(1, left.count)
      nodes[start + column] = max(0, left.node) / max(1, left.count)
    }
  }

  private func value(
    _ load: Int, _ kind: Column, _ turns: TurnTable, _ most: (gpu: Int, node: Double)
  ) -> (gpu: Double, node: Double) {
    switch kind {
    case .gpu(let gpu): return (source.gpu(load, gpu), source.node(load, gpu))
    case .others: preconditionFailure("the others share the remaining load")
    case .turn(let turn):
      let represented = turns.gpus(turn)
      if represented.contains(most.gpu) { return (source.gpu(load, most.gpu), most.node) }
      let all = represented.isEmpty ? Array(0..<source.groupSize) : represented
      let sum = all.reduce((gpu: 0.0, node: 0.0)) {
        ($0.gpu + source.gpu(load, $1), $0.node + source.node(load, $1))
      }
      return (sum.gpu / Double(all.count), sum.node / Double(all.count))
    }
  }
}
