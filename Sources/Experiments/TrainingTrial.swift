// One scenario to one record: simulate, check what cannot be true, say where it came from.

import Recording
import Scenarios
import Schedules
import Training

/// A run of a training scenario.
public struct TrainingTrial: Sendable {
  private let scenario: Scenario
  private let programVersion: String

  /// - Parameter programVersion: recorded with every result.
  public init(_ scenario: Scenario, programVersion: String) {
    self.scenario = scenario
    self.programVersion = programVersion
  }

  /// Simulates the scenario.
  ///
  /// - Parameter keepsTimeline: whether the record has the bars and memory points of its course.
  /// - Throws: `TrainingRefusal` where sizes or memory forbid it, `BrokenInvariant` for our bugs.
  public func run(keepsTimeline: Bool = false) throws -> RunRecord {
    try record(
      of: scenario.training, text: scenario.text, costs: nil, keepsTimeline: keepsTimeline)
  }

  /// Simulates a variant of the scenario that differs in its schedule, or the scenario as it is;
  /// what does not fit in memory is refused without a search for remedies.
  func run(schedule: String?, costs: BlockCosts) throws -> RunRecord {
    guard let schedule else {
      return try record(
        of: scenario.training, text: scenario.text, costs: costs, triesRemedies: false)
    }
    var spec = scenario.training
    spec.schedule = schedule
    spec.userSchedule = nil
    // Chunks are for schedules that leave the choice; the others keep their own number.
    if ScheduleCatalogue.named(schedule)?.choosesChunks != true { spec.chunks = nil }
    let end = scenario.text.hasSuffix("\n") ? "" : "\n"
    let text = "\(scenario.text)\(end)# --set training.schedule=\(schedule)\n"
    return try record(of: spec, text: text, costs: costs, triesRemedies: false)
  }

  /// The costs that every schedule of the scenario shares.
  func costs() -> BlockCosts {
    BlockCosts(spec: scenario.training, model: scenario.model, cluster: scenario.cluster)
  }

  private func record(
    of spec: TrainingSpec, text: String, costs: BlockCosts?, keepsTimeline: Bool = false,
    triesRemedies: Bool = true
  ) throws -> RunRecord {
    let step = try TrainingStep(
      spec: spec, model: scenario.model, cluster: scenario.cluster, costs: costs,
      triesRemedies: triesRemedies)
    let result = step.run(keepsTimeline: keepsTimeline)
    let record = RunRecord(
      provenance: Provenance(
        scenarioName: scenario.name, scenarioText: text,
        scenarioHash: SHA256.hexDigest(Array(text.utf8)), seed: scenario.seed,
        programVersion: programVersion, schedule: spec.schedule,
        fingerprint: result.fingerprint),
      metrics: result.metrics, rankTimes: result.rankTimes, memory: result.memory,
      spans: result.spans, memoryPoints: result.memoryPoints, expertLoads: result.expertLoads,
      network: result.network, assumptions: result.assumptions)
    try record.checkInvariants(stepTime: result.stepTime)
    return record
  }
}
