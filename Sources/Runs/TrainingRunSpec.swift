// The parameters of a whole run: its phases, and everything between and around their steps.

import Training

/// A part of a run with its own layout, sequence length or batch.
package struct RunPhase: Hashable, Sendable {
  /// Consecutive steps of one batch.
  package struct Part: Hashable, Sendable {
    /// The step with its batch.
    package var step: TrainingSpec
    /// Number of steps.
    package var steps: Int

    package init(step: TrainingSpec, steps: Int) {
      self.step = step
      self.steps = steps
    }
  }

  /// Name in results.
  package var name: String
  package var parts: [Part]
  /// Tokens that the phase was asked for; it ends with the first step that reaches them.
  package var tokens: Double
  /// Seconds that each GPU generates tokens for, all steps together: a load of inference that is
  /// not simulated here.
  package var generationSeconds = 0.0

  package init(name: String, parts: [Part], tokens: Double) {
    self.name = name
    self.parts = parts
    self.tokens = tokens
  }

  /// Steps of all parts.
  package var steps: Int { parts.reduce(0) { $0 + $1.steps } }

  /// Tokens of all steps.
  package var usedTokens: Double {
    parts.reduce(0) { $0 + Double($1.steps) * Double($1.step.tokensPerStep) }
  }
}

/// How long it takes to set up the communicators of n GPUs: a + b n + c n^2.
///
/// MegaScale's section 3.5 (arXiv:2402.15627) has both: O(n) barriers, and global ones before.
package struct CommunicatorTime: Hashable, Sendable {
  /// Seconds on any number of GPUs.
  package var base: Double
  /// Seconds for each GPU in addition.
  package var perGPU = 0.0
  /// Seconds times the square of the GPUs in addition.
  package var perPair = 0.0

  package init(base: Double) { self.base = base }

  /// Seconds for some GPUs.
  package func seconds(gpus: Double) -> Double { base + perGPU * gpus + perPair * gpus * gpus }
}

/// A whole run.
package struct TrainingRunSpec: Hashable, Sendable {
  /// Replications of a run if none are asked for.
  package static let usualReplications = 128
  /// From a failure until the job is stopped, seconds.
  package static let assumedFailureDetection = 60.0
  /// Until it is decided what to do.
  package static let assumedDecisionTime = 60.0
  /// Until a spare node has taken a place.
  package static let assumedNodeExchange = 300.0
  /// Until containers run.
  package static let assumedContainerStart = 120.0
  /// Until communicators are set up.
  package static let assumedCommunicatorStart = 30.0
  /// Excess of the first steps after a start.
  package static let assumedStepWarmUp = 60.0
  /// Until a node is back from repair.
  package static let assumedRepairTime = 86_400.0

  package var phases: [RunPhase]
  /// Runs that are simulated.
  package var replications = usualReplications
  /// Seed of every random stream.
  package var seed: UInt64 = 0
  /// Seconds from the request of nodes until they are granted.
  package var queue = 0.0
  /// Without the times of communicators and loads, which follow from others.
  package var restart = RestartTimes()
  /// The time to set up communicators.
  package var communicators = CommunicatorTime(base: assumedCommunicatorStart)
  /// When failures strike.
  package var exposure = RunProcess.Exposure.always
  package var checkpoints: CheckpointSpec?
  package var failures: [FailureClass] = []
  package var spares: SpareSpec?
  /// Nodes below one leaf switch.
  package var nodesPerLeaf = 1
  /// Standard deviation of a GPU's time for a step, as a share of it; a step waits for the slowest.
  package var jitter = 0.0
  /// Seconds that a step waits for data.
  package var dataStall = 0.0
  /// Pauses for evaluation; nil without.
  package var evaluation: RunPauses?
  /// Planned interruptions.
  package var maintenance: [PlannedPause] = []
  package var spikes: LossSpikes?
  /// Whether slow nodes are evicted as soon as that pays.
  package var evictsSlowNodes = true
  package var power: PowerSpec
  package var price: PriceSpec

  /// A run without failures, checkpoints or spares.
  package init(phases: [RunPhase], power: PowerSpec, price: PriceSpec) {
    self.phases = phases
    self.power = power
    self.price = price
    restart.detection = Self.assumedFailureDetection
    restart.decision = Self.assumedDecisionTime
    restart.exchange = Self.assumedNodeExchange
    restart.container = Self.assumedContainerStart
    restart.warmUp = Self.assumedStepWarmUp
  }

  /// GPUs of the phase with most.
  package var gpuCount: Int {
    phases.flatMap { $0.parts.map(\.step.layout.gpuCount) }.max() ?? 0
  }
}
