// A dispatch or combine as flows on the ports of one GPU: its kernel's pipelined legs side by side,
// each fed at the rate of the kernel and through the ports that everything else of the GPU uses.

import Cluster
import Units

/// The legs of an exchange of a GPU with the others of its expert group.
public struct ExchangeFlows: Sendable {
  private let direction: ExpertExchange.Direction
  private let network: Leg
  private let nvlink: Leg
  /// What the streaming multiprocessors copy and forward.
  private let kernel: Leg
  private let latency: SimDuration

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
  public init(
    _ exchange: ExpertExchange, node: NodeSpec, sms: Int, release: DeepEPRelease = .february2025
  ) {
    let legs = exchange.legs(on: node, sms: sms, release: release)
    direction = exchange.direction
    network = Leg(exchange.networkBytes, seconds: legs.network)
    nvlink = Leg(exchange.nvlinkBytes(gpusPerNode: node.gpusPerNode), seconds: legs.nvlink)
    kernel = Leg(exchange.logicalBytes, seconds: max(legs.copying, legs.forwarding))
    latency = SimDuration(seconds: legs.latency)
  }

  /// Rates of the kernel in the order of a direction's ports.
  public var rates: [BytesPerSecond] { [network.rate, nvlink.rate, kernel.rate] }

  /// What the GPU that stands for a rank sends and receives.
  public func transfer(_ links: GPULinks, rank: Int) -> Transfer {
    let isDispatch = direction == .dispatch
    let legs: [(leg: Leg, ports: [GPULinks.Port])] = [
      (network, [isDispatch ? .dispatchNetwork : .combineNetwork, .nicOut, .nicIn]),
      (nvlink, [isDispatch ? .dispatchNVLink : .combineNVLink, .nvlinkOut, .nvlinkIn]),
      (kernel, [isDispatch ? .dispatchKernel : .combineKernel]),
    ]
    let flows = legs.filter { $0.leg.bytes > 0 }.map { leg, ports in
      TransferFlow(path: ports.map { links.link($0, rank: rank) }, bytes: leg.bytes)
    }
    return Transfer(phases: [TransferPhase(flows: flows, latency: latency)])
  }
}
