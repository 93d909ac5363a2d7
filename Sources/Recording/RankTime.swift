// The time of each simulated GPU by phase of the step and by activity.

import Units

/// A phase of the step on a rank.
package enum Phase: String, CaseIterable, Sendable {
  /// A forward without an overlapping backward; in inference, the whole step.
  case forwardAlone = "forward_alone"
  /// A forward and a backward whose operations interleave.
  case overlappedPair = "overlapped_pair"
  /// A backward, or its input half, alone.
  case backwardAlone = "backward_alone"
  /// The weight half of a backward, alone.
  case weightAlone = "weight_alone"
  /// From the end of the last backward to the end of the step.
  case optimizer
  /// No cell is open on the rank.
  case bubble
}

/// The activity of the compute stream within a phase, or the cause of its wait.
package enum Activity: String, CaseIterable, Sendable {
  /// Kernels run.
  case compute
  /// Dispatch or combine is under way, and nothing else can run.
  case exposedDispatch = "exposed_dispatch"
  case exposedCombine = "exposed_combine"
  /// A tensor- or context-parallel exchange is under way, and nothing else can run.
  case exposedTensor = "exposed_tensor"
  case exposedContext = "exposed_context"
  /// Sharded parameters of the next unit are in transit, and nothing else can run.
  case exposedParameters = "exposed_parameters"
  /// Nothing can start yet, because of the schedule's order, a longer stage or a transfer.
  case schedule
  case stageImbalance = "stage_imbalance"
  case pipelineTransfer = "pipeline_transfer"
  /// Experts take longer than under balanced load, or the GPU waits for a more loaded one.
  case expertImbalance = "expert_imbalance"
  /// An exchange waits for GPUs that are slower by chance, and nothing else can run.
  case jitter
  /// The host has not launched yet what runs next; in a bubble, this rank's or that of a rank it
  /// waits for.
  case host
  /// Gradients or parameters are in transit, and nothing else can run.
  case gradientReduction = "gradient_reduction"
  case parameterGather = "parameter_gather"
  /// States of the optimizer in host memory move or are updated, and nothing else can run.
  case offload

  /// Whether the compute stream is busy.
  package var isBusy: Bool { self == .compute }

  /// Whether the compute stream waits for an exchange inside its cell.
  package var isExposedCommunication: Bool {
    switch self {
    case .exposedDispatch, .exposedCombine, .exposedTensor, .exposedContext, .exposedParameters:
      true
    default: false
    }
  }
}

/// The time that one simulated GPU of a rank spends in one activity of one phase.
///
/// The rows of a GPU sum to the step time.
package struct RankTime: WeightedTime, Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// The simulated GPU of the rank, from 0.
  package var member: Int
  /// The number of GPUs that it represents, itself included.
  package var gpus: Int
  package var phase: Phase
  package var activity: Activity
  /// The time, summed over all intervals.
  package var time: SimDuration

  package init(
    rank: Int, member: Int = 0, gpus: Int = 1, phase: Phase, activity: Activity, time: SimDuration
  ) {
    self.rank = rank
    self.member = member
    self.gpus = gpus
    self.phase = phase
    self.activity = activity
    self.time = time
  }
}

extension Sequence<RankTime> {
  /// The number of GPUs that the rows represent.
  package var gpuCount: Int {
    var seen: [Int: Int] = [:]
    var sum = 0
    for row in self where seen.updateValue(row.gpus, forKey: row.rank << 24 | row.member) == nil {
      sum += row.gpus
    }
    return sum
  }
}
