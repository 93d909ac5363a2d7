// Dispatch and combine of DeepEP's normal kernels as closed forms of published bandwidths.
//
// Tokens travel over the network once per distinct node and over NVLink once per distinct GPU; the
// two legs are pipelined, so the slower one counts. Bandwidths are those that DeepEP publishes for
// H800 with 400 Gb/s NICs, "logical": the copy to the own node counts as bytes, though it never
// leaves. Valid for thousands of tokens under balanced loads; contention with other traffic and
// uneven loads are not seen.

import Numerics
import Units

/// One all-to-all between the GPUs that share the experts of a layer.
public struct ExpertExchange: Hashable, Sendable {
  /// Which way tokens travel.
  public enum Direction: String, CaseIterable, Hashable, Sendable {
    /// Tokens to their experts, or the experts' results back.
    case dispatch
    case combine
  }

  public var direction: Direction
  /// Tokens that each GPU sends (dispatch) or receives (combine).
  public var tokens: Int
  /// Bytes of one token.
  public var bytesPerToken: Int
  /// Mean count of distinct nodes that hold a token's experts.
  public var nodesPerToken: Double
  /// Mean count of distinct GPUs that hold a token's experts.
  public var gpusPerToken: Double
  /// Nodes over which the experts are spread.
  public var nodeCount: Int

  public init(
    direction: Direction, tokens: Int, bytesPerToken: Int, nodesPerToken: Double,
    gpusPerToken: Double, nodeCount: Int
  ) {
    self.direction = direction
    self.tokens = tokens
    self.bytesPerToken = bytesPerToken
    self.nodesPerToken = nodesPerToken
    self.gpusPerToken = gpusPerToken
    self.nodeCount = nodeCount
  }

  /// Duration on nodes of this kind while `sms` streaming multiprocessors serve the exchange.
  public func seconds(on node: NodeSpec, sms: Int) -> Double {
    let bytes = Double(tokens) * Double(bytesPerToken)
    let nvlink =
      bytes * gpusPerToken / (Self.nvlinkBandwidth(direction) * nvlinkScale(of: node))
    let slower = Self.smallSMFactor(direction, sms: sms)
    guard nodeCount > 1 else { return nvlink * slower + node.nvlinkLatency.value }
    let network =
      bytes * nodesPerToken
      / (Self.logicalBandwidth(direction, nodes: nodeCount) * networkScale(of: node))
    return max(nvlink, network) * slower + node.networkLatency.value
  }

  private func networkScale(of node: NodeSpec) -> Double {
    node.nicPerDirection.value / Self.measuredNIC
  }

  private func nvlinkScale(of node: NodeSpec) -> Double {
    node.gpu.nvlinkPerDirection.value / Self.measuredNVLink
  }

  /// NIC and NVLink of the machines that were measured, B/s per direction.
  private static let measuredNIC = 50e9
  private static let measuredNVLink = 200e9

  /// Logical bandwidth inside a node, B/s: fact ep.v1.intranode_ep8.
  private static func nvlinkBandwidth(_ direction: Direction) -> Double {
    direction == .dispatch ? 153e9 : 158e9
  }

  /// Logical bandwidth between nodes, B/s, interpolated in the logarithm of their number.
  private static func logicalBandwidth(_ direction: Direction, nodes: Int) -> Double {
    let count = Double(nodes)
    // Beyond the largest measurement the bytes on the wire keep its rate.
    let held = 8.0
    let bandwidth = piecewiseLinear(
      measuredBandwidths(direction).map { (log2(Double($0.nodes)), $0.bandwidth) },
      at: log2(min(count, held)))
    return count <= held ? bandwidth : bandwidth * (held - 1) / held * count / (count - 1)
  }

  /// Facts ep.v1.ep16 (2 nodes) and ep.v0.normal (4 and 8 nodes), B/s.
  private static func measuredBandwidths(
    _ direction: Direction
  ) -> [(nodes: Int, bandwidth: Double)] {
    switch direction {
    case .dispatch: [(2, 43e9), (4, 44e9), (8, 46e9)]
    case .combine: [(2, 43e9), (4, 47e9), (8, 45e9)]
    }
  }

  /// How much slower fewer SMs are than 20: fact ep.h100.normal, 4 nodes; below the smallest
  /// measured number the rate is taken as proportional.
  private static func smallSMFactor(_ direction: Direction, sms: Int) -> Double {
    let smallest = 8.0
    let factors: [(x: Double, y: Double)] =
      direction == .dispatch
      ? [(smallest, 1.39), (12, 1.02), (20, 1)] : [(smallest, 1.72), (12, 1.17), (20, 1)]
    let measured = piecewiseLinear(factors, at: Double(sms))
    return Double(sms) >= smallest ? measured : measured * smallest / Double(sms)
  }
}
