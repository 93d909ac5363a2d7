// What the exchanges of a step cross: the ports of the GPUs that stand for all, and where a cluster
// says more of its network than that ports bind, an even share of each link between switches.
//
// A degraded port makes its GPU one of those that are simulated: all wait for what it sends. It has
// the mean load. Exchanges of the others end as if it were not there; that their kernels hold
// multiprocessors until the slow one has received is not seen. Valid while the other GPUs under a
// switch send alike, those of other units too.

import Cluster
import Execution
import Units

/// A GPU that stands for those like it.
struct GPUKind: Hashable {
  /// Whether it is the fullest in every layer; others have the mean load.
  var isFullest: Bool
  /// What is left of its NIC, and of its NVLink port.
  var nicLeft = 1.0
  var nvlinkLeft = 1.0

  /// Whether a port of it is degraded.
  var isSlow: Bool { nicLeft < 1 || nvlinkLeft < 1 }

  /// Tokens that its experts receive, over the mean.
  func load(fullest: ExchangeLoad) -> ExchangeLoad { isFullest ? fullest : .mean }
}

extension InferenceCosts {
  /// The GPUs that a step simulates: the mean and the fullest one where they differ, and one for
  /// each way in which ports are degraded.
  var kinds: [GPUKind] {
    // Where all are equally full, each is the fullest.
    let full = [GPUKind(isFullest: true)]
    return (balance.isUneven ? [GPUKind(isFullest: false)] + full : full) + slowKinds
  }

  private var slowKinds: [GPUKind] {
    var kinds: [GPUKind] = []
    for gpu in 0..<spec.expertParallel {
      var kind = GPUKind(isFullest: false)
      for fault in cluster.faults where fault.gpu == gpu {
        switch fault.port {
        case .nic: kind.nicLeft *= fault.remaining
        case .gpu: kind.nvlinkLeft *= fault.remaining
        }
      }
      if kind.isSlow && !kinds.contains(kind) { kinds.append(kind) }
    }
    return kinds
  }
}

/// The links of the GPUs of a step, and the ways between them.
struct InferenceNetwork {
  let links: GPULinks
  /// Of each GPU; empty where only ports bind.
  private let ways: [FabricWays]

  /// Links of kinds of GPUs, and the rates at which the kernels of the exchanges feed them.
  init(_ costs: InferenceCosts, kinds: [GPUKind]) {
    let node = costs.node
    let nvlink = BytesPerSecond(node.gpu.nvlinkPerDirection.value * ReplicaGroup.nvlinkShare)
    // Rates do not depend on how much is sent.
    let rates = ExpertExchange.Direction.allCases.flatMap {
      costs.exchange($0, sequences: 1).rates
    }
    let gpus = costs.spec.expertParallel
    let fabric =
      costs.nodeCount > 1
      ? FabricFlows(
        costs.cluster,
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
    return transfer
  }
}
