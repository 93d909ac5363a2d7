// The tables of a training run: its phases, its time by category, its replications, and what
// stopped the first of them.

/// A phase of a run. Means are over replications.
package struct RunPhaseUse: Hashable, Sendable {
  /// Name in the scenario.
  package var name: String
  /// Catalogue name of its schedule.
  package var schedule: String
  /// Tokens of a sequence.
  package var sequenceLength: Int
  /// Sequences of its first and its last step.
  package var firstBatch: Int
  /// Sequences of its last step.
  package var lastBatch: Int
  package var gpus: Int
  /// Steps of all its parts.
  package var steps: Int
  /// Tokens of all its steps, those beyond its end included.
  package var tokens: Double
  /// Tokens beyond those that it was asked for.
  package var surplusTokens: Double
  /// Seconds of its steps without failures, mean over steps.
  package var stepSeconds: Double
  /// Wall-clock seconds, all categories but the queue; mean.
  package var seconds: Double
  /// GPU-hours of job and spares in that time: the mean, and its interval.
  package var gpuHours: Double
  /// Lower end of the interval of the mean.
  package var gpuHoursLow: Double
  /// Upper end of the interval of the mean.
  package var gpuHoursHigh: Double

  /// A phase without figures.
  package init(
    name: String, schedule: String, sequenceLength: Int, firstBatch: Int, lastBatch: Int,
    gpus: Int
  ) {
    self.name = name
    self.schedule = schedule
    self.sequenceLength = sequenceLength
    self.firstBatch = firstBatch
    self.lastBatch = lastBatch
    self.gpus = gpus
    steps = 0
    tokens = 0
    surplusTokens = 0
    stepSeconds = 0
    seconds = 0
    gpuHours = 0
    gpuHoursLow = 0
    gpuHoursHigh = 0
  }
}

/// Time of a phase in a category, mean over replications.
package struct RunTime: Hashable, Sendable {
  /// Name of the phase.
  package var phase: String
  package var category: RunCategory
  /// Wall-clock seconds, mean.
  package var seconds: Double

  package init(phase: String, category: RunCategory, seconds: Double) {
    self.phase = phase
    self.category = category
    self.seconds = seconds
  }
}

/// One replication of a run.
package struct RunReplication: Hashable, Sendable {
  /// Wall-clock seconds, of which some in the queue.
  package var seconds: Double
  /// Seconds from the request of nodes until they were granted.
  package var queueSeconds: Double
  /// Seconds of steps that were never undone.
  package var productiveSeconds: Double
  /// Seconds in which training stood still for saves.
  package var saveSeconds: Double
  /// Productive seconds if all GPUs had been alike.
  package var idealSeconds: Double
  /// GPU-hours of job and spares.
  package var gpuHours: Double
  /// Cost in US dollars.
  package var usd: Double
  /// Energy with the building.
  package var joules: Double
  /// Failures, those that did not stop the run included.
  package var failures: Int
  /// Starts after the first.
  package var restarts: Int
  /// Restarts without a save.
  package var restartsFromScratch: Int
  /// Tokens that were consumed and not trained on.
  package var skippedTokens: Double

  /// A replication without costs and failures.
  package init(seconds: Double, queueSeconds: Double, productiveSeconds: Double) {
    self.seconds = seconds
    self.queueSeconds = queueSeconds
    self.productiveSeconds = productiveSeconds
    saveSeconds = 0
    idealSeconds = 0
    gpuHours = 0
    usd = 0
    joules = 0
    failures = 0
    restarts = 0
    restartsFromScratch = 0
    skippedTokens = 0
  }
}

/// Something that stopped the first replication.
package struct RunStop: Hashable, Sendable {
  /// When, wall-clock seconds.
  package var seconds: Double
  /// The class of the failure, or `loss spike`, `slow node` or `maintenance`.
  package var cause: String
  /// Nodes that it reached.
  package var nodes: Int
  /// Seconds of steps that it undid.
  package var lostSeconds: Double
  /// Seconds until training went on, or until the next stop.
  package var downSeconds: Double
  /// Steps before the one from which training went on.
  package var resumedAtStep: Int

  package init(
    seconds: Double, cause: String, nodes: Int, lostSeconds: Double, downSeconds: Double,
    resumedAtStep: Int
  ) {
    self.seconds = seconds
    self.cause = cause
    self.nodes = nodes
    self.lostSeconds = lostSeconds
    self.downSeconds = downSeconds
    self.resumedAtStep = resumedAtStep
  }
}

/// The tables of a run.
package struct RunDetails: Hashable, Sendable {
  package var phases: [RunPhaseUse] = []
  package var times: [RunTime] = []
  package var replications: [RunReplication] = []
  package var stops: [RunStop] = []

  package init() {}
}
