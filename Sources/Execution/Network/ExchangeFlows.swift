// A dispatch or combine as flows on the ports of one GPU. The pipelined legs of its kernel run side
// by side; each is limited by the rate of the kernel and by ports shared with all other traffic of
// the GPU.
//
// With uneven experts a GPU receives more or fewer bytes than it sends. The bytes that go both ways
// form one flow across both ports; the rest crosses one port only. Valid if a GPU exchanges with
// many others: waiting for one particular peer is not modelled.

import Cluster
import Routing
import Units

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
  /// The counts behind the bytes of each leg; both directions of a leg have the same.
  private let means: GPUTraffic

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
    let bytes = Double(exchange.bytesPerToken)
    means = Self.means(
      network: network.bytes / bytes, nvlink: nvlink.bytes / bytes,
      GPUTraffic(
        arrived: Double(exchange.tokens) * exchange.gpusPerToken,
        forwarded: Double(exchange.tokens) * exchange.domainsPerToken))
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
    let bytes = Double(exchange.bytesPerMessage)
    means = Self.means(
      network: network.bytes / bytes, nvlink: nvlink.bytes / bytes,
      GPUTraffic(rows: Double(exchange.messages)))
  }

  private static func means(network: Double, nvlink: Double, _ counts: GPUTraffic) -> GPUTraffic {
    var means = counts
    (means.networkOut, means.networkIn) = (network, network)
    (means.scaleUpOut, means.scaleUpIn) = (nvlink, nvlink)
    return means
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

  /// What a GPU with some traffic sends and receives.
  ///
  /// - Parameters:
  ///   - peers: the receivers of its network traffic.
  ///   - traffic: nil if it has the mean of all GPUs.
  package func phase(to peers: Peers, _ traffic: GPUTraffic?) -> TransferPhase {
    var phase = phase(to: peers)
    for (index, share) in shares(traffic).enumerated() { phase.legs[index].bytes *= share }
    phase.legs.removeAll { $0.bytes == 0 }
    return phase
  }

  /// Number of legs of an exchange.
  package static let partCount = 7

  /// The fraction of each leg that a GPU sends. A combine is the mirror image of its
  /// dispatch.
  ///
  /// - Parameter traffic: what the GPU dispatches and receives; nil for the mean of all GPUs.
  package func shares(_ traffic: GPUTraffic?) -> [Double] {
    guard let traffic else { return [1, 0, 0, 1, 0, 0, 1] }
    let isDispatch = direction == .dispatch
    func share(_ count: Double, _ mean: Double) -> Double { mean > 0 ? count / mean : 0 }
    // In the order of the legs: both ways, out only, in only.
    func split(_ out: Double, _ into: Double) -> (Double, Double, Double) {
      let (sent, received) = isDispatch ? (out, into) : (into, out)
      return (min(sent, received), max(0, sent - received), max(0, received - sent))
    }
    let network = split(
      share(traffic.networkOut, means.networkOut), share(traffic.networkIn, means.networkIn))
    let nvlink = split(
      share(traffic.scaleUpOut, means.scaleUpOut), share(traffic.scaleUpIn, means.scaleUpIn))
    let kernel: Double
    if let work {
      kernel = max(
        work.copying * share(traffic.arrived, means.arrived),
        work.forwarding * share(traffic.forwarded, means.forwarded))
    } else {
      // Every GPU sends all messages of its tokens; results come from the GPU's rows.
      kernel = isDispatch ? 1 : share(traffic.rows, means.rows)
    }
    return [
      network.0, network.1, network.2, nvlink.0, nvlink.1, nvlink.2, kernel,
    ]
  }
}
