// The replications of a plan: each is a trial of an experiment over seeds, and none runs twice.

import Experiments
import Recording
import Scenarios
import Service
import Statistics
import Text
import Units

/// Runs replications of changed scenarios and keeps what the plan needs of them.
///
/// Replication i has the same seed under all settings.
final class ServeTrials {
  /// What is kept of a replication.
  struct Replication: Sendable {
    var sample: ObjectiveSample
    /// The largest share of each bound that the objective's statistic takes, by its label.
    var tightness: [(label: String, share: Double)]
    /// Mean time from arrival to the last token, seconds.
    var stay: Double
    /// Busy share and cache occupancy by pool.
    var pools: [(name: String, busy: Double, cache: Double)]
  }

  private let document: ScenarioDocument
  private let changes: ScenarioChanges
  private let seed: UInt64
  private let question: ServeQuestion
  /// Step times that replications of one size share.
  private let shared = SharedCosts()
  /// Replications from 0 on, by the settings' text.
  private var known: [String: [Replication]] = [:]
  /// Trials that ran.
  private(set) var count = 0

  /// - Parameter seed: the scenario's, from which those of the replications follow.
  init(_ question: ServeQuestion, seed: UInt64) {
    document = question.document
    // Replications set the seed, which one of the changes would override.
    changes = ScenarioChanges(settings: question.changes.settings)
    self.seed = seed
    self.question = question
  }

  /// The scenario under some settings, with the seed of a replication.
  func scenario(
    _ settings: [Setting], replication: Int = 0
  ) throws(ScenarioProblem) -> Scenario {
    let seed = Setting("seed", "\(seed(of: replication))")
    return try document.scenario(changes.adding(settings + [seed]))
  }

  /// Replications under some settings.
  ///
  /// - Throws: `ServeTrialRefusal` with the reason of the first that has no result.
  func replications(_ settings: [Setting], _ range: Range<Int>) throws -> [Replication] {
    let key = settings.map(\.option).joined(separator: " ")
    var found = known[key] ?? []
    if found.count < range.upperBound {
      found += try run(settings, found.count..<range.upperBound)
      known[key] = found
    }
    return Array(found[range])
  }

  /// The mean margin under some settings over the replications of the search.
  func searchMean(_ settings: [Setting]) throws -> Double {
    let found = try replications(settings, 0..<LeastCount.searchReplications)
    return SampleMean(found.map(\.sample.margin)).mean
  }

  private func run(_ settings: [Setting], _ range: Range<Int>) throws -> [Replication] {
    let service = try scenario(settings).service
    let experiment = Experiment(
      kind: "plan", [document], changes.adding(settings),
      axes: [ExperimentAxis("seed", range.map { "\(seed(of: $0))" })],
      programVersion: question.programVersion, shared: shared)
    var found: [Replication] = []
    try experiment.run(0..<experiment.count, workers: question.workers) { timed in
      count += 1
      question.trialEnded()
      switch timed.trial.outcome {
      case .ran(let record):
        guard let service else { return }
        found.append(replication(record, service))
      case .refused(let reason): throw ServeTrialRefusal.refused(reason: reason)
      case .broken(let reason): throw ServeTrialRefusal.broken(reason: reason)
      }
    }
    return found
  }

  private func replication(_ record: RunRecord, _ service: ServiceSpec) -> Replication {
    func value(_ kind: MetricKind, _ scope: MetricScope, _ statistic: MetricStatistic) -> Double? {
      record.metrics.first {
        $0.kind == kind && $0.scope == scope && $0.statistic == statistic
      }?.value
    }
    let statistic = question.objective.statistic
    let bounds = service.classes.flatMap {
      ServeObjective.bounds($0, among: service.classes.count)
    }
    return Replication(
      sample: question.objective.sample(record, of: service),
      tightness: bounds.map { bound in
        let metric = Metric(bound.kind, 0, scope: bound.scope, statistic: statistic)
        let reached = value(bound.kind, bound.scope, statistic) ?? 0
        return (metric.label, reached / bound.seconds)
      },
      stay: value(.endToEnd, .all, .mean) ?? 0,
      pools: record.pools.map { pool in
        (
          pool.name, pool.heldGPUSeconds > 0 ? pool.busyGPUSeconds / pool.heldGPUSeconds : 0,
          pool.availableTokenSeconds > 0 ? pool.usedTokenSeconds / pool.availableTokenSeconds : 0
        )
      })
  }

  /// The seed of a replication: half of the range, so that every reader of a scenario takes it.
  private func seed(of replication: Int) -> UInt64 {
    var stream = RandomStream(
      seed: seed, purpose: RandomPurpose("plan.replications"), entity: replication)
    return stream.next() >> 12
  }
}

/// Why a replication has no result.
enum ServeTrialRefusal: ExplainedError {
  /// The service cannot be simulated.
  case refused(reason: String)
  /// A bug of the program.
  case broken(reason: String)

  var explanations: [Explanation] {
    switch self {
    case .refused(let reason): [Explanation(reason)]
    case .broken(let reason): [Explanation("a trial broke an invariant: \(reason)")]
    }
  }

  var exitStatus: ExitStatus {
    if case .broken = self { .brokenInvariant } else { .badData }
  }
}

extension Scenario {
  /// The service that the scenario asks about; nil for another question.
  package var service: ServiceSpec? {
    if case .service(let service) = question { service } else { nil }
  }
}
