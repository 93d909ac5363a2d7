// What the exchanges of a step cross: the ports of the GPUs that stand for all, and where a cluster
// says more of its network than that ports bind, an even share of each link between switches.
//
// Exchanges of whole GPUs end as if there were no degraded port; that their kernels hold
// multiprocessors until the slow one has received is not seen. Valid while the other GPUs under a
// switch send alike, those of other units too.

import Cluster
import Execution
import Units

/// The links of the GPUs of a step, and the ways between them.
struct InferenceNetwork {
  let links: GPULinks
  /// Of each GPU; empty where only ports bind.
  private let ways: [FabricWays]
  /// Of each GPU with a dead NIC the one that stands for those that carry its traffic, and their
  /// number.
  private let carriers: [Int?]
  private let carrierCount: Double
  private let hop: SimDuration

  /// Links of kinds of GPUs, and the rates at which the kernels of the exchanges feed them.
  init(_ costs: InferenceCosts, kinds: [GPUKind]) {
    let node = costs.node
    let nvlink = BytesPerSecond(node.gpu.nvlinkPerDirection.value * ReplicaGroup.nvlinkShare)
    // Rates do not depend on how much is sent.
    let rates = ExpertExchange.Direction.allCases.flatMap {
      costs.exchange($0, sequences: 1).rates
    }
    let gpus = costs.spec.expertParallel
    carriers = kinds.map { $0.isDead ? kinds.firstIndex(where: \.carries) : nil }
    carrierCount = Double(node.gpusPerNode - 1)
    hop = node.nvlinkLatency.duration
    var whole = costs.cluster
    whole.faults = []
    let fabric =
      costs.nodeCount > 1
      ? FabricFlows(
        whole,
        members: RankMembers(ranks: kinds.count, gpusPerRank: gpus, areKinds: true),
        isFolded: true) : nil
    let links = GPULinks(
      rankCount: kinds.count,
      portCapacities: [node.nicPerDirection, node.nicPerDirection, nvlink, nvlink] + rates,
      faults: kinds.enumerated().flatMap { rank, kind in
        [(LinkFault.Port.nic, kind.nicLeft), (.gpu, kind.nvlinkLeft)].filter { $0.1 < 1 }.map {
          GPULinks.Fault(rank: rank, replica: 0, port: $0, remaining: $1)
        }
      }, switches: fabric?.switches ?? [])
    self.links = links
    let peers = Self.peers(of: costs.spec, gpusPerNode: node.gpusPerNode)
    ways =
      fabric.map { fabric in
        kinds.indices.map { fabric.ways(of: $0, links: links, to: .mutual(peers)) }
      } ?? []
  }

  /// Low-latency kernels send to every GPU of the other nodes; normal ones to the one with the
  /// sender's place in each, which forwards.
  private static func peers(
    of spec: InferenceSpec, gpusPerNode: Int
  ) -> (_ gpu: Int) -> [Int] {
    let all = 0..<spec.expertParallel
    switch spec.phase {
    case .decode: return { gpu in all.filter { $0 / gpusPerNode != gpu / gpusPerNode } }
    case .prefill:
      return { gpu in
        stride(from: gpu % gpusPerNode, to: all.upperBound, by: gpusPerNode).filter { $0 != gpu }
      }
    }
  }

  /// What a GPU sends and receives in an exchange.
  func transfer(_ exchange: ExchangeFlows, gpu: Int, load: ExchangeLoad) -> Transfer {
    var transfer = exchange.transfer(links, rank: gpu, load: load)
    if !ways.isEmpty { transfer.phases = transfer.phases.map(ways[gpu].routed) }
    if let carrier = carriers[gpu] {
      transfer.phases = transfer.phases.map { detoured($0, of: gpu, over: carrier) }
    }
    return transfer
  }

  /// A phase whose network flows go over NVLink to the other GPUs of the node and through their
  /// NICs, evenly: one of them is simulated, the others are like it.
  private func detoured(_ phase: TransferPhase, of gpu: Int, over carrier: Int) -> TransferPhase {
    let (out, into) = (links.link(.nicOut, rank: gpu), links.link(.nicIn, rank: gpu))
    let (nvlinkOut, nvlinkIn) = (
      links.link(.nvlinkOut, rank: gpu), links.link(.nvlinkIn, rank: gpu)
    )
    let over: [GPULinks.Port] = [.nvlinkIn, .nicOut, .nicIn, .nvlinkOut]
    let ports = over.map { links.link($0, rank: carrier) }
    func way(_ flow: TransferFlow, share: Double, out away: [Int32], into back: [Int32])
      -> TransferFlow
    {
      TransferFlow(
        path: flow.path.flatMap { $0 == out ? away : $0 == into ? back : [$0] },
        bytes: flow.bytes * share, weight: flow.weight * share, part: flow.part)
    }
    var phase = phase
    phase.flows = phase.flows.flatMap { flow -> [TransferFlow] in
      guard flow.path.contains(where: { $0 == out || $0 == into }) else { return [flow] }
      let share = 1 / carrierCount
      return [
        way(
          flow, share: share, out: [nvlinkOut, ports[0], ports[1]],
          into: [ports[2], ports[3], nvlinkIn]),
        way(flow, share: 1 - share, out: [nvlinkOut], into: [nvlinkIn]),
      ]
    }
    phase.latency = phase.latency + hop + hop
    return phase
  }
}
