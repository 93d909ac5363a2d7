// Groups of GPUs on scale-up domains of one node or several: all groups of a kind must lie alike.

import Cluster
import Training

extension TrainingResolver {
  /// Checks that each expert group and pipeline rank lies inside a domain or fills whole ones:
  /// traffic between domains is counted by whole ones.
  ///
  /// - Parameter parallel: the written keys.
  func checkDomains(_ layout: ParallelLayout, _ parallel: Fields) {
    guard let cluster, layout.pipeline * layout.gpusPerRank > cluster.gpusPerDomain else { return }
    let rank = layout.gpusPerRank
    if !isWhole(rank, cluster) {
      let hasData = parallel.isWritten(ParallelKeys.data)
      refuse(
        rank, of: "a pipeline rank",
        "training.parallel.\((hasData ? ParallelKeys.data : ParallelKeys.pipeline).name)",
        on: cluster,
        nearest: hasData ? nearestData(layout, cluster) : nearestPipelines(layout, cluster))
    }
    if rank % layout.expertGPUs == 0, !isWhole(layout.expertGPUs, cluster) {
      refuse(
        layout.expertGPUs, of: "an expert group",
        "training.parallel.\(ParallelKeys.expert.name)", on: cluster,
        nearest: nearestExperts(layout, cluster))
    }
  }

  /// Whether groups of neighbouring GPUs lie inside domains or fill whole ones.
  private func isWhole(_ gpus: Int, _ cluster: ClusterSpec) -> Bool {
    cluster.gpusPerDomain % gpus == 0 || gpus % cluster.gpusPerDomain == 0
  }

  private func isWholeRank(_ gpus: Int, _ layout: ParallelLayout, _ cluster: ClusterSpec) -> Bool {
    isWhole(gpus, cluster) && gpus % layout.expertGPUs == 0 && gpus % layout.sharding.gpus == 0
  }

  private func nearestPipelines(_ layout: ParallelLayout, _ cluster: ClusterSpec) -> String {
    let gpus = layout.gpuCount
    let legal = (1...gpus).filter { gpus % $0 == 0 && isWholeRank(gpus / $0, layout, cluster) }
    return nearestText(to: layout.pipeline, among: legal)
  }

  private func nearestData(_ layout: ParallelLayout, _ cluster: ClusterSpec) -> String {
    let most = cluster.gpuCount / (layout.pipeline * layout.sharding.gpus)
    let legal = (1...max(1, most)).filter {
      isWholeRank($0 * layout.sharding.gpus, layout, cluster)
    }
    return nearestText(to: layout.data, among: legal)
  }

  private func nearestExperts(_ layout: ParallelLayout, _ cluster: ClusterSpec) -> String {
    let tensor = layout.sharding.expertTensor
    let groups = layout.gpusPerRank / tensor
    let routed = model?.experts?.routed ?? groups
    let legal = (1...groups).filter {
      groups % $0 == 0 && routed % $0 == 0 && isWhole($0 * tensor, cluster)
    }
    return nearestText(to: layout.expert, among: legal)
  }

  private func refuse(
    _ gpus: Int, of group: String, _ path: String, on cluster: ClusterSpec, nearest: String
  ) {
    let (perDomain, perNode) = (cluster.gpusPerDomain, cluster.node.gpusPerNode)
    let fewer = (1..<max(1, perDomain / perNode)).last { ($0 * perNode) % gpus == 0 }
    problems.add(
      path,
      "\(group) of \(gpus) GPUs neither divides a scale-up domain of \(perDomain) nor consists of"
        + " whole ones",
      allowed: fewer.map {
        "for example: \($0) as cluster.node.nodes_per_domain, which leaves the other nodes of each"
          + " domain unused"
      } ?? (nearest.isEmpty ? nil : "nearest: \(nearest)"))
  }

  /// Domains that share the experts of a layer; nil if experts are spread unevenly over them.
  func expertDomains(_ layout: ParallelLayout, _ cluster: ClusterSpec) -> Int? {
    let perDomain = min(cluster.gpusPerDomain, layout.gpusPerRank)
    if layout.expertGPUs <= perDomain { return 1 }
    return layout.expertGPUs % perDomain == 0 ? layout.expertGPUs / perDomain : nil
  }
}
