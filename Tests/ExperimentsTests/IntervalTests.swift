// The 90 % intervals of a run's figures.

import Cluster
import Recording
import Scenarios
import Testing
import Units

@testable import Experiments

@Suite("Intervals of figures")
struct IntervalTests {
  private static func record(
    _ name: String, _ intervals: IntervalChoice, workers: Int = 1, settings: [Setting] = []
  ) throws -> RunRecord {
    let path = FingerprintTests.folder + "/scenarios/\(name).yaml"
    let scenario = try ScenarioDocument(path: path, traces: .stored)
      .scenario(ScenarioChanges(settings: settings))
    return try Trial(scenario, programVersion: "test")
      .run(intervals: intervals, workers: .threads(workers))
  }

  /// A run with a tenth of the tokens: its times vary alike.
  private static func shortRun(_ intervals: IntervalChoice) throws -> RunRecord {
    try record(
      "llama-3.1-405b-54-days", intervals, workers: 2,
      settings: [Setting("run.tokens", "1T tokens")])
  }

  private static func ends(_ record: RunRecord, _ kind: MetricKind) -> (Double, Double)? {
    guard let low = record.result.value(kind, of: .all, .low),
      let high = record.result.value(kind, of: .all, .high)
    else { return nil }
    return (low, high)
  }

  @Test("do not depend on the number of workers, and leave every figure as it is")
  func workers() throws {
    let point = try Self.record("tiny-16gpu", .without)
    let one = try Self.record("tiny-16gpu", .nearest)
    let four = try Self.record("tiny-16gpu", .nearest, workers: 4)

    #expect(one.metrics == four.metrics)
    #expect(one.fingerprint == point.fingerprint)
    for metric in point.metrics { #expect(one.metrics.contains(metric)) }
    #expect(!point.metrics.contains { $0.statistic == .low })
  }

  @Test("ends of the approximation are near the quantiles of many simulated draws")
  func replications() throws {
    let quick = try #require(Self.ends(Self.record("tiny-16gpu", .nearest), .stepTime))
    let record = try Self.record("tiny-16gpu", .replications(99), workers: 2)
    let many = try #require(Self.ends(record, .stepTime))
    let value = try #require(record.value(.stepTime))

    let width = many.1 - many.0
    #expect(width > 0.01 * value && width < value)
    // The quantiles of 99 draws have a deviation of about a tenth of the width themselves.
    #expect(abs(quick.0 - many.0) < 0.3 * width && abs(quick.1 - many.1) < 0.3 * width)
  }

  @Test("where a step has kinks, it is told that the draws at the ends are far off")
  func kinks() throws {
    // Few tokens and large experts: layers wait for hosts, exchanges or products in turn.
    let settings = [
      Setting("model.hidden", "7168"), Setting("model.experts.intermediate", "2048"),
      Setting("training.sequence_length", "16 tokens"),
    ]
    func isTold(_ intervals: IntervalChoice, _ settings: [Setting]) throws -> Bool {
      try Self.record("tiny-16gpu", intervals, workers: 2, settings: settings).assumptions
        .contains { $0.hasPrefix("intervals: the draws at the ends are more than") }
    }

    #expect(try isTold(.nearest, settings))
    #expect(try !isTold(.replications(19), settings))
    #expect(try !isTold(.nearest, []))
  }

  @Test("draws are functions of seed, number and name")
  func draws() {
    let draw = PredictionDraw(seed: 7, number: 3)

    #expect(draw.uniform("a") == PredictionDraw(seed: 7, number: 3).uniform("a"))
    #expect(draw.uniform("a") != draw.uniform("b"))
    #expect(draw.uniform("a") != PredictionDraw(seed: 7, number: 4).uniform("a"))
    #expect(draw.uniform("a") != PredictionDraw(seed: 8, number: 3).uniform("a"))
    let mean = (0..<2000).reduce(0) {
      $0 + PredictionDraw(seed: 1, number: $1).uniform("x") / 2000
    }
    #expect(abs(mean - 0.5) < 0.03)
  }

  @Test("a step on measured kernels is surer than one on borrowed ones, and both say so")
  func evidence() throws {
    func width(_ name: String) throws -> (Double, String) {
      let record = try Self.record(name, .nearest)
      let ends = try #require(Self.ends(record, .stepTime))
      let text = try #require(record.assumptions.first { $0.hasPrefix("kernel time by evidence") })
      return ((ends.1 - ends.0) / (record.value(.stepTime) ?? .nan), text)
    }

    let (measured, own) = try width("inference-prefill-ep32")
    let (borrowed, others) = try width("v3-one-host-h200")
    #expect(measured < 0.25 && borrowed > 2 * measured)
    #expect(own.contains("own rows") && others.contains("rows of other GPUs"))
  }

  @Test("services and whole runs have intervals too")
  func questions() throws {
    let service = try Self.record(
      "service-one-host-h200", .nearest, workers: 2,
      settings: [Setting("service.load.requests", "60")])
    let output = try #require(Self.ends(service, .outputPerHeldGPU))
    #expect(output.0 < output.1)
    #expect(service.predictionErrors.isEmpty, "the draws of an interval are the service's own")
    #expect(service.assumptions.contains { $0.hasPrefix("kernel time by evidence") })

    let point = try Self.shortRun(.without)
    let run = try Self.shortRun(.nearest)
    func range(_ record: RunRecord) throws -> Double {
      let low = try #require(record.result.value(.runDays, of: .all, .p5))
      let high = try #require(record.result.value(.runDays, of: .all, .p95))
      return high - low
    }
    #expect(try range(run) > 2 * range(point))
    #expect(run.value(.runDays) == point.value(.runDays))
    #expect(Self.ends(run, .runDays)?.0 == Self.ends(point, .runDays)?.0)
  }

  @Test("a service whose typical step is smaller than its microbatches has intervals")
  func smallSteps() throws {
    let record = try Self.record(
      "service-node-failure", .nearest, workers: 2,
      settings: [Setting("service.load.duration", "5 s"), Setting("service.failures", nil)])
    let ends = try #require(Self.ends(record, .outputPerHeldGPU))
    #expect(ends.0 <= ends.1 && ends.0 > 0)
    #expect(record.assumptions.contains { $0.hasPrefix("kernel time by evidence") })
  }

  @Test("draws of the approximation order schedules as simulated draws do")
  func pairs() throws {
    func ratios(_ schedule: String, _ choice: IntervalChoice) throws -> [Double] {
      let record = try Self.record(
        "tiny-16gpu", choice, workers: 2, settings: [Setting("training.schedule", schedule)])
      let time = try #require(record.value(.stepTime))
      return record.predictionErrors.map { $0.timeRatio * time }
    }
    func wins(_ choice: IntervalChoice) throws -> Double {
      let (first, second) = try (ratios("dualpipe", choice), ratios("1f1b", choice))
      #expect(first.count == 99 && second.count == 99)
      return Double(zip(first, second).count { $0 < $1 }) / 99
    }

    let (quick, simulated) = try (wins(.approximate), wins(.replications(99)))
    #expect(quick > 0.9 && simulated > 0.9)
  }

  @Test("a draw without output leaves the numbers of those after it")
  func numbers() {
    var result = SimulationResult(stepTime: .zero, metrics: [])
    result.keepErrors([0.9, nil, 1.2])

    #expect(
      result.predictionErrors == [
        PredictionError(draw: 0, timeRatio: 0.9), PredictionError(draw: 2, timeRatio: 1.2),
      ])
  }

