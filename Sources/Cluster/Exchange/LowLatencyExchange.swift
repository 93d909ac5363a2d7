// Dispatch and combine of DeepEP's low-latency kernels: a message for each token and expert, sent
// straight to the expert's GPU - over NVLink inside the node unless told otherwise, else through
// the NIC. No copy is shared, so bytes do not depend on where experts lie. Messages leave at a
// fixed cost each, side by side with the wires; a start and the wait for the peers come on top.
//
// Valid for tens to some hundreds of tokens and balanced loads. The start is one constant for
// each software; in SGLang's rows it is less between two nodes than between eight, so an
// exchange of 32 tokens between two nodes comes out 29 % too long.

import Units

/// In which software the low-latency kernels were measured: their starts differ, rates do not.
package enum LowLatencyStack: String, CaseIterable, Hashable, Sendable {
  /// DeepEP's own test on the H800.
  case deepEP = "deepep"
  /// DeepEP inside SGLang on the H100: between nodes a start of 33 and 30 us instead of 39.
  case sglang = "sglang-0.5.6"
}

/// One all-to-all of single messages between the GPUs that share the experts of a layer.
package struct LowLatencyExchange: Hashable, Sendable {
  /// The direction in which tokens travel.
  package var direction: ExpertExchange.Direction
  /// Tokens of each GPU.
  package var tokens: Int
  /// Experts that a token visits.
  package var topK: Int
  /// Bytes of one message.
  package var bytesPerMessage: Int
  /// GPUs that share the experts; with fewer than a node has, all in one node.
  package var gpuCount: Int
  /// Whether messages inside the node go over NVLink; the first release sent all through the NIC.
  package var usesNVLink: Bool

  package init(
    direction: ExpertExchange.Direction, tokens: Int, topK: Int, bytesPerMessage: Int,
    gpuCount: Int, usesNVLink: Bool = true
  ) {
    self.direction = direction
    self.tokens = tokens
    self.topK = topK
    self.bytesPerMessage = bytesPerMessage
    self.gpuCount = gpuCount
    self.usesNVLink = usesNVLink
  }

  /// Messages of each GPU, those to itself among them.
  package var messages: Int { tokens * topK }

  /// Bytes of all messages: what published bandwidths divide by.
  package var logicalBytes: Double { Double(messages) * Double(bytesPerMessage) }

  /// Bytes that a GPU's NIC sends.
  package func networkBytes(gpusPerNode: Int) -> Double {
    let near = usesNVLink ? min(gpusPerNode, gpuCount) : 1
    return logicalBytes * Double(gpuCount - near) / Double(gpuCount)
  }

  /// Bytes that cross a GPU's NVLink port.
  package func nvlinkBytes(gpusPerNode: Int) -> Double {
    guard usesNVLink else { return 0 }
    return logicalBytes * Double(min(gpusPerNode, gpuCount) - 1) / Double(gpuCount)
  }

  /// Duration on nodes of this kind.
  package func seconds(on node: NodeSpec, stack: LowLatencyStack = .deepEP) -> Double {
    let legs = legs(on: node, stack: stack)
    return max(legs.network, legs.nvlink, legs.messages) + legs.start
  }

  /// Name of the leg that is slowest.
  package func bound(on node: NodeSpec) -> String {
    let legs = legs(on: node, stack: .deepEP)
    switch max(legs.network, legs.nvlink, legs.messages) {
    case legs.network: return "NIC"
    case legs.nvlink: return "NVLink"
    default: return "messages"
    }
  }

  /// Seconds that each leg takes by itself, and what comes on top of the slowest.
  package func legs(
    on node: NodeSpec, stack: LowLatencyStack = .deepEP
  ) -> (network: Double, nvlink: Double, messages: Double, start: Double) {
    let network = networkBytes(gpusPerNode: node.gpusPerNode)
    let rates = LowLatencyRates(direction, isInsideNode: network == 0, stack: stack)
    let nvlink = nvlinkBytes(gpusPerNode: node.gpusPerNode)
    return (
      network / (node.nicPerDirection.value * rates.nicShare),
      nvlink / (node.gpu.nvlinkPerDirection.value * rates.nvlinkShare),
      Double(messages) * rates.secondsPerMessage, rates.start
    )
  }
}

/// What the low-latency kernels achieve, solved from kernel-level rows as in NormalKernelRates.
struct LowLatencyRates: Hashable, Sendable {
  /// Achieved over nominal bandwidth of a NIC.
  var nicShare: Double
  /// Achieved over nominal bandwidth of an NVLink port.
  var nvlinkShare: Double
  /// Cost of a message at the sender.
  var secondsPerMessage: Double
  /// Launch, counters and the wait for the peers.
  var start: Double

  init(
    _ direction: ExpertExchange.Direction, isInsideNode: Bool,
    stack: LowLatencyStack = .deepEP
  ) {
    let isDispatch = direction == .dispatch
    // ep.h100.ll, 8 nodes: what 256 tokens take longer than 128.
    nicShare = isDispatch ? 0.9885 : 0.9349
    // ep.h100.ll, 1 node: what 128 tokens take longer than 32, and what then is left.
    secondsPerMessage = isDispatch ? 25.13e-9 : 62.24e-9
    if isInsideNode {
      start = isDispatch ? 14.07e-6 : 8.667e-6
    } else if stack == .deepEP {
      // The rest of ep.ll.ep64, 173 and 314 us, after its NIC bytes.
      start = isDispatch ? 38.70e-6 : 39.20e-6
    } else {
      // The same of ep.h100.ll, 8 nodes, 128 tokens, 166.8 and 304.7 us.
      start = isDispatch ? 32.50e-6 : 29.90e-6
    }
    // ep.ll.ep8: 77 and 114 us, less the start.
    nvlinkShare = isDispatch ? 0.5273 : 0.6097
  }
}
