// Single messages from every GPU to all others as flows, to check the closed form.

import Units

@testable import Cluster

extension LowLatencyExchange {
  /// The flows of balanced messages between ranks 0 ..< `gpuCount` of a topology.
  ///
  /// - Parameter kernels: the number of the first link of `kernelLinks`.
  /// - Precondition: the topology has at least `gpuCount` GPUs.
  func flows(on topology: Wiring, gpusPerNode: Int, kernels: Int) -> [FlowRequest] {
    let rates = LowLatencyRates(direction, isInsideDomain: gpuCount <= gpusPerNode)
    let bytes = logicalBytes / Double(gpuCount)
    let start = SimDuration(seconds: rates.start)
    var flows: [FlowRequest] = []
    for rank in 0..<gpuCount {
      for other in 0..<gpuCount where other != rank {
        let isInside = rank / gpusPerNode == other / gpusPerNode
        let share = isInside ? rates.nvlinkShare / ReplicaGroup.nvlinkShare : rates.nicShare
        let (path, _) = topology.route(from: rank, to: other)
        flows.append(FlowRequest(path: path, bytes: bytes / share, latency: start))
      }
      flows.append(
        FlowRequest(path: [Int32(kernels + rank)], bytes: logicalBytes, latency: start))
    }
    return flows
  }

  /// Capacities of links that represent how fast each rank can send messages.
  func kernelLinks(gpusPerNode: Int) -> [BytesPerSecond] {
    let rates = LowLatencyRates(direction, isInsideDomain: gpuCount <= gpusPerNode)
    let rate = BytesPerSecond(Double(bytesPerMessage) / rates.secondsPerMessage)
    return Array(repeating: rate, count: gpuCount)
  }
}
