// The metrics and tables of a run, from its replications.

import Cluster
import Recording
import Statistics
import Text

/// Derives what is recorded of a run.
struct RunFigures {
  /// Confidence of the intervals of means and ratios.
  static let confidence = 0.95

  private let run: RunSimulation
  private let outcomes: [RunOutcome]
  private let steps: RunSteps
  private let cluster: ClusterSpec
  private let replications: [RunReplication]

  init(
    _ run: RunSimulation, _ outcomes: [RunOutcome], _ steps: RunSteps, _ cluster: ClusterSpec
  ) {
    self.run = run
    self.outcomes = outcomes
    self.steps = steps
    self.cluster = cluster
    let waiting = Self.waiting(run, steps)
    replications = outcomes.map { Self.replication($0, run, waiting, cluster) }
  }

  private var spec: TrainingRunSpec { run.spec }

  func result() -> SimulationResult {
    var details = RunDetails()
    details.phases = phases
    details.times = times
    details.replications = replications
    details.stops = outcomes.first?.stops ?? []
    var result = SimulationResult(
      stepTime: .zero, metrics: metrics, assumptions: assumptions, fingerprint: fingerprint)
    result.run = details
    return result
  }

  private var fingerprint: String {
    let walls = outcomes.map { String($0.wallSeconds.bitPattern, radix: 16) }
    return SHA256.hexDigest(Array((steps.fingerprints + walls).joined(separator: " ").utf8))
  }

  // MARK: Replications

  /// Share of the steps' time in which a GPU waits, by phase: within steps, and by jitter for the
  /// slowest.
  private static func waiting(_ run: RunSimulation, _ steps: RunSteps) -> [Double] {
    var stretches = run.process.stretches[...]
    return run.spec.phases.map { phase in
      var (waited, all) = (0.0, 0.0)
      for (part, stretch) in zip(phase.parts, stretches) {
        let step = steps[part.step]
        let jitter = stretch.stepSeconds - stretch.idealSeconds
        waited += Double(part.steps) * (step.waiting * step.seconds + jitter)
        all += Double(part.steps) * stretch.stepSeconds
      }
      stretches = stretches.dropFirst(phase.parts.count)
      return all > 0 ? waited / all : 0
    }
  }

  private static func replication(
    _ outcome: RunOutcome, _ run: RunSimulation, _ waiting: [Double], _ cluster: ClusterSpec
  ) -> RunReplication {
    var row = RunReplication(
      seconds: outcome.wallSeconds, queueSeconds: outcome.seconds(.queue),
      productiveSeconds: outcome.seconds(.productive))
    let spec = run.spec
    let gpus = Double(run.allocatedGPUs)
    row.saveSeconds = outcome.seconds(.save)
    row.idealSeconds = outcome.idealSeconds
    row.gpuHours = gpus * outcome.grantedSeconds / 3_600
    row.joules = spec.power.joules(
      outcome, waiting: waiting, gpus: Double(run.jobNodes * cluster.node.gpusPerNode),
      nodes: Double(run.jobNodes), spareNodes: Double(spec.spares?.count ?? 0))
    row.usd = spec.price.cost(
      granted: outcome.grantedSeconds, gpus: gpus, joules: row.joules,
      storedBytes: Double(spec.checkpoints?.keeps ?? 0) * (run.checkpoint?.bytes ?? 0))
    row.failures = outcome.failures.reduce(0, +)
    row.restarts = outcome.restarts
    row.restartsFromScratch = outcome.restartsFromScratch
    row.skippedTokens = outcome.skippedTokens
    return row
  }

  // MARK: Metrics

  private var metrics: [Metric] {
    let values = costMetrics + ratioMetrics + eventMetrics + checkpointMetrics
    return MetricKind.all.flatMap { kind in values.filter { $0.kind == kind } }
  }

  private var costMetrics: [Metric] {
    [
      Metric(.gpuCount, Double(run.allocatedGPUs)),
      Metric(.runTokens, spec.phases.reduce(0) { $0 + $1.usedTokens }),
      Metric(.runSteps, Double(run.process.steps)),
    ]
      + summary(.runDays) { $0.seconds / 86_400 } + summary(.runGPUHours, \.gpuHours)
      + summary(.runCost, \.usd) + summary(.runEnergy) { $0.joules / 3.6e9 }
      + (spec.spikes == nil ? [] : summary(.runSkippedTokens, \.skippedTokens))
  }

