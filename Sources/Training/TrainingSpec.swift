// The parameters of a training scenario: layout, batch, formats, schedule. Valid by construction
// once `TrainingSpec.problems` is empty; the simulation does not check again.

import Cluster
import Execution
import KernelTimes
import ModelCost
import Routing

/// A training step to simulate.
package struct TrainingSpec: Hashable, Sendable {
  /// Tokens of one sequence.
  package var sequenceLength: Int
  /// Sequences in one microbatch.
  package var microbatchSequences: Int
  /// Microbatches that each pipeline runs in a step.
  package var microbatches: Int
  /// Tokens of the whole run, for hours and cost.
  package var runTokens: Double
  /// Catalogue name of the pipeline schedule, for example `dualpipe`.
  package var schedule: String
  package var layout: ParallelLayout
  /// How GPUs with the same parameters divide their states.
  package var sharding: StateSharding
  /// States of the optimizer in host memory; nil if there are none.
  package var offload: OptimizerOffload?
  package var precision: TrainingPrecision
  /// Which activations are kept for the backward pass, and which are recomputed.
  package var activations: ActivationPolicy
  /// The blocks of each stage, or nil to balance time under memory.
  package var stages: StageLayout?
  /// Whether the model's multi-token prediction modules are trained too.
  package var trainsMTP: Bool
  /// Streaming multiprocessors that dispatch and combine occupy while they run.
  package var communicationSMs: Int
  /// The release of the measured kernels to predict with.
  package var kernelRelease: KernelRelease
  /// The measured kernels to predict from.
  package var library = KernelLibrary.compiled
  /// Nodes on which a token's experts may be placed, or nil for the model's own group limit.
  package var nodeLimit: Int?
  /// How many GPUs of each rank are simulated.
  package var fidelity: Fidelity
  /// The source of expert loads.
  package var routing: RoutingSpec
  /// How experts were placed, based on the mean loads of `routing`. The step takes the placement as
  /// given: replanning during a run would also move weights and optimizer states.
  package var planner: ExpertPlanner
  /// Model chunks per rank for schedules that leave the choice, or nil for the schedule's default.
  package var chunks: Int?
  /// What hosts cost.
  package var host = HostCosts.none
  /// How GPUs that do the same differ in time.
  package var jitter = Jitter.none
  /// The user's own order; if set, it replaces the catalogue schedule, and `schedule` is its name.
  package var userSchedule: UserSchedule?

  package init(
    sequenceLength: Int, microbatchSequences: Int, microbatches: Int, runTokens: Double,
    schedule: String, layout: ParallelLayout, sharding: StateSharding = .zero1,
    offload: OptimizerOffload? = nil, precision: TrainingPrecision, activations: ActivationPolicy,
    stages: StageLayout?, trainsMTP: Bool, communicationSMs: Int,
    kernelRelease: KernelRelease, nodeLimit: Int?,
    fidelity: Fidelity = .folded, routing: RoutingSpec = .uniform,
    planner: ExpertPlanner = .inOrder, chunks: Int? = nil, userSchedule: UserSchedule? = nil
  ) {
    self.sequenceLength = sequenceLength
    self.microbatchSequences = microbatchSequences
    self.microbatches = microbatches
    self.runTokens = runTokens
    self.schedule = schedule
    self.layout = layout
    self.sharding = sharding
    self.offload = offload
    self.precision = precision
    self.activations = activations
    self.stages = stages
    self.trainsMTP = trainsMTP
    self.communicationSMs = communicationSMs
    self.kernelRelease = kernelRelease
    self.nodeLimit = nodeLimit
    self.fidelity = fidelity
    self.routing = routing
    self.planner = planner
    self.chunks = chunks
    self.userSchedule = userSchedule
  }

  /// MTP modules that are trained.
  package func modules(of model: ModelSpec) -> Int { trainsMTP ? model.mtpModules : 0 }

  /// Tokens of one microbatch, over all GPUs that share it.
  package var microbatchTokens: Int { sequenceLength * microbatchSequences }

  /// Tokens of a microbatch that one GPU works on: its parts of the sequences.
  package var contextTokens: Int { microbatchTokens / layout.context }

  /// Tokens of a microbatch whose hidden states one GPU holds between the sharded tensors, sends to
  /// the next stage, and routes to experts.
  package var ownTokens: Int { contextTokens / layout.sharding.tokenShards }

  /// Tokens of one optimizer step, over all pipelines.
  package var tokensPerStep: Int { microbatchTokens * microbatches * layout.data }

  /// Sequences of one optimizer step.
  package var globalBatch: Int { microbatchSequences * microbatches * layout.data }
}
