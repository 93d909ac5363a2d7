// Rows from records made by hand: formulas, and rows inside and outside by construction.

import Facts
import Recording
import Testing
import Units

@testable import Accuracy

@Suite("Rows of the comparison")
struct RowTests {
  private func record(
    _ metrics: [Metric], rankTimes: [RankTime] = [], cellTimes: [CellTime] = []
  ) -> RunRecord {
    RunRecord(
      provenance: Provenance(
        scenarioName: "made up", scenarioText: "", scenarioHash: "", seed: 1, programVersion: "",
        question: "training_step", schedule: ""),
      result: SimulationResult(
        stepTime: SimDuration(picoseconds: 1), metrics: metrics, rankTimes: rankTimes,
        cellTimes: cellTimes))
  }

  private func row(_ interval: ClosedRange<Double>?, use: String? = nil) -> Comparison.Row {
    // 19.926 s, of which half of the last digit is 0.0005 s.
    let figure = Figure(
      .mainStep, .published.trainT4TimePerStep, "a step", "s", .steps, family: "made up", use: use,
      .run(SimulatedCase("made-up"), .metric(.stepTime)))
    return Comparison.Row(
      figure: figure, simulated: SimulatedValue(value: 19, interval: interval), reason: nil)
  }

  @Test("a published step is inside an interval that reaches it within half of its last digit")
  func inside() {
    #expect(row(18...19.9256).verdict == "yes")
    #expect(row(18...19.9254).verdict == "no")
    #expect(row(19.9264...21).verdict == "yes")
    #expect(row(19.9266...21).verdict == "no")
    #expect(row(nil).verdict == nil)
  }

  @Test("a used row is shown and not counted, and a bound is reached or missed")
  func counted() {
    #expect(row(18...21).isCounted)
    #expect(!row(18...21, use: "a rate").isCounted)
    var bound = row(nil)
    bound.figure.relation = .atLeast
    #expect(!bound.isCounted && bound.verdict == "missed")
    bound.simulated?.value = 20
    #expect(bound.verdict == "reached")
  }

  @Test("a formula of a metric takes the metric's interval, whichever way it runs")
  func interval() throws {
    let run = record([
      Metric(.stepTime, 20), Metric(.stepTime, 19, statistic: .low),
      Metric(.stepTime, 25, statistic: .high),
    ])

    let rate = try #require(Derivation.metric(.stepTime) { value, _ in 100 / value }.value(run))

    #expect(rate == SimulatedValue(value: 5, interval: 4...(100.0 / 19)))
    let plain = Derivation.metric(.stepTime).value(record([Metric(.stepTime, 20)]))
    #expect(plain == SimulatedValue(value: 20))
    #expect(Derivation.metric(.mfuCausal).value(run) == nil)
  }

  @Test("a published run is held against single runs, not against their mean")
  func singleRuns() {
    let run = record(
      zip([.value, .low, .high, .p5, .p95] as [MetricStatistic], [10, 9.9, 10.1, 8, 12]).map {
        Metric(.runGPUHours, $1, statistic: $0)
      })

    #expect(
      Derivation.singleRun(.runGPUHours).value(run) == SimulatedValue(value: 10, interval: 8...12))
  }

  @Test("time of a phase is a mean over GPUs, and time of a chunk one over cells")
  func tables() throws {
    let second = 1_000_000_000_000
    let times = [(0, 1, 4), (1, 3, 8)].map { rank, gpus, seconds in
      RankTime(
        rank: rank, gpus: gpus, phase: .forwardAlone, activity: .compute,
        time: SimDuration(picoseconds: Int64(seconds * second)))
    }
    let cells = [(0, 1, 2, 4), (1, 3, 4, 8)].map { rank, gpus, count, seconds in
      CellTime(
        rank: rank, gpus: gpus, kind: .forward, count: count,
        time: SimDuration(picoseconds: Int64(seconds * second)), start: .zero, end: .zero)
    }
    let run = record([], rankTimes: times, cellTimes: cells)

    // (4 + 3 x 8) / 4 GPUs, and (4 + 3 x 8) / (2 + 3 x 4) cells.
    #expect(Derivation.phase(.forwardAlone).value(run)?.value == 7)
    #expect(Derivation.chunk(.forward).value(run)?.value == 2000)
    #expect(Derivation.chunk(.overlapped).value(run) == nil)
  }

  @Test("training tokens of a GPU follow from tokens a day")
  func tokens() {
    let run = record([Metric(.tokensPerDay, 86_400 * 64 * 5), Metric(.gpuCount, 64)])

    #expect(Derivation.tokensPerSecondPerGPU.value(run)?.value == 5)
  }

  @Test("a scenario that is refused is listed with its reason")
  func refused() throws {
    let figure = Figure(
      .mainStep, .published.trainT4TimePerStep, "a step", "s", .steps, family: "made up",
      .run(
        SimulatedCase("deepseek-v3-pretrain", [Setting("training.parallel.pipeline", "7")]),
        .metric(.stepTime)))

    let study = try Comparison(of: [figure], workers: 1, programVersion: "test").study()

    #expect(study.values["rows"].items.isEmpty)
    let missing = try #require(study.values["not_simulated"].items.first)
    #expect(missing["published"].words == "a step" && !missing["reason"].words.isEmpty)
  }
}
