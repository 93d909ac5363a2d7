// Groups of GPUs on scale-up domains of several nodes: all groups of a kind must lie alike.

import Cluster
import Training

extension TrainingResolver {
  /// Checks that each expert group and pipeline rank lies inside a domain or fills whole ones.
  func checkDomains(_ layout: ParallelLayout) {
    guard let cluster, cluster.node.nodesPerDomain > 1,
      layout.pipeline * layout.gpusPerRank > cluster.gpusPerDomain
    else { return }
    check(layout.expertGPUs, of: "an expert group", "training.parallel.expert", on: cluster)
    check(layout.gpusPerRank, of: "a pipeline rank", "training.parallel.pipeline", on: cluster)
  }

  private func check(_ gpus: Int, of group: String, _ path: String, on cluster: ClusterSpec) {
    let perDomain = cluster.gpusPerDomain
    guard perDomain % gpus != 0 && gpus % perDomain != 0 else { return }
    let perNode = cluster.node.gpusPerNode
    let fewer = (1..<perDomain / perNode).last { ($0 * perNode) % gpus == 0 }
    problems.add(
      path,
      "\(group) of \(gpus) GPUs neither divides a scale-up domain of \(perDomain) nor consists of"
        + " whole ones",
      allowed: fewer.map {
        "for example: \($0) as cluster.node.nodes_per_domain, which leaves the other nodes of each"
          + " domain unused"
      })
  }

  /// Domains that share the experts of a layer; nil if experts are spread unevenly over them.
  func expertDomains(_ layout: ParallelLayout, _ cluster: ClusterSpec) -> Int? {
    let perDomain = min(cluster.gpusPerDomain, layout.gpusPerRank)
    if layout.expertGPUs <= perDomain { return 1 }
    return layout.expertGPUs % perDomain == 0 ? layout.expertGPUs / perDomain : nil
  }
}
