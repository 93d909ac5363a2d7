// A dispatch or combine as flows on the ports of one GPU. The pipelined legs of its kernel run side
// by side; each is limited by the rate of the kernel and by ports shared with all other traffic of
// the GPU.
//
// With uneven experts a GPU receives more or fewer bytes than it sends. The bytes that go both ways
// form one flow across both ports; the rest crosses one port only. Valid if a GPU exchanges with
// many others: waiting for one particular peer is not modelled.

import Cluster
import Units

/// Tokens that a GPU's experts receive, relative to the mean of the GPUs that share them.
package struct ExchangeLoad: Hashable, Sendable {
  /// Load of the GPU itself.
  package var gpu: Double
  /// Load of its scale-up domain; the GPU forwards a part of the domain's traffic.
  package var node: Double

  package init(gpu: Double, node: Double) {
    self.gpu = gpu
    self.node = node
  }

  /// The load of every GPU when experts are balanced.
  package static let mean = ExchangeLoad(gpu: 1, node: 1)
}

/// The legs of an exchange between a GPU and the others of its expert group.
package struct ExchangeFlows: Sendable {
  private let direction: ExpertExchange.Direction
  private let network: Amount
  private let nvlink: Amount
  /// Copying and forwarding by the streaming multiprocessors, or the sending of messages.
  private let kernel: Amount
  private let latency: SimDuration
  /// How the kernel's work scales with the loads; nil for single messages, for which only the
  /// sender works.
  private let work: (copying: Double, forwarding: Double)?

  private struct Amount {
    var bytes: Double
    /// Rate at which the kernel feeds it.
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
    network = Amount(exchange.networkBytes, seconds: legs.network)
    nvlink = Amount(exchange.nvlinkBytes, seconds: legs.nvlink)
    kernel = Amount(exchange.logicalBytes, seconds: slowest)
    latency = SimDuration(seconds: legs.latency)
    work = (legs.copying / slowest, legs.forwarding / slowest)
  }

  /// An exchange of the low-latency kernels.
  package init(_ exchange: LowLatencyExchange, node: NodeSpec) {
    let legs = exchange.legs(on: node)
    direction = exchange.direction
    network = Amount(exchange.networkBytes, seconds: legs.network)
    nvlink = Amount(exchange.nvlinkBytes, seconds: legs.nvlink)
    kernel = Amount(exchange.logicalBytes, seconds: legs.messages)
    latency = SimDuration(seconds: legs.start)
    work = nil
  }

  /// Rates of the kernel, in the order of `KernelRate`.
  package var rates: [BytesPerSecond] { [network.rate, nvlink.rate, kernel.rate] }

  /// What each GPU of a rank sends and receives under any load: every leg with all of its bytes;
  /// `shares(_:)` gives the fraction of each leg that a GPU sends.
  package func phase(to peers: Peers) -> TransferPhase {
    let isDispatch = direction == .dispatch
    let ends: [Leg.Ends] = [.both, .out, .into]
    let course = Leg.Course.network(peers)
    let legs =
      ends.map { (network, course, $0, isDispatch ? .dispatchNetwork : .combineNetwork) }
      + ends.map {
        (nvlink, .scaleUp(rank: nil), $0, isDispatch ? .dispatchScaleUp : .combineScaleUp)
      }
      + [(kernel, .kernelOnly, .both, isDispatch ? KernelRate.dispatchWork : .combineWork)]
    return TransferPhase(
      legs.enumerated().map { part, leg in
        Leg(leg.1, leg.2, kernel: leg.3, bytes: leg.0.bytes, part: ID(part))
      }, latency: latency)
  }

  /// What a GPU with a load sends and receives.
  package func phase(to peers: Peers, load: ExchangeLoad) -> TransferPhase {
    var phase = phase(to: peers)
    for (index, share) in shares(load).enumerated() { phase.legs[index].bytes *= share }
    phase.legs.removeAll { $0.bytes == 0 }
    return phase
  }

  /// Number of legs of an exchange.
  package static let partCount = 7

  /// The fraction of each leg that a GPU sends.
  package func shares(_ load: ExchangeLoad) -> [Double] {
    let isDispatch = direction == .dispatch
    // Normal kernels send to the GPU with the same index in the target domain, which forwards;
    // low-latency kernels send directly.
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