  private var ratioMetrics: [Metric] {
    RunRatio.all.flatMap { $0.metrics(outcomes, confidence: Self.confidence) }
  }

  private var eventMetrics: [Metric] {
    guard !spec.failures.isEmpty || spec.spikes != nil || !spec.maintenance.isEmpty else {
      return []
    }
    let granted = replications.reduce(0) { $0 + $1.grantedSeconds }
    let restarts = replications.reduce(0) { $0 + $1.restarts }
    return summary(.runFailures) { Double($0.failures) }
      + summary(.runRestarts) { Double($0.restarts) }
      + summary(.runRestartsFromScratch) { Double($0.restartsFromScratch) }
      + (restarts == 0 ? [] : [Metric(.runTimeBetweenStops, granted / Double(restarts))])
  }

  private var checkpointMetrics: [Metric] {
    guard let size = run.checkpoint, let level = run.process.checkpoints.last,
      let saves = run.process.saveCount()
    else { return [] }
    let between = run.stepSeconds / Double(max(1, saves))
    return [
      Metric(.checkpointBytes, size.bytes), Metric(.checkpointStall, level.stall),
      Metric(.checkpointPersist, level.persist), Metric(.checkpointLoad, level.load),
      Metric(.checkpointInterval, between),
    ]
      + (run.process.estimatedETTR(level, workBetweenSaves: between).map {
        [Metric(.runETTREstimate, $0)]
      } ?? [])
  }

  /// The mean over replications with its interval, and the range of single runs.
  private func summary(
    _ kind: MetricKind, _ value: (RunReplication) -> Double
  ) -> [Metric] {
    let values = replications.map(value)
    let sample = SampleMean(values)
    guard values.count > 1 else { return [Metric(kind, sample.mean)] }
    let interval = sample.interval(confidence: Self.confidence)
    return [
      Metric(kind, sample.mean), Metric(kind, interval.low, statistic: .low),
      Metric(kind, interval.high, statistic: .high),
      Metric(kind, sampleQuantile(values, 0.05), statistic: .p5),
      Metric(kind, sampleQuantile(values, 0.95), statistic: .p95),
    ]
  }

  // MARK: Tables

  private var phases: [RunPhaseUse] {
    spec.phases.enumerated().map { index, phase in
      let (first, last) = (phase.parts[0].step, phase.parts[phase.parts.count - 1].step)
      var use = RunPhaseUse(
        name: phase.name, schedule: first.schedule, sequenceLength: first.sequenceLength,
        firstBatch: first.globalBatch,
        lastBatch: last.globalBatch, gpus: last.layout.gpuCount)
      use.steps = phase.steps
      use.tokens = phase.usedTokens
      use.surplusTokens = phase.usedTokens - phase.tokens
      let seconds = phase.parts.reduce(0) { $0 + Double($1.steps) * steps[$1.step].seconds }
      use.stepSeconds = seconds / Double(max(1, phase.steps))
      let queue = RunCategory.queue.place
      let times = outcomes.map { $0.seconds(ofPhase: index) - $0.times[index][queue] }
      let hours = SampleMean(times.map { $0 * Double(run.allocatedGPUs) / 3_600 })
      use.seconds = SampleMean(times).mean
      use.gpuHours = hours.mean
      // The interval of equal times would be that of rounding.
      let interval =
        times.contains { $0 != times[0] }
        ? hours.interval(confidence: Self.confidence) : Interval(hours.mean, hours.mean)
      use.gpuHoursLow = interval.low
      use.gpuHoursHigh = interval.high
      return use
    }
  }

  private var times: [RunTime] {
    spec.phases.enumerated().flatMap { index, phase in
      RunCategory.allCases.compactMap { category -> RunTime? in
        let mean = SampleMean(outcomes.map { $0.times[index][category.place] }).mean
        return mean > 0
          ? RunTime(phase: phase.name, category: category, seconds: mean) : nil
      }
    }
  }

  private var assumptions: [String] {
    var sentences: [String] = []
    for part in spec.phases.flatMap(\.parts) {
      for sentence in steps[part.step].assumptions where !sentences.contains(sentence) {
        sentences.append(sentence)
      }
    }
    return sentences + RunAssumptions(spec).sentences
  }
}

extension RunReplication {
  /// Seconds from when the nodes were granted.
  var grantedSeconds: Double { seconds - queueSeconds }
}
