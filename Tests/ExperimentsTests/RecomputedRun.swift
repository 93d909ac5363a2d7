// Recomputes the metrics of a whole training run from its printed definitions, using the rows of a
// results file and the scenario.

import Foundation
import Recording
import Scenarios
import Statistics

@testable import Runs
@testable import Training

/// A training run read back from a results file.
struct RecomputedRun {
  let record: RunRecord
  private let spec: TrainingRunSpec
  private let scenario: Scenario
  /// The largest checkpoint of any phase.
  private let saved: CheckpointSize?

  init(_ record: RunRecord, _ spec: TrainingRunSpec, _ scenario: Scenario) throws {
    self.record = record
    self.spec = spec
    self.scenario = scenario
    saved = try spec.phases.flatMap(\.parts).map { part in
      let step = try StepPlanner.plan(
        part.step, model: scenario.model, cluster: scenario.cluster)
      return CheckpointSize(
        step.savedParameters, stateBytes: part.step.precision.optimizerBytes, weightBytes: 0,
        gpusPerNode: scenario.cluster.node.gpusPerNode, readsOnce: true)
    }.max { $0.ofGPU < $1.ofGPU }
  }

  private var rows: [RunReplication] { record.run.replications }
  private var gpusPerNode: Int { scenario.cluster.node.gpusPerNode }

  /// The value of a metric by its definition; nil if it is not defined for the run.
  func value(_ metric: Metric) -> Double? {
    if let (above, below) = parts(metric.kind), metric.statistic.isOfAll {
      let ratio = RatioOfMeans(of: rows.map(above), over: rows.map(below))
      let interval = ratio.interval(confidence: 0.95)
      return switch metric.statistic {
      case .low: max(0, interval.low)
      case .high: min(1, interval.high)
      default: rows.map(above).reduce(0, +) / rows.map(below).reduce(0, +)
      }
    }
    if let value = row(metric.kind) {
      let values = rows.map(value)
      switch metric.statistic {
      case .value: return values.reduce(0, +) / Double(values.count)
      case .p5: return sampleQuantile(values, 0.05)
      case .p95: return sampleQuantile(values, 0.95)
      case .low: return SampleMean(values).interval(confidence: 0.95).low
      case .high: return SampleMean(values).interval(confidence: 0.95).high
      default: return nil
      }
    }
    return size(metric.kind) ?? checkpoint(metric.kind)
  }

  /// The numerator and the denominator of a ratio of sums.
  private func parts(
    _ kind: MetricKind
  ) -> (above: (RunReplication) -> Double, below: (RunReplication) -> Double)? {
    func granted(_ row: RunReplication) -> Double { row.seconds - row.queueSeconds }
    return switch kind {
    case .runETTR: (\.productiveSeconds, \.seconds)
    case .runGoodput: (\.productiveSeconds, granted)
    case .runGoodputWithSaves: ({ $0.productiveSeconds + $0.saveSeconds }, granted)
    case .runSchedulingGoodput: (granted, \.seconds)
    case .runProgramGoodput: (\.idealSeconds, \.productiveSeconds)
    case .runProductivityGoodput: (\.idealSeconds, \.seconds)
    default: nil
    }
  }

  /// The value of a replication.
  private func row(_ kind: MetricKind) -> ((RunReplication) -> Double)? {
    func granted(_ row: RunReplication) -> Double { row.seconds - row.queueSeconds }
    return switch kind {
    case .runDays: { $0.seconds / 86_400 }
    case .runGPUHours: { granted($0) / 3_600 * gpus }
    case .runCost: { $0.gpuHours * spec.price.gpuHour }
    case .runEnergy: { $0.joules / 3.6e9 }
    case .runFailures: { Double($0.failures) }
    case .runRestarts: { Double($0.restarts) }
    case .runRestartsFromScratch: { Double($0.restartsFromScratch) }
    default: ratio(kind)
    }
  }

  /// The ratio of a replication.
  private func ratio(_ kind: MetricKind) -> ((RunReplication) -> Double)? {
    parts(kind).map { above, below in { above($0) / below($0) } }
  }

  /// GPUs of job and spares.
  private var gpus: Double {
    let used = record.run.phases.map(\.gpus).max() ?? 0
    let nodes = (used + gpusPerNode - 1) / gpusPerNode + (spec.spares?.count ?? 0)
    return Double(nodes * gpusPerNode)
  }

  private func size(_ kind: MetricKind) -> Double? {
    switch kind {
    case .gpuCount: gpus
    case .runTokens: record.run.phases.reduce(0) { $0 + $1.tokens }
    case .runSteps: Double(record.run.phases.reduce(0) { $0 + $1.steps })
    case .runTimeBetweenStops:
      rows.reduce(0) { $0 + $1.seconds - $1.queueSeconds }
        / Double(rows.reduce(0) { $0 + $1.restarts })
    case .parameters: Double(scenario.model.mainParameters)
    case .activeParameters: Double(scenario.model.activeParameters)
    case .activeParametersWithoutEmbedding:
      Double(scenario.model.activeParametersWithoutEmbedding)
    default: nil
    }
  }

  /// Bytes by counts, and times by bandwidths; intervals by the closed form.
  private func checkpoint(_ kind: MetricKind) -> Double? {
    guard let checkpoints = spec.checkpoints, let size = saved else { return nil }
    let copy = size.ofGPU / checkpoints.hostLink
    let write = max(size.bytes / checkpoints.storage, size.ofNode / checkpoints.nodeLink)
    let load = max(
      size.read / checkpoints.storage, size.readOfNode / checkpoints.nodeLink,
      size.readOfGPU / checkpoints.hostLink)
    let stall = checkpoints.isAsynchronous ? copy : max(copy, write)
    switch kind {
    case .checkpointBytes:
      let trained = spec.phases[0].parts[0].step
      let parameters =
        trained.trainsMTP ? scenario.model.parametersWithMTP : scenario.model.mainParameters
      return Double(parameters * trained.precision.optimizerBytes)
    case .checkpointStall: return stall
    case .checkpointPersist: return checkpoints.isAsynchronous ? write : 0
    case .checkpointLoad: return load
    case .checkpointInterval: return between
    case .runETTREstimate:
      let restart =
        spec.restart.decision + spec.restart.exchange + spec.restart.container + load
        + spec.communicators.seconds(gpus: Double(spec.gpuCount)) + spec.restart.warmUp
      let stop = (restart + between / 2) * stopsPerSecond
      return (1 - stop) / (1 + stall / between)
    default: return nil
    }
  }

  private var between: Double {
    let seconds = record.run.phases.reduce(0) { $0 + Double($1.steps) * $1.stepSeconds }
    return seconds / saves
  }

  /// Saves of a run without failures. They have no rows: the printed interval gives their number.
  private var saves: Double {
    let seconds = record.run.phases.reduce(0) { $0 + Double($1.steps) * $1.stepSeconds }
    return (seconds / (record.value(.checkpointInterval) ?? .nan)).rounded()
  }

  private var stopsPerSecond: Double {
    let nodes = Double(spec.gpuCount / gpusPerNode)
    return spec.failures.reduce(0) { sum, item in
      guard case .life(let life) = item.law else { return sum }
      return sum + (item.scope == .job ? 1 : nodes) * Double(item.count) / life.mean
    }
  }
}

extension MetricStatistic {
  /// Whether it is of all replications together, not of single ones.
  fileprivate var isOfAll: Bool { [.value, .low, .high].contains(self) }
}
