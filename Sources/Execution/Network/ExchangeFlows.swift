// A dispatch or combine as flows on the ports of one GPU: its kernel's pipelined legs side by side,
// each fed at the rate of the kernel and through the ports that everything else of the GPU uses.
//
// Where experts are uneven a GPU receives other bytes than it sends. What goes both ways crosses
// both ports in one flow, what is left over one port only. Valid where the GPU exchanges with many:
// whom it waits for is not seen here.

import Cluster
import Units

/// Tokens that a GPU's experts receive, over the mean of the GPUs that share them.
public struct ExchangeLoad: Hashable, Sendable {
  /// Of the GPU itself.
  public var gpu: Double
  /// Of its node, whose traffic the GPU forwards its part of.
  public var node: Double

  public init(gpu: Double, node: Double) {
    self.gpu = gpu
    self.node = node
  }

  /// The load of all where experts are balanced.
  public static let mean = ExchangeLoad(gpu: 1, node: 1)
}

/// The legs of an exchange of a GPU with the others of its expert group.
public struct ExchangeFlows: Sendable {
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
  public init(
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
  public init(_ exchange: LowLatencyExchange, node: NodeSpec) {
    let legs = exchange.legs(on: node)
    direction = exchange.direction
    network = Leg(exchange.networkBytes(gpusPerNode: node.gpusPerNode), seconds: legs.network)
    nvlink = Leg(exchange.nvlinkBytes(gpusPerNode: node.gpusPerNode), seconds: legs.nvlink)
    kernel = Leg(exchange.logicalBytes, seconds: legs.messages)
    latency = SimDuration(seconds: legs.start)
    work = nil
  }

  /// Rates of the kernel in the order of a direction's ports.
  public var rates: [BytesPerSecond] { [network.rate, nvlink.rate, kernel.rate] }

  /// What the GPU that stands for a rank sends and receives.
  public func transfer(_ links: GPULinks, rank: Int, load: ExchangeLoad = .mean) -> Transfer {
    let isDispatch = direction == .dispatch
    // Copies go to a node's GPU of the own index, which forwards them; single messages go straight.
    let arriving = work == nil ? load.gpu : load.node
    let forwarded = work == nil ? 1 : load.node
    func path(_ ports: GPULinks.Port...) -> [Int32] { ports.map { links.link($0, rank: rank) } }
    let flows =
      Self.flows(
        network.bytes, path(isDispatch ? .dispatchNetwork : .combineNetwork),
        out: path(.nicOut), into: path(.nicIn),
        sent: isDispatch ? 1 : arriving, received: isDispatch ? arriving : 1)
      + Self.flows(
        nvlink.bytes, path(isDispatch ? .dispatchNVLink : .combineNVLink),
        out: path(.nvlinkOut), into: path(.nvlinkIn),
        sent: isDispatch ? forwarded : load.gpu, received: isDispatch ? load.gpu : forwarded)
      + [
        TransferFlow(
          path: path(isDispatch ? .dispatchKernel : .combineKernel),
          bytes: kernel.bytes * kernelLoad(load))
      ]
    return Transfer(phases: [TransferPhase(flows: flows.filter { $0.bytes > 0 }, latency: latency)])
  }

  private func kernelLoad(_ load: ExchangeLoad) -> Double {
    guard let work else { return direction == .dispatch ? 1 : load.gpu }
    return max(work.copying * load.gpu, work.forwarding * load.node)
  }

  private static func flows(
    _ bytes: Double, _ kernel: [Int32], out: [Int32], into: [Int32], sent: Double, received: Double
  ) -> [TransferFlow] {
    [
      TransferFlow(path: kernel + out + into, bytes: bytes * min(sent, received)),
      TransferFlow(path: kernel + out, bytes: bytes * max(0, sent - received)),
      TransferFlow(path: kernel + into, bytes: bytes * max(0, received - sent)),
    ]
  }
}
