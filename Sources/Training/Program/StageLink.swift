// The traffic between pipeline stages, and the duration of one hop.

import Cluster
import Execution
import ModelCost
import Schedules
import Units

/// The hop of one microbatch between neighbouring stages, in either direction.
struct StageLink {
  let spec: TrainingSpec
  let model: ModelSpec
  let cluster: ClusterSpec

  /// BF16 hidden states, or their gradients, of the GPU's own tokens of a microbatch. Without
  /// sequence parallelism, each GPU of a tensor group sends all tokens, as in Megatron Core.
  var bytes: Double {
    Double(spec.ownTokens * model.hidden * Precision.bf16.bytes)
  }

  /// Whether the GPUs of two ranks share a scale-up domain.
  func reach(from rank: Int, to target: Int) -> Reach {
    // GPUs of one pipeline rank are numbered together; the first of each represents all.
    let domains = [rank, target].map { cluster.domain(of: $0 * spec.layout.gpusPerRank) }
    return domains[0] == domains[1] ? .insideDomain : .betweenDomains
  }

  /// The time of the longest hop of a path, on otherwise idle ports.
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
