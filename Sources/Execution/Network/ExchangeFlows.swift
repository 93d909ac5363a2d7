// A dispatch or combine as flows on the ports of one GPU: its kernel's pipelined legs side by side,
// each fed at the rate of the kernel and through the ports that everything else of the GPU uses.
//
// Where experts are uneven a GPU receives more or fewer bytes than it sends. What goes both ways
// crosses both ports in one flow; the rest crosses one port only. Valid where a GPU exchanges with
// many others: waiting for a particular one is left out.

import Cluster
import Units

/// Tokens that a GPU's experts receive, over the mean of the GPUs that share them.
package struct ExchangeLoad: Hashable, Sendable {
  /// Of the GPU itself.
  package var gpu: Double
  /// Of its node, whose traffic the GPU forwards its part of.
  package var node: Double

  package init(gpu: Double, node: Double) {
    self.gpu = gpu
    self.node = node
  }

  /// The load of all where experts are balanced.
  package static let mean = ExchangeLoad(gpu: 1, node: 1)
}

/// The legs of an exchange of a GPU with the others of its expert group.
package struct ExchangeFlows: Sendable {
  private let direction: ExpertExchange.Direction
  private let network: Leg
  private let nvlink: Leg
  /// What the streaming multiprocessors copy and forward, or the messages that are sent.
  private let kernel: Leg
  private let latency: SimDuration
  /// How the kernel's work follows the loads; nil for single messages, whose sender works.
  private let work: (copying: Double, forwarding: Double)?

  private struct Leg {
    var bytes: Double
    /// What the kernel feeds into it.
    var rate: BytesPerSecond

    init(_ bytes: Double, seconds: Double) {
      self.bytes = bytes
      rate = BytesPerSecond(seconds > 0 ? bytes / seconds : 0)
    }
  }

  /// An exchange of the normal kernels.
  package init(
    _ exchange: ExpertExchange, node: NodeSpec, sms: Int, release: DeepEPRelease = .february2025
  ) {
    let legs = exchange.legs(on: node, sms: sms, release: release)
    let slowest = max(legs.copying, legs.forwarding)
    direction = exchange.direction
    network = Leg(exchange.networkBytes, seconds: legs.network)
    nvlink = Leg(exchange.nvlinkBytes(gpusPerNode: node.gpusPerNode), seconds: legs.nvlink)
    kernel = Leg(exchange.logicalBytes, seconds: slowest)
    latency = SimDuration(seconds: legs.latency)
    work = (legs.copying / slowest, legs.forwarding / slowest)
  }

  /// An exchange of the low-latency kernels.
  package init(_ exchange: LowLatencyExchange, node: NodeSpec) {
    let legs = exchange.legs(on: node)
    direction = exchange.direction
    network = Leg(exchange.networkBytes(gpusPerNode: node.gpusPerNode), seconds: legs.network)
    nvlink = Leg(exchange.nvlinkBytes(gpusPerNode: node.gpusPerNode), seconds: legs.nvlink)
    kernel = Leg(exchange.logicalBytes, seconds: legs.messages)
    latency = SimDuration(seconds: legs.start)
    work = nil
  }

  /// Rates of the kernel in the order of a direction's ports.
  package var rates: [BytesPerSecond] { [network.rate, nvlink.rate, kernel.rate] }

  /// What the GPU that stands for a rank sends and receives.
  package func transfer(_ links: GPULinks, rank: Int, load: ExchangeLoad = .mean) -> Transfer {
    var transfer = template(links, rank: rank)
    for (index, share) in shares(load).enumerated() {
      transfer.phases[0].flows[index].bytes *= share
    }
    transfer.phases[0].flows.removeAll { $0.bytes == 0 }
    return transfer
  }

  /// Every flow that a GPU may have, whatever its load, each with all the bytes of its leg;
  /// `shares(_:)` says how much of each flow a GPU sends.
  package func template(_ links: GPULinks, rank: Int) -> Transfer {
    let isDispatch = direction == .dispatch
    func paths(_ kernel: GPULinks.Port, _ out: GPULinks.Port, _ into: GPULinks.Port) -> [[Int32]] {
      [[kernel, out, into], [kernel, out], [kernel, into]].map { ports in
        ports.map { links.link($0, rank: rank) }
      }
    }
    let all =
      paths(isDispatch ? .dispatchNetwork : .combineNetwork, .nicOut, .nicIn)
      + paths(isDispatch ? .dispatchNVLink : .combineNVLink, .nvlinkOut, .nvlinkIn)
      + [[links.link(isDispatch ? .dispatchKernel : .combineKernel, rank: rank)]]
    let legs = [network, network, network, nvlink, nvlink, nvlink, kernel]
    let flows = zip(all, legs).enumerated().map { part, flow in
      TransferFlow(path: flow.0, bytes: flow.1.bytes, part: ID(part))
    }
    return Transfer(phases: [TransferPhase(flows: flows, latency: latency)])
  }

  /// Flows of a template.
  package static let partCount = 7

  /// What a GPU sends of each flow of a template.
  package func shares(_ load: ExchangeLoad) -> [Double] {
    let isDispatch = direction == .dispatch
    // Normal kernels send to the GPU with the same index in a node, which forwards; single
    // messages go straight.
    let arriving = work == nil ? load.gpu : load.node
    let forwarded = work == nil ? 1 : load.node
    func split(_ one: Double, _ other: Double) -> [Double] {
      let (sent, received) = isDispatch ? (one, other) : (other, one)
      return [min(sent, received), max(0, sent - received), max(0, received - sent)]
    }
    return split(1, arriving) + split(forwarded, load.gpu) + [kernelLoad(load)]
  }

  private func kernelLoad(_ load: ExchangeLoad) -> Double {
    guard let work else { return direction == .dispatch ? 1 : load.gpu }
    return max(work.copying * load.gpu, work.forwarding * load.node)
  }
}
