// Replications of a run: the same run with other random numbers. Replication i has the seed
// hash(seed, i), so that compared runs share their failures (common random numbers).

import Units

extension RunProcess {
  /// The seed of a replication.
  package static func seed(of replication: Int, _ seed: UInt64) -> UInt64 {
    Philox2x64.block(counter: (UInt64(replication), 0x7275_6e73), key: seed).0
  }

  /// Simulates replications of the run; their order and values do not depend on the workers.
  ///
  /// - Parameters:
  ///   - replications: numbers of the replications; the first of all is 0.
  ///   - seed: seed of the run, from which each replication has its own.
  ///   - keepsStops: whether replication 0 keeps a list of what stopped it.
  ///   - workers: threads that simulate replications.
  /// - Throws: `RunRefusal` if the run has too many saves, or does not end.
  /// - Precondition: the run has a step.
  package func outcomes(
    _ replications: Range<Int>, seed: UInt64, keepsStops: Bool = false, workers: Workers = .one
  ) throws(RunRefusal) -> [RunOutcome] {
    guard let legs = legs() else { throw .tooManyLegs(steps: steps) }
    precondition(!legs.isEmpty, "a run has a step")
    func outcome(_ replication: Int) -> RunOutcome? {
      var engine = RunEngine(
        self, legs: legs, seed: Self.seed(of: replication, seed),
        keepsStops: keepsStops && replication == 0)
      return engine.run()
    }
    guard !replications.isEmpty else { return [] }
    // One that has no end takes long: most runs without an end are found by their first.
    guard let first = outcome(replications.lowerBound) else { throw refusalOfEndless(legs) }
    let found = workers.map(replications.count - 1) { outcome(replications.lowerBound + 1 + $0) }
    var outcomes = [first]
    for outcome in found {
      guard let outcome else { throw refusalOfEndless(legs) }
      outcomes.append(outcome)
    }
    return outcomes
  }

  /// Saves of the last kind in a run without failures, those that are left out not among them; nil
  /// if it has too many, or does not end.
  func saveCount() -> Int? {
    guard let last = checkpoints.indices.last, let legs = legs() else { return nil }
    guard checkpoints[last].overlap == .skip else {
      return legs.count { $0.saves.contains(last) }
    }
    var process = undisturbed
    process.checkpoints[last].keeps = legs.count
    var engine = RunEngine(process, legs: legs, seed: 0, keepsStops: false)
    return engine.run() == nil ? nil : engine.saves[last].count
  }

  /// Why a run has not ended: by its failures, or by its length.
  private func refusalOfEndless(_ legs: [RunLeg]) -> RunRefusal {
    var engine = RunEngine(undisturbed, legs: legs, seed: 0, keepsStops: false)
    return engine.run() == nil ? .tooLong(stepSeconds: stepSeconds) : .endless
  }

  /// The run if nothing stops it.
  private var undisturbed: RunProcess {
    var process = self
    process.failures = []
    process.spikes = nil
    process.maintenance = []
    return process
  }
}
