// The sections of a run's text summary that only whole training runs have: phases, time by
// category, intervals. Each is empty for a record without its rows.

import Recording
import Text
import Units

/// Sections of the summary of a whole training run.
enum RunPhaseSummary {
  /// The sections in print order.
  static func sections(_ record: RunRecord) -> [String] {
    guard !record.run.phases.isEmpty else { return [] }
    return [phases(record), spreads(record), times(record)]
  }

  private static func lines(_ notes: [String]) -> String {
    notes.flatMap { note in
      wrappedText(TextTable.printable(note), width: RunSummary.width - 4).enumerated()
        .map { ($0 == 0 ? "  " : "    ") + $1 + "\n" }
    }.joined()
  }

  private static func phases(_ record: RunRecord) -> String {
    var table = TextTable(
      columns: [
        (title: "phase", alignment: .left), (title: "schedule", alignment: .left),
        (title: "steps", alignment: .right),
        (title: "tokens", alignment: .right), (title: "sequence", alignment: .right),
        (title: "batch", alignment: .right), (title: "step", alignment: .right),
        (title: "days", alignment: .right), (title: "GPU-hours", alignment: .right),
        (title: "+/-", alignment: .right),
      ], indent: 2)
    for phase in record.run.phases {
      let batch =
        phase.firstBatch == phase.lastBatch
        ? countText(Double(phase.lastBatch))
        : "\(countText(Double(phase.firstBatch))) to \(countText(Double(phase.lastBatch)))"
      table.addRow([
        phase.name, phase.schedule, countText(Double(phase.steps)), countText(phase.tokens),
        countText(Double(phase.sequenceLength)), batch,
        durationText(seconds: phase.stepSeconds), significantText(phase.seconds / 86_400),
        countText(phase.gpuHours), countText((phase.gpuHoursHigh - phase.gpuHoursLow) / 2),
      ])
    }
    let surplus = record.run.phases.filter { $0.surplusTokens > 0 }.map {
      "\($0.name) \(countText($0.surplusTokens))"
    }
    let notes =
      [
        "step: without failures, mean over the phase; GPU-hours: of job and spares, with all"
          + " restarts; +/-: 95 % interval of that mean over"
          + " \(countText(Double(record.run.replications.count))) replications"
      ]
      + (surplus.isEmpty
        ? []
        : ["tokens beyond the phase's end, in its last step: " + surplus.joined(separator: ", ")])
    return "Phases\n" + table.text + lines(notes)
  }

  private static let kinds: [MetricKind] = [
    .runDays, .runGPUHours, .runCost, .runEnergy, .runGoodput, .runETTR, .runRestarts,
  ]

  private static func spreads(_ record: RunRecord) -> String {
    var table = TextTable(
      columns: [
        (title: "", alignment: .left), (title: "mean", alignment: .right),
        (title: "95 % interval of the mean", alignment: .left),
        (title: "90 % of single runs", alignment: .left),
      ], indent: 2)
    var isEmpty = true
    for kind in kinds {
      guard let mean = record.value(kind) else { continue }
      let values = [MetricStatistic.low, .high, .p5, .p95].compactMap {
        record.result.value(kind, of: .all, $0)
      }
      guard values.count == 4 else { continue }
      isEmpty = false
      let texts = values.map { kind.unit.text($0) }
      table.addRow([
        kind.label, kind.unit.text(mean), "\(texts[0]) to \(texts[1])",
        "\(texts[2]) to \(texts[3])",
      ])
    }
    guard !isEmpty else { return "" }
    func assumes(_ head: String) -> Bool { record.assumptions.contains { $0.hasPrefix(head) } }
    let (hasDraws, hasCounts) = (assumes(StepEvidence.head), assumes(CountedRates.head))
    let open = (hasDraws ? ["step times"] : []) + (hasCounts ? ["counted rates"] : [])
    let rates = hasCounts ? "given rates" : "rates"
    return "How sure\n" + table.text
      + lines([
        "over replications with other failures: the interval is Student's t for the mean, the range"
          + " is from the 5 % to the 95 % quantile of one run"
          + (open.isEmpty ? "" : ", and of what is not known of \(open.joined(separator: " and "))")
          + "; \(rates)\(hasDraws ? " and prices" : ", prices and step times") are inputs, and"
          + " their errors are not in it"
      ])
  }

  private static func times(_ record: RunRecord) -> String {
    let all = record.run.times.reduce(0) { $0 + $1.seconds }
    guard all > 0 else { return "" }
    var table = TextTable(
      columns: [
        (title: "time", alignment: .left), (title: "days", alignment: .right),
        (title: "share", alignment: .right), (title: "", alignment: .left),
      ], indent: 2)
    for category in RunCategory.allCases {
      let seconds = record.run.times.reduce(0) {
        $0 + ($1.category == category ? $1.seconds : 0)
      }
      guard seconds > 0 else { continue }
      let marks = Int((seconds / all * 40).rounded())
      table.addRow([
        category.words, significantText(seconds / 86_400), percentText(seconds / all),
        marks == 0 ? "." : String(repeating: "#", count: marks),
      ])
    }
    table.addRow(["wall time", significantText(all / 86_400), percentText(1), ""])
    return "Where the time goes (mean over replications)\n" + table.text
  }
}
