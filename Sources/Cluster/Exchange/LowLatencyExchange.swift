// Dispatch and combine of DeepEP's low-latency kernels: one message per token and expert, sent
// directly to the expert's GPU, over NVLink inside a scale-up domain unless disabled, otherwise
// through the NIC. No copies are shared, so bytes do not depend on the placement of experts. Each
// message has a fixed sending cost that overlaps with the transfer; a start and the wait for the
// peers are added.
//
// Valid for tens to some hundreds of tokens and balanced loads. The start is one constant per
// software stack; in SGLang's rows it is shorter between two nodes than between eight, so the
// prediction for an exchange of 32 tokens between two nodes is 29 % too long. The cost of a message
// is the H100's: with 128 tokens on a tray of GB200, for which aiconfigurator publishes 26.9 us of
// dispatch and 36.2 us of combine, the prediction is 39.8 us and 72.4 us.

import Units

/// The software in which the low-latency kernels were measured: starts differ, rates do not.
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
  /// Tokens per GPU.
  package var tokens: Int
  /// Experts that a token visits.
  package var topK: Int
  /// Bytes of one message.
  package var bytesPerMessage: Int
  /// GPUs that share the experts; if a domain has as many, all are in one.
  package var gpuCount: Int
  /// GPUs of one scale-up domain.
  package var gpusPerDomain: Int
  /// Whether messages inside a domain use NVLink; the first release sent all through the NIC.
  package var usesNVLink: Bool

  package init(
    direction: ExpertExchange.Direction, tokens: Int, topK: Int, bytesPerMessage: Int,
    gpuCount: Int, gpusPerDomain: Int, usesNVLink: Bool = true
  ) {
    self.direction = direction
    self.tokens = tokens
    self.topK = topK
    self.bytesPerMessage = bytesPerMessage
    self.gpuCount = gpuCount
    self.gpusPerDomain = gpusPerDomain
    self.usesNVLink = usesNVLink
  }

  /// Messages of each GPU, including those to itself.
  package var messages: Int { tokens * topK }

  /// Bytes of all messages: the basis of published bandwidths.
  package var logicalBytes: Double { Double(messages) * Double(bytesPerMessage) }

  /// Bytes that a GPU's NIC sends.
  package var networkBytes: Double {
    let near = usesNVLink ? min(gpusPerDomain, gpuCount) : 1
    return logicalBytes * Double(gpuCount - near) / Double(gpuCount)
  }

  /// Bytes that cross a GPU's NVLink port.
  package var nvlinkBytes: Double {
    guard usesNVLink else { return 0 }
    return logicalBytes * Double(min(gpusPerDomain, gpuCount) - 1) / Double(gpuCount)
  }

  /// Duration on nodes of this kind.
  package func seconds(on node: NodeSpec, stack: LowLatencyStack = .deepEP) -> Double {
    let legs = legs(on: node, stack: stack)
    return max(legs.network, legs.nvlink, legs.messages) + legs.start
  }

  /// Name of the slowest leg.
  package func bound(on node: NodeSpec) -> String {
    let legs = legs(on: node, stack: .deepEP)
    switch max(legs.network, legs.nvlink, legs.messages) {
    case legs.network: return "NIC"
    case legs.nvlink: return "NVLink"
    default: return "messages"
    }
  }

  /// Seconds of each leg by itself, and the time added to the slowest.
  package func legs(
    on node: NodeSpec, stack: LowLatencyStack = .deepEP
  ) -> (network: Double, nvlink: Double, messages: Double, start: Double) {
    let rates = LowLatencyRates(direction, isInsideDomain: networkBytes == 0, stack: stack)
    let factor = node.exchangeError.kernels
    return (
      networkBytes / (node.networkPerGPU.value * rates.nicShare) * factor,
      nvlinkBytes / (node.gpu.nvlinkPerDirection.value * rates.nvlinkShare) * factor,
      Double(messages) * rates.secondsPerMessage * factor, rates.start * factor
    )
  }
}

/// Achieved rates of the low-latency kernels, solved from kernel-level rows as in
/// NormalKernelRates.
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
    _ direction: ExpertExchange.Direction, isInsideDomain: Bool,
    stack: LowLatencyStack = .deepEP
  ) {
    let isDispatch = direction == .dispatch
    // ep.h100.ll, 8 nodes: the difference between 256 and 128 tokens.
    nicShare = isDispatch ? 0.9885 : 0.9349
    // ep.h100.ll, 1 node: the difference between 128 and 32 tokens, and the remainder.
    secondsPerMessage = isDispatch ? 25.13e-9 : 62.24e-9
    if isInsideDomain {
      start = isDispatch ? 14.07e-6 : 8.667e-6
    } else if stack == .deepEP {
      // The remainder of ep.ll.ep64, 173 and 314 us, after its NIC bytes.
      start = isDispatch ? 38.70e-6 : 39.20e-6
    } else {
      // The same for ep.h100.ll, 8 nodes, 128 tokens, 166.8 and 304.7 us.
      start = isDispatch ? 32.50e-6 : 29.90e-6
    }
    // ep.ll.ep8: 77 and 114 us, minus the start.
    nvlinkShare = isDispatch ? 0.5273 : 0.6097
  }
}
