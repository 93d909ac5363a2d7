// The placement problem of a single node: its experts, slots and GPUs.

/// The experts of some groups on the GPUs of one node.
struct NodeProblem {
  /// Load of every expert of the layer.
  let loads: [Double]
  let groupSize: Int
  /// Slots and GPUs per node.
  let slots: Int
  let gpus: Int

  /// Packs some groups onto the node: the expert of each slot, and the maximum GPU load.
  func solve(groups: [Int], steps: Int) -> (experts: [Int], maxLoad: Double) {
    let experts = groups.flatMap { $0 * groupSize..<($0 + 1) * groupSize }
    var packing = ReplicaPacking(loads: experts.map { loads[$0] }, slots: slots, gpus: gpus)
    packing.descend(steps: steps, goal: packing.loads.reduce(0, +) / Double(gpus))
    return (packing.slots.map { experts[$0] }, packing.maxLoad)
  }

  /// Improves a given placement: separates duplicate replicas where possible and lowers the maximum
  /// GPU load.
  ///
  /// - Parameter goal: maximum GPU load at which to stop.
  func refine(
    _ placement: LayerPlacement, nodes: Int, steps: Int, goal: Double = 0
  ) -> LayerPlacement {
    var result: [Int] = []
    var place = [Int](repeating: -1, count: loads.count)
    for node in 0..<nodes {
      let slice = placement.experts[node * slots..<(node + 1) * slots]
      var experts: [Int] = []
      for expert in slice where place[expert] < 0 {
        place[expert] = experts.count
        experts.append(expert)
      }
      var packing = ReplicaPacking(
        loads: experts.map { loads[$0] }, slots: slice.map { place[$0] }, gpus: gpus)
      packing.separate()
      packing.descend(steps: steps, goal: max(goal, packing.loads.reduce(0, +) / Double(gpus)))
      packing.separate()
      result += packing.slots.map { experts[$0] }
    }
    return LayerPlacement(experts: result, expertCount: loads.count)
  }
}