  @Test("comparisons of runs have draws, close to simulated ones")
  func comparedRuns() throws {
    let quick = try Self.shortRun(.approximate).predictionErrors
    let simulated = try Self.shortRun(.replications(19)).predictionErrors
    #expect(quick.count == 99 && simulated.count == 19)
    let ratios = simulated.map(\.timeRatio)
    #expect(try #require(ratios.max()) > 1.2 * (try #require(ratios.min())))
    for (approximate, exact) in zip(quick, simulated) {
      #expect(approximate.draw == exact.draw)
      #expect(abs(approximate.timeRatio / exact.timeRatio - 1) < 0.05, "draw \(exact.draw)")
    }
  }

  /// A host with more requests than it can serve.
  private static func saturated(_ intervals: IntervalChoice, workers: Int) throws -> RunRecord {
    try record(
      "service-one-host-h200", intervals, workers: workers,
      settings: [
        Setting("service.load.rate", "40/s"), Setting("service.load.requests", "200"),
      ])
  }

  @Test("services are compared by simulated draws, and intervals from few are near those of many")
  func saturation() throws {
    let compared = try Self.saturated(.approximate, workers: 2).predictionErrors
    let many = try Self.saturated(.replications(39), workers: 2)
    let few = try Self.saturated(.nearest, workers: 1)

    #expect(compared == Array(many.predictionErrors.prefix(19)))
    let ratios = compared.map(\.timeRatio)
    #expect(try #require(ratios.max()) > 1.4 * (try #require(ratios.min())))
    func ends(_ record: RunRecord) throws -> (low: Double, high: Double) {
      (
        try #require(record.result.value(.requestTimePerToken, of: .all, .p50Low)),
        try #require(record.result.value(.requestTimePerToken, of: .all, .p50High))
      )
    }
    let (quick, simulated) = (try ends(few), try ends(many))
    let width = simulated.high - simulated.low
    // Requests wait for each other, so the ends depend on few draws, in either way.
    #expect(abs(quick.low - simulated.low) < 0.3 * width)
    #expect(abs(quick.high - simulated.high) < 0.5 * width)
  }
}
