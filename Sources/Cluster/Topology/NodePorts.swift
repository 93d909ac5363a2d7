// The ports of every GPU: two directions to the NVLink switch of its node and two to the network.
// The NVLink switch itself is non-blocking.

import Units

/// Links 4 g ..< 4 g + 4 belong to GPU g.
struct NodePorts: Hashable, Sendable {
  var cluster: ClusterSpec
  /// Whether GPUs have NICs; without NICs, links 2 g and 2 g + 1 belong to GPU g.
  var hasNetwork: Bool

  private var portsPerGPU: Int { hasNetwork ? 4 : 2 }

  /// Links of all ports.
  var count: Int { cluster.gpuCount * portsPerGPU }

  func nvlinkOut(_ gpu: Int) -> Int32 { Int32(gpu * portsPerGPU) }
  func nvlinkIn(_ gpu: Int) -> Int32 { Int32(gpu * portsPerGPU + 1) }
  func nicOut(_ gpu: Int) -> Int32 { Int32(gpu * portsPerGPU + 2) }
  func nicIn(_ gpu: Int) -> Int32 { Int32(gpu * portsPerGPU + 3) }

  func node(of gpu: Int) -> Int { gpu / cluster.node.gpusPerNode }
  /// The index of a GPU in its node, which is also its rail.
  func rail(of gpu: Int) -> Int { gpu % cluster.node.gpusPerNode }

  /// The links of all ports, in order.
  var links: [NetworkLink] {
    let nvlink = cluster.node.gpu.achievedNVLink
    let nic = cluster.node.nicPerDirection
    return (0..<cluster.gpuCount).flatMap { gpu in
      let place = "node\(node(of: gpu))"
      let (port, card) = ("\(place).gpu\(rail(of: gpu))", "\(place).nic\(rail(of: gpu))")
      return [
        NetworkLink(name: port + ".out", kind: .nvlinkOut, capacity: nvlink),
        NetworkLink(name: port + ".in", kind: .nvlinkIn, capacity: nvlink),
        NetworkLink(name: card + ".out", kind: .nicOut, capacity: nic),
        NetworkLink(name: card + ".in", kind: .nicIn, capacity: nic),
      ].prefix(portsPerGPU)
    }
  }

  /// Appends the route between two GPUs of a node.
  ///
  /// - Returns: its latency.
  func appendInside(from source: Int, to target: Int, to path: inout [Int32]) -> SimDuration {
    path.append(nvlinkOut(source))
    path.append(nvlinkIn(target))
    return cluster.node.nvlinkLatency.duration
  }

  /// Starts the path between two different GPUs, and completes it if they share a node.
  ///
  /// - Returns: the latency of a path inside a node; nil for a path between nodes.
  func begin(from source: Int, to target: Int, _ path: inout [Int32]) -> SimDuration? {
    check(source, target)
    path.removeAll(keepingCapacity: true)
    guard node(of: source) == node(of: target) else { return nil }
    return appendInside(from: source, to: target, to: &path)
  }

  func check(_ source: Int, _ target: Int) {
    precondition(source != target, "GPU \(source) needs no network to itself")
    precondition(
      0 <= source && source < cluster.gpuCount && 0 <= target && target < cluster.gpuCount,
      "GPUs \(source) and \(target) of \(cluster.gpuCount)")
  }
}

extension NodeSpec {
  /// Added latency of one more layer of switches: facts hw.lat.ib_cross_leaf, 3.7 us, less
  /// hw.lat.ib_same_leaf, 2.8 us.
  static let layerLatency = Seconds(0.9e-6)

  /// Latency of a small message between nodes under one leaf switch.
  var sameLeafLatency: SimDuration {
    Seconds(max(0, networkLatency.value - Self.layerLatency.value)).duration
  }

  /// Latency of a small message that crosses all three layers: the third layer is assumed to add
  /// as much as the second.
  var assumedCrossPodLatency: SimDuration { (networkLatency + Self.layerLatency).duration }
}
