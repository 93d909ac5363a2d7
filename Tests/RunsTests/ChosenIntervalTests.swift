// The interval that `optimal` chooses for a run, against fixed ones: it takes account of the time
// to write a save, and of all that leads back to one.

import Statistics
import Testing
import Training

@testable import Runs

@Suite("The interval that is chosen for a run")
struct ChosenIntervalTests {
  /// A checkpoint of 96 GB from eight GPUs of a node.
  private static let size = CheckpointSize(
    SavedParameters(unique: 8e9, fullestShard: 1e9, fullestRank: 1e9, held: 8e9),
    stateBytes: 12, weightBytes: 0, gpusPerNode: 8, readsOnce: true)

  /// Asynchronous saves that stop training for a second, and are written in some seconds.
  private func checkpoints(writing seconds: Double = 1, keeps: Int = 2) -> CheckpointSpec {
    var spec = CheckpointSpec(every: .optimal, hostLink: 12e9)
    spec.isAsynchronous = true
    spec.storage = Self.size.bytes / seconds
    spec.nodeLink = 1e30
    spec.keeps = keeps
    return spec
  }

  /// 10,000 steps of 10 s on a node.
  private func process() -> RunProcess {
    RunProcess(
      stretches: [RunStretch(steps: 10_000, stepSeconds: 10, tokensPerStep: 1)],
      nodes: JobNodes(count: 1))
  }

  private func stops(_ law: FailureClass.Law) -> FailureClass {
    FailureClass("job", scope: .job, law: law)
  }

  private func seconds(_ spec: CheckpointSpec, _ process: RunProcess) -> Double? {
    guard case .seconds(let seconds) = spec.interval(Self.size, process) else { return nil }
    return seconds
  }

  private func runs(
    _ process: RunProcess, _ spec: CheckpointSpec, every seconds: Double, count: Int = 32
  ) throws -> [RunOutcome] {
    var process = process
    process.checkpoints = spec.levels(Self.size, interval: .seconds(seconds), nodeNetwork: 1)
    return try process.outcomes(0..<count, seed: 5)
  }

  /// The work between saves of a second with the best goodput.
  private func work(meanTimeBetweenFailures mean: Double) -> Double {
    CheckpointForms(meanTimeBetweenFailures: mean, save: 1).optimalWork
  }

  /// Common random numbers: no other interval is better by more than the error of the difference.
  private func expectBest(_ process: RunProcess, _ spec: CheckpointSpec) throws {
    let chosen = try #require(seconds(spec, process))
    let own = try runs(process, spec, every: chosen).map(\.goodput)
    for factor in [0.3, 0.5, 2, 4] {
      let other = try runs(process, spec, every: chosen * factor).map(\.goodput)
      let gain = SampleMean(zip(other, own).map { $0 - $1 })
      #expect(gain.mean < 4 * gain.standardError, "\(chosen) s x \(factor) gains \(gain.mean)")
    }
  }

  @Test("saves that wait for the one before come no faster than they are written")
  func writing() throws {
    var process = process()
    process.failures = [stops(.life(.exponential(mean: 20_000)))]
    var spec = checkpoints(writing: 1_000)

    // Half a step more is never rounded below the 1,000 s of a write.
    #expect(seconds(spec, process) == 1_005)
    try expectBest(process, spec)
    spec.overlap = .parallel
    #expect(seconds(spec, process) == work(meanTimeBetweenFailures: 20_000))
    #expect(seconds(checkpoints(), process) == work(meanTimeBetweenFailures: 20_000))
  }

  @Test("Meta's estimate counts the wait for the save before, and verifications")
  func estimate() throws {
    var process = process()
    process.failures = [stops(.life(.exponential(mean: 20_000)))]
    process.restart.decision = 300
    var level = CheckpointLevel(every: .seconds(200), stall: 1)
    level.persist = 1_000

    let waiting = try #require(process.estimatedETTR(level, workBetweenSaves: 200))
    level.overlap = .parallel
    let parallel = try #require(process.estimatedETTR(level, workBetweenSaves: 200))
    process.verification = 50
    let verified = try #require(process.estimatedETTR(level, workBetweenSaves: 200))
    level.overlap = .wait
    let both = try #require(process.estimatedETTR(level, workBetweenSaves: 200))

    #expect(waiting == (1 - (300.0 + 100) / 20_000) / (1 + (1.0 + 800) / 200))
    #expect(parallel == (1 - (300.0 + 100) / 20_000) / (1 + 1.0 / 200))
    #expect(verified == (1 - (300.0 + 100) / 20_000) / (1 + (50.0 + 1) / 200))
    // What is checked is written meanwhile.
    #expect(both == (1 - (300.0 + 100) / 20_000) / (1 + (50.0 + 750 + 1) / 200))
  }

  @Test("spikes of the loss count, and for more if they lead several saves back")
  func spikes() throws {
    var process = process()
    process.spikes = LossSpikes(meanTokens: 2_000, savesBack: 1, skippedSteps: 0)

    #expect(seconds(checkpoints(), process) == work(meanTimeBetweenFailures: 20_000))
    try expectBest(process, checkpoints())
    process.spikes = LossSpikes(meanTokens: 2_000, savesBack: 2, skippedSteps: 0)
    #expect(seconds(checkpoints(), process) == work(meanTimeBetweenFailures: 1 / (3 / 20_000)))
    try expectBest(process, checkpoints(keeps: 3))
  }

  @Test("given moments count as events in the length of the run")
  func moments() throws {
    var process = process()
    process.failures = [stops(.moments([9_005, 40_005, 80_005, 99_005, 1_000_000]))]

    let chosen = try #require(seconds(checkpoints(), process))
    let run = try #require(try runs(process, checkpoints(), every: chosen, count: 1).first)

    #expect(chosen == work(meanTimeBetweenFailures: 1 / (4.0 / 100_000)))
    #expect(run.restarts == 4 && run.seconds(.lostWork) < 4 * chosen)
  }

  @Test("corruptions that are found later leave a clean save, or count if all are kept")
  func corruptions() throws {
    var process = process()
    var item = stops(.moments([50_005]))
    item.effect = .corrupt(foundAfter: 3_600)
    process.failures = [item]

    let few = try #require(seconds(checkpoints(), process))
    let many = try #require(seconds(checkpoints(keeps: 100), process))

    // Of two saves one is from before the corruption if a leg is longer than 3,600 s.
    #expect(few == 3_610)
    #expect(abs(many / work(meanTimeBetweenFailures: 100_000) - 1) < 1e-12)
    for (spec, seconds) in [(checkpoints(), few), (checkpoints(keeps: 100), many)] {
      let run = try #require(try runs(process, spec, every: seconds, count: 1).first)
      #expect(run.restarts == 1 && run.restartsFromScratch == 0)
      #expect((3_600...3_600 + seconds + 10).contains(run.seconds(.lostWork)))
    }
  }

  @Test("planned maintenance takes place in a run that nothing else stops")
  func maintenance() throws {
    var process = process()
    #expect(seconds(checkpoints(), process) == process.stepSeconds)
    process.maintenance = [PlannedPause(at: 36_000, seconds: 18_000)]

    let chosen = try #require(seconds(checkpoints(), process))
    let run = try #require(try runs(process, checkpoints(), every: chosen, count: 1).first)

    #expect(run.seconds(.maintenance) == 18_000 && run.seconds(.lostWork) == 0)
    // Failures that never come change nothing.
    process.failures = [stops(.life(.exponential(mean: 1e12)))]
    #expect(seconds(checkpoints(), process) == chosen)
  }
}
