// Where the time of each simulated GPU goes: in which part of the step, and on what.

import Units

/// The part of the step that a rank is in at an instant.
package enum Phase: String, CaseIterable, Sendable {
  /// A forward with no backward beside it; in inference, the whole step.
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

/// What the compute stream does, or waits for, in an instant of a phase.
package enum Activity: String, CaseIterable, Sendable {
  /// Kernels run.
  case compute
  /// Dispatch or combine is under way and nothing else can run.
  case exposedDispatch = "exposed_dispatch"
  case exposedCombine = "exposed_combine"
  /// GPUs that share tensors, or sequences, exchange data, and nothing else can run.
  case exposedTensor = "exposed_tensor"
  case exposedContext = "exposed_context"
  /// Nothing can start yet: because of the schedule's order, a longer stage, or a transfer.
  case schedule
  case stageImbalance = "stage_imbalance"
  case pipelineTransfer = "pipeline_transfer"
  /// Experts take longer than under the balanced load, or the GPU waits for a more loaded one.
  case expertImbalance = "expert_imbalance"
  /// Gradients or parameters are in transit, and nothing else can run.
  case gradientReduction = "gradient_reduction"
  case parameterGather = "parameter_gather"

  /// Whether the compute stream works rather than waits.
  package var isBusy: Bool { self == .compute }

  /// Whether the compute stream waits for an exchange inside its cell.
  package var isExposedCommunication: Bool {
    switch self {
    case .exposedDispatch, .exposedCombine, .exposedTensor, .exposedContext: true
    default: false
    }
  }
}

/// Time that one simulated GPU of a rank spends in one activity of one phase. Its rows sum to the
/// step time.
package struct RankTime: WeightedTime, Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// The simulated GPU of the rank, from 0.
  package var member: Int
  /// GPUs that it stands for, itself included.
  package var gpus: Int
  package var phase: Phase
  package var activity: Activity
  /// How long, summed over all intervals.
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
  /// All GPUs that the rows stand for.
  package var gpuCount: Int {
    var seen: [Int: Int] = [:]
    var sum = 0
    for row in self where seen.updateValue(row.gpus, forKey: row.rank << 24 | row.member) == nil {
      sum += row.gpus
    }
    return sum
  }
}
