// The comparison of training runs, in the order of the trials.

import Recording
import Units

extension QuestionForm {
  /// The form for runs: time against cost.
  static let trainingRun = QuestionForm(
    name: "training_run",
    yield: "Run",
    headline: .runDays,
    costs: ComparisonCosts(
      first: { $0.value(.runDays) }, firstTitle: "days", second: { $0.value(.runCost) }),
    subject: nil, isRanked: false, rowsName: "points",
    tables: [
      ComparisonTable(
        title: "Training run (*: no other row is both shorter and cheaper)",
        columns: [
          .init("GPUs") { MetricUnit.gpu.text($0.value(.gpuCount)) },
          .init("tokens") { MetricUnit.token.text($0.value(.runTokens)) },
          .init("days") { significantText($0.value(.runDays)) },
          .init("GPU-hours") { MetricUnit.gpuHour.text($0.value(.runGPUHours)) },
          .init("cost") { MetricUnit.usd.text($0.value(.runCost)) },
          .init("energy") { MetricUnit.megawattHour.text($0.value(.runEnergy)) },
          .init("goodput") { percentText($0.value(.runGoodput)) },
          .init("restarts", needs: .runRestarts) { significantText($0.value(.runRestarts)) },
          .beatsBest,
          .init("", .left) { $0.isPareto ? "*" : "" },
        ], notes: ["means over replications; goodput: productive time / time with nodes"])
    ],
    details: { _ in [] })
}
