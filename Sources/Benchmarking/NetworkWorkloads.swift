// The workloads of the flow network's benchmark. They are fixed, and peers read them from files, so
// that every simulator runs the same flows over the same links.

import Cluster
import Units

/// Flows that all start at time zero.
package struct NetworkWorkload: Sendable {
  /// A transfer between two GPUs.
  package struct Flow: Sendable {
    /// The sending GPU.
    package var source: Int
    /// The receiving GPU.
    package var target: Int
    /// The links of its route.
    package var path: [Int32]
    /// Its size in whole bytes.
    package var bytes: Double
  }

  /// Short name, for example `rails-random`.
  package var name: String
  /// Description in one line.
  package var summary: String
  /// Number of GPUs.
  package var gpuCount: Int
  /// Capacity of each link.
  package var capacities: [BytesPerSecond]
  /// Flows in the order in which they start.
  package var flows: [Flow]
  /// Number of links of the longest path.
  package var longestPath: Int

  /// The names of all workloads, available without creating their flows.
  package static let names = ["rails-random", "rails-equal", "tree-random", "all-to-all"]

  /// Every workload, in printing order.
  package static var all: [NetworkWorkload] {
    [
      rails(named: "rails-random", isEven: false, leafNodes: nil),
      rails(named: "rails-equal", isEven: true, leafNodes: nil),
      rails(named: "tree-random", isEven: false, leafNodes: 32), allToAll,
    ]
  }

  /// Simulates the workload.
  ///
  /// - Returns: the completion time of each flow, and the effort of rate sharing.
  package func run() -> (drained: [SimTime], effort: SharingEffort) {
    var network = FlowNetwork(capacities: capacities, longestPath: longestPath)
    for (tag, flow) in flows.enumerated() {
      network.start(path: flow.path, bytes: flow.bytes, tag: tag)
    }
    var drained = [SimTime](repeating: .zero, count: flows.count)
    var completions: [FlowCompletion] = []
    completions.reserveCapacity(flows.count)
    while let time = network.nextCompletion() {
      completions.removeAll(keepingCapacity: true)
      network.advance(to: time, completions: &completions)
      for completion in completions { drained[completion.tag] = completion.drained }
    }
    return (drained, network.effort)
  }

  /// The workload as text for other simulators, with the completion times of this one.
  ///
  /// The first line has the numbers of links, GPUs and flows. One line per link has its capacity in
  /// B/s. One line per flow has source, target, bytes, completion time in seconds, number of links
  /// and links.
  package func exported() -> String {
    let drained = run().drained
    var lines = ["\(capacities.count) \(gpuCount) \(flows.count)"]
    lines += capacities.map { "\($0.value)" }
    for (flow, time) in zip(flows, drained) {
      let path = flow.path.map(String.init).joined(separator: " ")
      let size = "\(Int(flow.bytes)) \(time.seconds)"
      lines.append("\(flow.source) \(flow.target) \(size) \(flow.path.count) \(path)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Eight rails of 256 NICs of 400 Gb/s. Each GPU sends to eight others of its rail: 16,384 flows.
  ///
  /// - Parameter leafNodes: nodes per leaf switch, with 2:1 oversubscription; nil for non-blocking
  ///   rails.
  private static func rails(named name: String, isEven: Bool, leafNodes: Int?) -> NetworkWorkload {
    let (nodes, rails, peers, stride) = (256, 8, 8, 31)
    var capacities = Array(repeating: nic, count: 2 * nodes * rails)
    let firstUplink = capacities.count
    if let leafNodes {
      let bundle = nic * 0.5 * leafNodes
      capacities += Array(repeating: bundle, count: 2 * rails * nodes / leafNodes)
    }
    var sizes = RandomStream(seed: 1, purpose: RandomPurpose("benchmark.network"))
    var flows: [Flow] = []
    for node in 0..<nodes {
      for rail in 0..<rails {
        for step in 1...peers {
          let target = (node + stride * step) % nodes
          var path = [Int32(2 * (node * rails + rail)), Int32(2 * (target * rails + rail) + 1)]
          if let leafNodes, node / leafNodes != target / leafNodes {
            let leaf = { (node: Int) in (node / leafNodes * rails + rail) * 2 }
            path.insert(Int32(firstUplink + leaf(node)), at: 1)
            path.insert(Int32(firstUplink + leaf(target) + 1), at: 2)
          }
          flows.append(
            Flow(
              source: node * rails + rail, target: target * rails + rail, path: path,
              bytes: isEven ? 32e6 : size(&sizes)))
        }
      }
    }
    let place = leafNodes.map { "leaves of \($0) nodes, 2:1" } ?? "non-blocking rails"
    return NetworkWorkload(
      name: name,
      summary: "2,048 GPUs to 8 nodes each, \(isEven ? "equal" : "random") sizes, "
        + place,
      gpuCount: nodes * rails, capacities: capacities, flows: flows,
      longestPath: leafNodes == nil ? 2 : 4)
  }

  /// Eight nodes of eight GPUs. Each GPU sends to all others, over NVLink within a node and over
  /// its NIC between nodes.
  private static var allToAll: NetworkWorkload {
    let (gpus, gpusPerNode) = (64, 8)
    var capacities: [BytesPerSecond] = []
    for _ in 0..<gpus { capacities += [nic, nic, nvlink, nvlink] }
    var sizes = RandomStream(seed: 1, purpose: RandomPurpose("benchmark.network"), entity: 1)
    var flows: [Flow] = []
    for source in 0..<gpus {
      for target in 0..<gpus where target != source {
        let port = source / gpusPerNode == target / gpusPerNode ? 2 : 0
        let path = [Int32(4 * source + port), Int32(4 * target + port + 1)]
        flows.append(
          Flow(source: source, target: target, path: path, bytes: size(&sizes)))
      }
    }
    return NetworkWorkload(
      name: "all-to-all", summary: "64 GPUs of 8 nodes, each to all others, random sizes",
      gpuCount: gpus, capacities: capacities, flows: flows, longestPath: 2)
  }

  /// Facts hw.ib.nic_bw and hw.h800.nvlink_effective.
  private static let nic = BytesPerSecond(50e9)
  private static let nvlink = BytesPerSecond(160e9)

  /// A random size between 1 and 64 MB, uniform, in whole bytes.
  private static func size(_ random: inout RandomStream) -> Double {
    (1e6 + 63e6 * random.uniform()).rounded()
  }
}
