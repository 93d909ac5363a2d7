// The transfers of a program as flows over the links of each simulated GPU.

import Cluster
import Units

/// One flow.
package struct TransferFlow: Hashable, Sendable {
  /// Its links are those of `PlacedTransfers` from this position.
  fileprivate let firstLink: Int32
  private let links: Int32
  /// Its bytes.
  let bytes: Double
  /// Its share of a link is proportional to this weight.
  let weight: Double
  /// The leg's index in `MemberShares`, if members differ in how much of it they send.
  let part: MemberShares.Part?

  init(_ flow: LegFlow, firstLink: Int) {
    self.firstLink = Int32(firstLink)
    links = Int32(flow.path.count)
    (bytes, weight, part) = (flow.bytes, flow.weight, flow.part)
  }

  /// Number of links that it crosses.
  var linkCount: Int { Int(links) }
}

/// Flows of every phase of every transfer and member.
package struct PlacedTransfers: Sendable {
  package let network: StepNetwork
  /// All flows, by member, transfer and phase.
  let flows: [TransferFlow]
  /// The links of all flows.
  private let links: [StepLinkID]
  /// Phase p of member d has flows from `flowStarts[d x phases + p]` to the next start.
  let flowStarts: [Int]
  /// Transfer t has phases from `phaseStarts[t]` to the next start.
  let phaseStarts: [Int]
  /// Latency of each phase.
  let latencies: [SimDuration]

  /// Places the transfers of a program.
  ///
  /// - Precondition: program and network have the same ranks and representatives.
  package init(_ program: StreamProgram, on network: StepNetwork) {
    self.network = network
    var placer = LegPlacer(network)
    var flows: [TransferFlow] = []
    var links: [StepLinkID] = []
    var flowStarts = [0]
    var latencies: [SimDuration] = []
    for member in 0..<program.memberCount {
      for transfer in program.transfers {
        for phase in transfer.phases {
          for leg in phase.legs {
            for flow in placer.flows(of: leg, rank: transfer.rank, member: member) {
              flows.append(TransferFlow(flow, firstLink: links.count))
              links += flow.path
            }
          }
          flowStarts.append(flows.count)
          if member == 0 { latencies.append(placer.latency(of: phase, rank: transfer.rank)) }
        }
      }
    }
    self.flows = flows
    self.links = links
    self.flowStarts = flowStarts
    self.latencies = latencies
    var phaseStarts = [0]
    for transfer in program.transfers {
      phaseStarts.append(phaseStarts[phaseStarts.count - 1] + transfer.phases.count)
    }
    self.phaseStarts = phaseStarts
  }

  /// The links that a flow crosses.
  func links(of flow: TransferFlow) -> ArraySlice<StepLinkID> {
    links[Int(flow.firstLink)..<Int(flow.firstLink) + flow.linkCount]
  }

  /// The flows of all phases of a transfer of one member.
  func flows(of transfer: TransferID, member: Int) -> ArraySlice<TransferFlow> {
    let row = member * latencies.count
    let phases = row + phaseStarts[transfer.index]..<row + phaseStarts[transfer.index + 1]
    return flows[flowStarts[phases.lowerBound]..<flowStarts[phases.upperBound]]
  }

  /// No transfers.
  package static let none = PlacedTransfers(
    StreamProgram(rankCount: 1, streamsPerRank: 1),
    on: StepNetwork(
      rankCount: 0, representatives: .one(),
      ports: StepNetwork.Port.allCases.map { _ in BytesPerSecond(0) },
      kernels: KernelRate.allCases.map { _ in BytesPerSecond(0) }))
}

extension StepNetwork {
  /// Duration of a member's flows of a transfer on otherwise idle links, with all links loaded in
  /// parallel.
  package func aloneDuration(of transfer: Transfer, member: Int = 0) -> SimDuration {
    var placer = LegPlacer(self)
    return transfer.phases.reduce(.zero) { sum, phase in
      let flows = phase.legs.flatMap { placer.flows(of: $0, rank: transfer.rank, member: member) }
      let seconds = flows.flatMap(\.path).map { link in
        let bytes = flows.reduce(0) { $0 + ($1.path.contains(link) ? $1.bytes : 0) }
        return bytes / self[link].capacity.value
      }
      return sum + SimDuration(seconds: seconds.max() ?? 0)
        + placer.latency(of: phase, rank: transfer.rank)
    }
  }
}
