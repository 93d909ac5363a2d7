// The links that the exchanges of a step cross: ports of the simulated GPUs and, if the cluster
// describes its network, an even share of each link between switches.
//
// Valid as long as all GPUs under a switch send alike, including those of other units.

import Cluster
import Execution
import Units

/// The links of the GPUs of a step, and to whom they send.
struct InferenceNetwork {
  let links: StepNetwork
  /// With low-latency kernels every GPU of the other domains; with normal kernels the GPU with the
  /// sender's place in each domain, which forwards.
  let peers: Peers

  /// The links of a unit's members.
  init(_ costs: InferenceCosts, on cluster: ClusterSpec, representatives: Representatives) {
    // Rates do not depend on the amount of traffic.
    let rates = ExpertExchange.Direction.allCases.flatMap {
      costs.exchange($0, sequences: 1).rates
    }
    links = StepNetwork(
      cluster, rankCount: 1, representatives: representatives, kernels: rates,
      sharesSwitches: !cluster.hasOwnPaths)
    let gpus = costs.spec.expertParallel
    peers =
      switch costs.spec.phase {
      case .decode: .everyone(groupSize: gpus)
      case .prefill: .counterparts(groupSize: gpus)
      }
  }

  /// The traffic of a GPU in an exchange under any load.
  func transfer(_ exchange: ExchangeFlows) -> Transfer {
    Transfer(rank: 0, [exchange.phase(to: peers)])
  }
}
