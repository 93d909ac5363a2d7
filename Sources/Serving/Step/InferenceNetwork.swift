// The links that the exchanges of a step cross: ports of the simulated GPUs and, if the cluster
// describes its network, an even share of each link between switches.
//
// Valid as long as all GPUs under a switch send alike, including those of other units.

import Cluster
import Execution
import Units

/// The links of the GPUs of a step, and the routes between them.
struct InferenceNetwork {
  let links: GPULinks
  /// Nil if only ports limit bandwidth.
  private let routes: FabricRoutes?

  /// Finds the links of members, and the rates at which the exchange kernels feed them.
  init(_ costs: InferenceCosts, members: InferenceMembers) {
    let fabric =
      costs.domainCount > 1
      ? FabricFlows(
        costs.cluster, members: RankMembers(ranks: 1, representatives: members.representatives),
        hasShares: !costs.cluster.fabric.isListed) : nil
    let links = Self.links(costs, representatives: members.representatives, fabric: fabric)
    self.links = links
    let peers = Self.peers(of: costs.spec, gpusPerDomain: costs.cluster.gpusPerDomain)
    routes = fabric.map { $0.routes(of: 0, links: links, to: .mutual(peers)) }
  }

  /// The ports of members and the links between switches.
  static func links(
    _ costs: InferenceCosts, representatives: Representatives, fabric: FabricFlows?
  ) -> GPULinks {
    let node = costs.node
    let nvlink = node.gpu.achievedNVLink
    // Rates do not depend on the amount of traffic.
    let rates = ExpertExchange.Direction.allCases.flatMap {
      costs.exchange($0, sequences: 1).rates
    }
    return GPULinks(
      rankCount: 1,
      portCapacities: [node.networkPerGPU, node.networkPerGPU, nvlink, nvlink] + rates,
      faults: GPULinks.Fault.all(of: costs.cluster, ranks: 1, representatives),
      switches: fabric?.switches ?? [])
  }

  /// The GPUs to which a GPU sends: with low-latency kernels every GPU of the other
  /// domains; with normal kernels the GPU with the sender's index in each domain, which forwards.
  private static func peers(
    of spec: InferenceSpec, gpusPerDomain: Int
  ) -> (_ gpu: Int) -> [Int] {
    let all = 0..<spec.expertParallel
    switch spec.phase {
    case .decode: return { gpu in all.filter { $0 / gpusPerDomain != gpu / gpusPerDomain } }
    case .prefill:
      return { gpu in
        stride(from: gpu % gpusPerDomain, to: all.upperBound, by: gpusPerDomain).filter {
          $0 != gpu
        }
      }
    }
  }

  /// The traffic of a GPU in an exchange under any load.
  func transfer(_ exchange: ExchangeFlows) -> Transfer {
    var transfer = exchange.template(links, rank: 0)
    if let routes { transfer.phases = transfer.phases.map(routes.routed) }
    return transfer
  }
}
