// A whole run as the failure simulation sees it: stretches of equal steps, the times of everything
// else, and what can fail. All times are seconds; nothing here knows a model or a cluster.

import Units

/// Consecutive steps that take the same time.
package struct RunStretch: Hashable, Sendable {
  /// Index of its phase.
  package var phase: Int
  /// Number of steps.
  package var steps: Int
  /// Seconds of a step on GPUs that are all alike.
  package var idealSeconds: Double
  /// Seconds of a step in the run: the ideal ones, and jitter.
  package var stepSeconds: Double
  /// Seconds that a step waits for data besides.
  package var stallSeconds = 0.0
  /// Tokens of a step.
  package var tokensPerStep: Double

  /// Steps without jitter or waiting.
  package init(phase: Int = 0, steps: Int, stepSeconds: Double, tokensPerStep: Double = 0) {
    self.phase = phase
    self.steps = steps
    idealSeconds = stepSeconds
    self.stepSeconds = stepSeconds
    self.tokensPerStep = tokensPerStep
  }
}

/// The times from a failure until training goes on, and of the first start.
package struct RestartTimes: Hashable, Sendable {
  /// From a failure until it is noticed, for classes that do not say.
  package var detection = 0.0
  /// From then until it is decided what to do.
  package var decision = 0.0
  /// Until a spare has taken the place of a node.
  package var exchange = 0.0
  /// Until containers run.
  package var container = 0.0
  /// Until communicators are set up.
  package var communicators = 0.0
  /// Excess of the first steps.
  package var warmUp = 0.0
  /// Reading the state at the first start.
  package var firstLoad = 0.0

  package init() {}
}

/// Pauses at regular distances.
package struct RunPauses: Hashable, Sendable {
  /// Steps from one to the next.
  package var everySteps: Int
  /// Length of a pause.
  package var seconds: Double

  package init(everySteps: Int, seconds: Double) {
    self.everySteps = everySteps
    self.seconds = seconds
  }
}

/// A planned interruption: it begins with the first save at or after its time.
package struct PlannedPause: Hashable, Sendable {
  /// Wall-clock seconds from the request of the nodes.
  package var at: Double
  /// How long it lasts, without the restart.
  package var seconds: Double

  package init(at: Double, seconds: Double) {
    self.at = at
    self.seconds = seconds
  }
}

/// Spikes of the loss that make people go back and leave data out.
package struct LossSpikes: Hashable, Sendable {
  /// Mean tokens between spikes.
  package var meanTokens: Double
  /// Saves to go back.
  package var savesBack: Int
  /// Steps whose data is left out then: consumed, and not trained on.
  package var skippedSteps: Int

  package init(meanTokens: Double, savesBack: Int, skippedSteps: Int) {
    self.meanTokens = meanTokens
    self.savesBack = savesBack
    self.skippedSteps = skippedSteps
  }
}

/// A run with its failures.
package struct RunProcess: Hashable, Sendable {
  /// From which part of a start on failures strike.
  package enum Exposure: String, CaseIterable, Sendable {
    /// Always, but while the run waits in the queue, and for nodes.
    case always
    /// From loading on.
    case load
    /// In training and in saves.
    case training
  }

  /// Its steps, in order.
  package var stretches: [RunStretch]
  /// Seconds from the request of nodes until they are granted.
  package var queue = 0.0
  /// The times of a restart.
  package var restart = RestartTimes()
  /// When failures strike.
  package var exposure = Exposure.always
  /// Kinds of checkpoints; at a step at which several are due, they are made in this order.
  package var checkpoints: [CheckpointLevel] = []
  /// Whether the state is saved by the last kind after the last step; else no save follows it.
  package var savesAtEnd = true
  /// Seconds of a check of the state before each save by the last kind; nil without checks.
  package var verification: Double?
  package var failures: [FailureClass] = []
  package var nodes: JobNodes
  /// Nil if there is a spare for every failure.
  package var spares: SpareSpec?
  /// Pauses for evaluation; nil without.
  package var evaluation: RunPauses?
  /// Planned interruptions.
  package var maintenance: [PlannedPause] = []
  package var spikes: LossSpikes?
  /// Whether slow nodes are evicted as soon as that pays.
  package var evictsSlowNodes = true

  package init(stretches: [RunStretch], nodes: JobNodes) {
    self.stretches = stretches
    self.nodes = nodes
  }

  /// Steps of the run.
  package var steps: Int { stretches.reduce(0) { $0 + $1.steps } }

  /// Seconds of all steps without failures.
  package var stepSeconds: Double {
    stretches.reduce(0) { $0 + Double($1.steps) * ($1.stepSeconds + $1.stallSeconds) }
  }

  /// Phases.
  package var phaseCount: Int { (stretches.map(\.phase).max() ?? 0) + 1 }
}
