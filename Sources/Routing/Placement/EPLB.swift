// DeepSeek's expert-parallelism load balancer (EPLB), reproduced bit for bit.
// Source: github.com/deepseek-ai/EPLB, eplb.py at d52c72d. All arithmetic is Float32. Groups,
// replicas and GPU slots are assigned greedily, largest load first. Where the original leaves ties
// open, sorts are stable here and the first of equal extremes wins.

/// DeepSeek's published planner.
package enum EPLB {
  /// Plans every layer.
  ///
  /// - Precondition: `sizes` has no problems for the number of experts.
  package static func plan(_ loads: ExpertLoads, _ sizes: PlacementSizes) -> ExpertPlacement {
    ExpertPlacement(layers: (0..<loads.layers).map { plan(loads[$0], sizes) })
  }

  /// Plans one layer. Groups stay whole on nodes if nodes divide groups; otherwise all GPUs count
  /// as one node.
  ///
  /// - Complexity: O(R log R + R x GPUs + redundant x experts).
  package static func plan(_ loads: [Float], _ sizes: PlacementSizes) -> LayerPlacement {
    let isHierarchical = sizes.isHierarchical
    let groups = isHierarchical ? sizes.groups : 1
    let nodes = isHierarchical ? sizes.nodes : 1
    let order = nodeOrder(loads, groups: groups, nodes: nodes)
    let perNode = loads.count / nodes
    var experts: [Int] = []
    var ranks: [Int] = []
    var counts = [Int](repeating: 0, count: loads.count)
    for node in 0..<nodes {
      let local = Array(order[node * perNode..<(node + 1) * perNode])
      let slots = nodeSlots(
        local.map { loads[$0] }, replicas: sizes.replicas / nodes, gpus: sizes.gpus / nodes)
      for (expert, rank) in slots {
        experts.append(local[expert])
        ranks.append(rank)
        counts[local[expert]] += 1
      }
    }
    return LayerPlacement(experts: experts, ranks: ranks, counts: counts)
  }

  /// Experts in the order of the nodes that they are assigned to.
  private static func nodeOrder(_ loads: [Float], groups: Int, nodes: Int) -> [Int] {
    let size = loads.count / groups
    let groupLoads = (0..<groups).map { group in
      loads[group * size..<(group + 1) * size].reduce(Float(0), +)
    }
    let packed = pack(groupLoads, bins: nodes)
    let perNode = groups / nodes
    var order = [Int](repeating: 0, count: loads.count)
    for group in 0..<groups {
      let place = (packed[group].bin * perNode + packed[group].rank) * size
      for offset in 0..<size { order[place + offset] = group * size + offset }
    }
    return order
  }

  /// The expert and replica number of each slot of one node.
  private static func nodeSlots(
    _ loads: [Float], replicas: Int, gpus: Int
  ) -> [(expert: Int, rank: Int)] {
    var counts = [Int](repeating: 1, count: loads.count)
    var shares = loads
    var replicaOf: [(expert: Int, rank: Int)] = loads.indices.map { ($0, 0) }
    for _ in loads.count..<replicas {
      var largest = 0
      for expert in shares.indices where shares[expert] > shares[largest] { largest = expert }
      replicaOf.append((largest, counts[largest]))
      counts[largest] += 1
      shares[largest] = loads[largest] / Float(counts[largest])
    }
    let packed = pack(replicaOf.map { shares[$0.expert] }, bins: gpus)
    let perGPU = replicas / gpus
    var slots = replicaOf
    for (replica, place) in packed.enumerated() {
      slots[place.bin * perGPU + place.rank] = replicaOf[replica]
    }
    return slots
  }

  /// Packs the same number of items into each bin, largest first, each into the least loaded bin
  /// with room. With one item per bin the items keep their order.
  private static func pack(_ loads: [Float], bins: Int) -> [(bin: Int, rank: Int)] {
    let perBin = loads.count / bins
    if perBin == 1 { return loads.indices.map { ($0, 0) } }
    // Comparing load and index together makes the sort stable.
    let order = loads.indices.sorted { (loads[$1], $0) < (loads[$0], $1) }
    var sums = [Float](repeating: 0, count: bins)
    var filled = [Int](repeating: 0, count: bins)
    var result = [(bin: Int, rank: Int)](repeating: (0, 0), count: loads.count)
    for item in order {
      var best = -1
      for bin in 0..<bins where filled[bin] < perBin && (best < 0 || sums[bin] < sums[best]) {
        best = bin
      }
      result[item] = (best, filled[best])
      sums[best] += loads[item]
      filled[best] += 1
    }
    return result
  }
}
