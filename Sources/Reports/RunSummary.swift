// The text summary of a run: the results first, then their provenance. Every figure is printed with
// its definition, so that no ratio is mistaken for another. Programs should read the JSON.

import Recording
import Text
import Units

/// The summary of a run as text, JSON or CSV, from its record alone.
package enum RunSummary {
  /// The maximum line width of the text, in columns.
  static let width = 100
  /// The widths of labels and values, equal in all sections: the longest that occur.
  private static let labelWidth = 26
  private static let valueWidth = 17

  /// Returns the summary as text, ending with a line feed. Unreported figures are left out.
  package static func text(_ record: RunRecord) -> String {
    let sections =
      [title(record)] + ServiceSummary.sections(record) + RunPhaseSummary.sections(record) + [
        section(.yield, QuestionForm.named(record.provenance.question).yield, record),
        section(.efficiency, "Efficiency", record), closedForm(record),
        whereTimeWent(record), memory(record), section(.model, "Model", record),
        assumptions(record),
      ]
    return sections.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// Returns the summary in a format.
  package static func text(_ record: RunRecord, format: OutputFormat) -> String {
    switch format {
    case .table: text(record)
    case .json: json(record)
    case .csv: csv(record)
    }
  }

  private static func title(_ record: RunRecord) -> String {
    let origin = record.provenance
    var parts = [origin.scenarioName]
    if !origin.schedule.isEmpty { parts.append("schedule \(origin.schedule)") }
    if let gpus = record.value(.gpuCount) { parts.append("\(countText(gpus)) GPUs") }
    parts.append("seed \(origin.seed)")
    return parts.map(TextTable.printable).joined(separator: "  |  ") + "\n"
  }

  /// Returns a section with one row per metric: label, value, and definition wrapped to the width.
  private static func section(
    _ section: MetricSection, _ head: String, _ record: RunRecord
  ) -> String {
    var table = TextTable(
      columns: [
        (title: "", alignment: .left), (title: "", alignment: .right),
        (title: "", alignment: .left),
      ], indent: 2)
    var isEmpty = true
    for kind in MetricKind.all where kind.section == section {
      for metric in record.metrics where metric.kind == kind && !isSpread(metric, record) {
        isEmpty = false
        let notes =
          (interval(of: metric, record).map { [$0] } ?? [])
          + wrappedText(kind.definition, width: width - 2 - labelWidth - 2 - valueWidth - 2)
        let label = metric.label.padding(to: labelWidth, before: false)
        let value = kind.unit.text(metric.value).padding(to: valueWidth, before: true)
        table.addRow([label, value, notes.first ?? ""])
        for note in notes.dropFirst() { table.addRow(["", "", note]) }
      }
    }
    return isEmpty ? "" : head + "\n" + table.text
  }

  /// The 90 % interval of a figure in words; nil without one.
  private static func interval(of metric: Metric, _ record: RunRecord) -> String? {
    guard metric.statistic == .value, record.run.phases.isEmpty,
      let low = record.result.value(metric.kind, of: metric.scope, .low),
      let high = record.result.value(metric.kind, of: metric.scope, .high)
    else { return nil }
    let unit = metric.kind.unit
    return "90 %: \(unit.text(low)) to \(unit.text(high))"
  }

  /// Whether a figure is shown beside another one: the ends of its interval, or with those of a
  /// whole run.
  private static func isSpread(_ metric: Metric, _ record: RunRecord) -> Bool {
    metric.statistic.isEnd
      || (!record.run.phases.isEmpty && metric.statistic != .value)
  }

  /// Returns the section that compares the simulated step with the published formula.
  private static func closedForm(_ record: RunRecord) -> String {
    let pairs: [(simulated: MetricKind, published: MetricKind)] = [
      (.stepTime, .closedFormStepTime), (.bubbleTime, .closedFormBubble),
      (.bubbleRatio, .closedFormBubbleRatio), (.gpuHours, .closedFormGPUHours),
    ]
    var table = TextTable(
      columns: [
        (title: "", alignment: .left), (title: "simulated", alignment: .right),
        (title: "closed form", alignment: .right), (title: "difference", alignment: .right),
      ],
      indent: 2)
    var isEmpty = true
    for (simulated, published) in pairs {
      guard let first = record.value(simulated), let second = record.value(published)
      else { continue }
      isEmpty = false
      table.addRow([
        simulated.label, simulated.unit.text(first), published.unit.text(second),
        second == 0 ? "-" : signedPercentText(first / second - 1),
      ])
    }
    guard !isEmpty else { return "" }
    let note = wrappedText(
      "closed form: \(MetricKind.closedFormBubble.definition)", width: width - 2)
    return "Beside the published closed form\n" + table.text
      + note.map { "  \($0)\n" }.joined()
  }

  private static func whereTimeWent(_ record: RunRecord) -> String {
    let shares = TimeShares(record.rankTimes)
    guard shares.gpuCount > 0 else { return "" }
    var table = TextTable(
      columns: [
        (title: "phase", alignment: .left), (title: "activity", alignment: .left),
        (title: "time", alignment: .right), (title: "share", alignment: .right),
        (title: "", alignment: .left),
      ], indent: 2)
    for phase in Phase.allCases {
      var name = words(phase.rawValue)
      for activity in Activity.allCases {
        let share = shares.share(phase, activity)
        guard share > 0 else { continue }
        // 40 marks represent the whole step; a share that rounds to zero gets a dot.
        let marks = Int((share * 40).rounded())
        table.addRow([
          name, words(activity.rawValue),
          durationText(seconds: shares.meanSeconds(phase, activity)), percentText(share),
          marks == 0 ? "." : String(repeating: "#", count: marks),
        ])
        name = ""
      }
    }
    let gpus =
      shares.gpuCount == 1 ? "1 GPU" : "mean over \(countText(Double(shares.gpuCount))) GPUs"
    return "Where the time goes (\(gpus); exposed: compute waits for it)\n" + table.text
  }

  private static func memory(_ record: RunRecord) -> String {
    let use = MemoryByRank(record.memory)
    guard let worst = use.worstRank else { return "" }
    // One rank has no range.
    let isOne = use.ranks.count == 1
    let titles = isOne ? ["a GPU"] : ["rank \(worst)", "least rank", "most rank"]
    var table = TextTable(
      columns: [(title: "kind", alignment: .left)]
        + titles.map { (title: $0, alignment: .right) }, indent: 2)
    func addRow(_ name: String, _ bytes: (_ rank: Int) -> Double) {
      let values = use.ranks.map(bytes)
      guard let least = values.min(), let most = values.max(), most > 0 else { return }
      let shown = isOne ? [most] : [bytes(worst), least, most]
      table.addRow([name] + shown.map { memoryText(bytes: $0) })
    }
    for kind in MemoryKind.allCases { addRow(words(kind.rawValue)) { use.bytes($0, kind) } }
    addRow("total") { use.total($0) }
    let title =
      isOne ? "" : " of the worst rank, and the range over \(use.ranks.count) ranks"
    return "Peak memory\(title)\n" + table.text
  }

  private static func assumptions(_ record: RunRecord) -> String {
    guard !record.assumptions.isEmpty else { return "" }
    let lines = record.assumptions.flatMap { sentence in
      wrappedText(TextTable.printable(sentence), width: width - 4).enumerated()
        .map { ($0 == 0 ? "  - " : "    ") + $1 + "\n" }
    }
    return "Assumed where nothing is published\n" + lines.joined()
  }
}
