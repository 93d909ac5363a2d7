// What holds for every run: exact sums, the same numbers for any number of threads, no traps, and
// failures that cost time.

import Recording
import Statistics
import Testing
import Units

@testable import Runs

@Suite("Properties of runs")
struct RunPropertyTests {
  /// A random run with everything that a run can have.
  static func random(_ seed: Int) -> RunProcess {
    var stream = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("tests.runs"))
    func pick(_ values: [Double]) -> Double { values[stream.index(below: values.count)] }
    func flag() -> Bool { stream.index(below: 2) == 1 }
    let nodes = [1, 2, 3, 16][stream.index(below: 4)]
    var process = RunProcess(
      stretches: (0..<1 + stream.index(below: 3)).map { phase in
        var stretch = RunStretch(
          phase: phase, steps: 1 + stream.index(below: 400),
          stepSeconds: pick([0.01, 1, 17.99, 300]), tokensPerStep: 1_000)
        stretch.idealSeconds = stretch.stepSeconds * 0.97
        stretch.stallSeconds = pick([0, 0.1])
        return stretch
      }, nodes: JobNodes(count: nodes))
    process.nodes.perRack = 1 + stream.index(below: 4)
    process.nodes.perLeaf = 1 + stream.index(below: 8)
    process.queue = pick([0, 77.7])
    process.restart.detection = pick([0, 60])
    process.restart.decision = pick([0, 5])
    process.restart.exchange = pick([0, 300])
    process.restart.container = pick([0, 30])
    process.restart.communicators = pick([0, 20])
    process.restart.warmUp = pick([0, 10])
    process.restart.firstLoad = pick([0, 40])
    process.exposure = RunProcess.Exposure.allCases[stream.index(below: 3)]
    process.savesAtEnd = flag()
    if flag() { process.evaluation = RunPauses(everySteps: 50, seconds: 33) }
    addCheckpoints(to: &process, &stream)
    addFailures(to: &process, &stream)
    return process
  }

  private static func addCheckpoints(to process: inout RunProcess, _ stream: inout RandomStream) {
    func pick(_ values: [Double]) -> Double { values[stream.index(below: values.count)] }
    func flag() -> Bool { stream.index(below: 2) == 1 }
    if flag() {
      var memory = CheckpointLevel(every: .steps(1 + stream.index(below: 9)), stall: 0.3)
      memory.survival = .groups(size: 2, areNeighbours: flag())
      memory.persist = pick([0, 30])
      process.checkpoints.append(memory)
    }
    if flag() || !process.checkpoints.isEmpty {
      var storage = CheckpointLevel(
        every: flag() ? .steps(1 + stream.index(below: 40)) : .seconds(pick([1, 500, 1e6])),
        stall: pick([0, 2]))
      storage.persist = pick([0, 90])
      storage.overlap = CheckpointLevel.Overlap.allCases[stream.index(below: 3)]
      storage.load = pick([0, 25])
      storage.keeps = 1 + stream.index(below: 3)
      process.checkpoints.append(storage)
      process.verification = flag() ? 3 : nil
      if flag() { process.maintenance = [PlannedPause(at: pick([0, 2_000]), seconds: 500)] }
      if flag() {
        process.spikes = LossSpikes(meanTokens: 400_000, savesBack: 1, skippedSteps: 7)
      }
    }
  }

  private static func addFailures(to process: inout RunProcess, _ stream: inout RandomStream) {
    func pick(_ values: [Double]) -> Double { values[stream.index(below: values.count)] }
    func flag() -> Bool { stream.index(below: 2) == 1 }
    // Lives are long enough for most runs without saves to end.
    let life = max(20 * process.stepSeconds, 1e5)
    for scope in FailureClass.Scope.allCases where flag() {
      let count = Double(process.nodes.units(scope))
      var item = FailureClass(
        scope.rawValue, scope: scope,
        law: .life(
          flag()
            ? .exponential(mean: life * count / 20)
            : .weibull(shape: pick([0.6, 1.7]), scale: life * count / 10)))
      item.age = [.new, .stationary, .seconds(1_000)][stream.index(below: 3)]
      switch stream.index(below: 4) {
      case 0: item.effect = .corrupt(foundAfter: flag() || process.verification == nil ? 100 : nil)
      case 1: item.effect = .slow(factor: 1.3, seconds: flag() ? 5_000 : nil)
      default: item.effect = .stop
      }
      process.failures.append(item)
    }
    if flag() {
      var spares = SpareSpec(count: stream.index(below: 3), repair: 3_000)
      spares.areHot = flag()
      spares.failWhileWaiting = flag()
      spares.crews = flag() ? 1 : nil
      spares.law = flag() ? .fixed : .exponential
      process.spares = spares
    }
  }

  @Test("categories of random runs sum to their wall times, and no work is lost or made")
  func sums() throws {
    var refused = 0
    for seed in 0..<300 {
      let process = Self.random(seed)
      guard let runs = try? process.outcomes(0..<3, seed: UInt64(seed), keepsStops: true) else {
        refused += 1
        continue
      }
      for run in runs {
        try run.check()
        let tokens = process.stretches.reduce(0) { $0 + Double($1.steps) * $1.tokensPerStep }
        #expect(run.tokens + run.skippedTokens == tokens, "seed \(seed)")
        #expect(run.restarts <= run.failures.reduce(0, +) + 1_000, "seed \(seed)")
      }
      let lost = runs[0].stops.reduce(0) { $0 + $1.lostSeconds }
      #expect(lost <= runs[0].seconds(.lostWork), "seed \(seed)")
      #expect(runs[0].stops.count == runs[0].restarts, "seed \(seed)")
    }
    // Some have no end: failures come before their first save.
    #expect(refused < 10)
  }

  @Test("INV-9: threads and the number of replications change no replication")
  func determinism() throws {
    for seed in 0..<20 {
      let process = Self.random(seed)
      guard let all = try? process.outcomes(0..<6, seed: 3) else { continue }
      let backwards = Workers(count: 2) { parts, body in
        for part in (0..<parts).reversed() { body(part) }
      }
      #expect(try process.outcomes(0..<6, seed: 3, workers: backwards) == all)
      #expect(try process.outcomes(4..<6, seed: 3) == Array(all[4...]))
    }
  }

  @Test("without failures a run takes its steps, saves, pauses and its start")
  func undisturbed() throws {
    for seed in 0..<100 {
      var process = Self.random(seed)
      process.failures = []
      process.spikes = nil
      process.maintenance = []
      let run = try #require(try process.outcomes(0..<1, seed: 1).first)

      #expect(run.restarts == 0)
      #expect(run.seconds(.lostWork) == 0)
      let steps = run.seconds(.productive) + run.seconds(.dataStall)
      // A step is rounded to 6e-8 s.
      #expect(abs(steps - process.stepSeconds) < 1e-7 * Double(process.steps))
    }
  }

  @Test("a rate from a count varies between replications as the count says")
  func countedRates() throws {
    var process = RunProcess(
      stretches: [RunStretch(steps: 1, stepSeconds: 1e6)], nodes: JobNodes(count: 100))
    // Events that disturb nobody; 100 are expected.
    var item = FailureClass("part", scope: .node, law: .life(.exponential(mean: 1e6)))
    item.effect = .corrupt(foundAfter: 1e9)
    func failures(counted events: Double?) throws -> SampleMean {
      item.countedEvents = events
      process.failures = [item]
      return SampleMean(try process.outcomes(0..<400, seed: 8).map { Double($0.failures[0]) })
    }

    // Poisson's variance is 100; that of a rate from n events adds 100^2 / n.
    for (events, deviation) in [(nil, 10.0), (10, 33.17), (400, 11.18)] as [(Double?, Double)] {
      let found = try failures(counted: events)
      #expect(abs(found.mean - 100) < 4 * found.standardError)
      #expect(abs(found.standardDeviation / deviation - 1) < 0.15, "\(found)")
    }
  }

  @Test("longer lives never add restarts, under the same random numbers")
  func monotone() throws {
    // All failures of a component move away from the start by the same factor, and the exposed
    // time, which is work and what is undone of it, cannot grow faster.
    for seed in 0..<50 as Range<UInt64> {
      var restarts: [Int] = []
      for scale in [1.0, 2, 4, 8] {
        var process = RunProcess.segments(
          2_000, work: 60, save: 0, life: .exponential(mean: 5_000 * scale), detection: 0,
          load: 600, exposure: .training)
        process.restart.firstLoad = 0
        restarts.append(try #require(try process.outcomes(0..<1, seed: seed).first).restarts)
      }
      #expect(zip(restarts, restarts.dropFirst()).allSatisfy { $0 >= $1 }, "\(restarts)")
    }
  }

  @Test("more spares never lengthen a run whose nodes fail alike")
  func spares() throws {
    var process = RunProcess(
      stretches: [RunStretch(steps: 2_000, stepSeconds: 600)], nodes: JobNodes(count: 64))
    process.checkpoints = [CheckpointLevel(every: .steps(1), stall: 0)]
    process.failures = [
      FailureClass("node", scope: .node, law: .life(.exponential(mean: 3e6)))
    ]
    for seed in 0..<20 as Range<UInt64> {
      var walls: [Double] = []
      for count in [0, 1, 2, 4, 8] {
        process.spares = SpareSpec(count: count, repair: 86_400)
        walls.append(try #require(try process.outcomes(0..<1, seed: seed).first).wallSeconds)
      }
      #expect(zip(walls, walls.dropFirst()).allSatisfy { $0 >= $1 }, "seed \(seed): \(walls)")
    }
  }

  @Test("a run that cannot end is refused, not simulated for ever")
  func endless() {
    var process = RunProcess(
      stretches: [RunStretch(steps: 100, stepSeconds: 3_600)], nodes: JobNodes(count: 1))
    process.failures = [
      FailureClass("job", scope: .job, law: .life(.exponential(mean: 1_000)))
    ]

    let failing = #expect(throws: RunRefusal.self) { try process.outcomes(0..<1, seed: 1) }
    process.failures = []
    process.stretches = [RunStretch(steps: 100, stepSeconds: 4e6)]
    let long = #expect(throws: RunRefusal.self) { try process.outcomes(0..<1, seed: 1) }

    #expect(failing?.explanations.first?.advice.first?.contains("run.failures") == true)
    #expect(long?.explanations.first?.advice.first == "expected: fewer tokens, or more GPUs")
    #expect(long?.explanations.first?.message.hasSuffix("its steps alone 4,630") == true)
  }

  @Test("a slow node is evicted as soon as that pays, and not before")
  func eviction() throws {
    var process = RunProcess(
      stretches: [RunStretch(steps: 1_000, stepSeconds: 10)], nodes: JobNodes(count: 4))
    process.checkpoints = [CheckpointLevel(every: .steps(50), stall: 0)]
    process.restart.detection = 20
    process.restart.decision = 100
    var slow = FailureClass("slow", scope: .node, law: .moments([1_000]))
    slow.effect = .slow(factor: 1.5, seconds: nil)
    process.failures = [slow]

    let evicted = try #require(try process.outcomes(0..<1, seed: 1, keepsStops: true).first)
    process.evictsSlowNodes = false
    let kept = try #require(try process.outcomes(0..<1, seed: 1).first)
    process.evictsSlowNodes = true
    process.restart.decision = 10_000
    let dear = try #require(try process.outcomes(0..<1, seed: 1).first)

    // Half of 9,000 s is more than 100 s and what is lost.
    #expect(evicted.stops.map(\.cause) == ["slow node"])
    #expect(evicted.wallSeconds < kept.wallSeconds)
    #expect(kept.restarts == 0 && kept.wallSeconds == 1_000 + 9_000 * 1.5)
    #expect(dear.restarts == 0 && dear.wallSeconds == kept.wallSeconds)
    #expect(kept.programGoodput == 10_000 / kept.wallSeconds)
  }

  @Test("a loss spike goes back and leaves data out")
  func lossSpike() throws {
    var process = RunProcess(
      stretches: [RunStretch(steps: 1_000, stepSeconds: 10, tokensPerStep: 100)],
      nodes: JobNodes(count: 1))
    process.checkpoints = [CheckpointLevel(every: .steps(50), stall: 0)]
    process.checkpoints[0].keeps = 3
    process.spikes = LossSpikes(meanTokens: 40_000, savesBack: 2, skippedSteps: 30)

    let run = try #require(try process.outcomes(0..<1, seed: 4, keepsStops: true).first)

    try run.check()
    #expect(run.restarts > 0)
    #expect(run.stops.allSatisfy { $0.cause == "loss spike" && $0.resumedAtStep % 50 == 0 })
    // Steps that are left out twice count once.
    #expect(run.skippedTokens > 0 && run.skippedTokens <= Double(run.restarts) * 30 * 100)
    #expect(run.tokens == 100_000 - run.skippedTokens)
  }

  @Test("planned maintenance begins with a save and loses no work")
  func maintenance() throws {
    var process = RunProcess(
      stretches: [RunStretch(steps: 100, stepSeconds: 10)], nodes: JobNodes(count: 1))
    process.checkpoints = [CheckpointLevel(every: .steps(30), stall: 2)]
    process.checkpoints[0].load = 7
    process.maintenance = [PlannedPause(at: 250, seconds: 3_600)]

    let run = try #require(try process.outcomes(0..<1, seed: 1, keepsStops: true).first)

    #expect(run.stops.map(\.resumedAtStep) == [30])
    #expect(run.seconds(.maintenance) == 3_600 && run.seconds(.lostWork) == 0)
    // Saves after 30, 60, 90 and 100 steps, and a load.
    let seconds: Double = 1_000 + 4 * 2 + 3_600 + 7
    #expect(run.wallSeconds == seconds)
  }
}
