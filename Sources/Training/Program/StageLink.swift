// What travels between pipeline stages, and how long one hop takes.

import Cluster
import ModelCost
import Schedules
import Units

/// The hop of one microbatch from a stage to the next, either way.
struct StageLink {
  let spec: TrainingSpec
  let model: ModelSpec
  let cluster: ClusterSpec

  /// BF16 hidden states of a microbatch's own tokens, or their gradients. A tensor group that does
  /// not divide tokens sends all of them from each of its GPUs, as Megatron Core does.
  var bytes: Double {
    Double(spec.ownTokens * model.hidden * Precision.bf16.bytes)
  }

  /// Whether the GPUs of two ranks lie in the same node.
  func reach(from rank: Int, to target: Int) -> Reach {
    // GPUs of one pipeline rank are numbered together; the first of each stands for all.
    let perNode = cluster.node.gpusPerNode
    let nodes = [rank, target].map { $0 * spec.layout.gpusPerRank / perNode }
    return nodes[0] == nodes[1] ? .insideNode : .betweenNodes
  }

  /// The time of the longest hop of a path, on ports that carry nothing else.
  func longest(_ placement: Placement) -> SimDuration {
    var longest = SimDuration.zero
    for stage in 1..<max(1, placement.stagesPerPath) {
      let ranks = [stage - 1, stage].map { placement.rank(ofStage: $0, microbatch: 0) }
      if ranks[0] != ranks[1] {
        let reach = reach(from: ranks[0], to: ranks[1])
        longest = max(longest, reach.time(of: bytes, on: cluster.node))
      }
    }
    return longest
  }
}
