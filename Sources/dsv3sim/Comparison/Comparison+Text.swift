// A comparison for people: cost, the bubble by every definition, what is held and sent, and the
// published forms beside the simulated bubble.

import Recording
import Reports
import Schedules
import Units

extension Comparison {
  /// Four tables with the same rows in the same order, then the refused trials with their reasons.
  var text: String {
    var text = [cost, bubbles, memory, closedForms].filter { !$0.isEmpty }.joined(separator: "\n")
    if rows.isEmpty { text = "" }
    guard !refused.isEmpty else { return text }
    let reasons = refused.map { row in
      let place = row.settings.map { "\(shortName($0.key))=\($0.value) " }.joined()
      return "  \(place)\(row.schedule): \(row.reason.prefix { $0 != "\n" })\n"
    }
    return text + (text.isEmpty ? "" : "\n") + "refused\n" + reasons.joined()
  }

  private var cost: String {
    table(
      "Cost (*: no other row needs both less time and less memory)",
      [
        ("step", .right), ("MFU causal", .right), ("GPU-hours/1e12 tokens", .right),
        ("to best", .right), ("GPU-hours of run", .right), ("peak memory", .right), ("", .left),
      ]
    ) { row in
      let best = rows[0].value(.gpuHoursPerTrillionTokens)
      return [
        durationText(seconds: row.value(.stepTime)), percentText(row.value(.mfuCausal)),
        significantText(row.value(.gpuHoursPerTrillionTokens)),
        significantText(row.value(.gpuHoursPerTrillionTokens) / best),
        significantText(row.value(.gpuHours)), memoryText(bytes: row.value(.peakMemory)),
        row.isPareto ? "*" : "",
      ]
    }
  }

  private var bubbles: String {
    table(
      "Bubble by definition, and communication that compute waits for",
      [
        ("idle/step, mean", .right), ("worst rank", .right), ("by span", .right),
        ("idle/ideal", .right), ("exposed", .right),
      ],
      notes: [
        "by span: a rank's wait before its own first cell does not count (Zero Bubble papers)",
        "idle/ideal: over the time in cells (Megatron-LM)",
      ]
    ) { row in
      [
        percentText(row.value(.bubbleRatio)), percentText(row.value(.bubbleRatioMax)),
        percentText(row.value(.spanBubbleRatio)), percentText(row.value(.bubbleOverIdeal)),
        percentText(row.value(.exposedCommunicationRatio)),
      ]
    }
  }

  private var memory: String {
    table(
      "Held on the worst rank, and sent by a GPU in a step",
      [
        ("weights", .right), ("in flight", .right), ("activations", .right),
        ("peak memory", .right), ("to stages", .right), ("with experts", .right),
        ("with replicas", .right),
      ],
      notes: [
        "in flight: microbatches, each through 1/P of the layers, freed at the end of W"
      ]
    ) { row in
      [
        "\(Int(row.value(.weightCopies)))x",
        significantText(row.value(.peakActivationMicrobatches)),
        memoryText(bytes: row.value(.peakActivations)), memoryText(bytes: row.value(.peakMemory)),
        memoryText(bytes: row.value(.pipelineSentBytes)),
        memoryText(bytes: row.value(.expertExchangeBytes)),
        memoryText(bytes: row.value(.replicaExchangeBytes)),
      ]
    }
  }

  private var closedForms: String {
    table(
      "Bubble beside the published closed form on the mean durations of each run's cells",
      [
        ("simulated", .right), ("published", .right), ("difference", .right), ("= order", .right),
        ("+ stages", .right), ("+ experts", .right), ("+ transfers", .right), ("form", .left),
      ],
      notes: [
        "order: idle time of the same order with equal stages and free transfers, less the"
          + " published bubble",
        "stages, experts, transfers: what uneven stages, uneven experts and hops add",
      ]
    ) { row in
      let form = row.closedForm
      let simulated = row.value(.bubbleTime)
      return [
        durationText(seconds: simulated),
        form.map { durationText(seconds: $0.published) } ?? "-",
        form.map { durationText(seconds: simulated - $0.published) } ?? "-",
        durationText(seconds: row.orderSeconds),
        durationText(seconds: row.idleSeconds(.stageImbalance)),
        durationText(seconds: row.idleSeconds(.expertImbalance)),
        durationText(seconds: row.idleSeconds(.pipelineTransfer)),
        form.map { String($0.text.prefix { $0 != ";" && $0 != "," }) } ?? "none published",
      ]
    }
  }

  /// A table with the settings and the schedule before its own columns.
  private func table(
    _ title: String, _ columns: [(title: String, alignment: TextTable.Alignment)],
    notes: [String] = [], cells: (Row) -> [String]
  ) -> String {
    let places = keys.map { (title: shortName($0), alignment: TextTable.Alignment.right) }
    var table = TextTable(
      columns: [(title: "schedule", alignment: .left)] + places + columns, indent: 2)
    for row in rows { table.addRow([row.schedule] + row.settings.map(\.value) + cells(row)) }
    return title + "\n" + table.text + notes.map { "  \($0)\n" }.joined()
  }
}

/// The last word of a key: `microbatches` of `training.microbatches`.
func shortName(_ key: String) -> String {
  key.split(separator: ".").last.map(String.init) ?? key
}

extension Comparison.Row {
  /// The published bubble of the schedule in seconds and its formula; nil where there is none.
  var closedForm: (published: Double, text: String)? {
    guard let published = record.value(.closedFormBubble),
      let text = ScheduleCatalogue.named(record.provenance.schedule)?.closedFormText
    else { return nil }
    return (published, text)
  }
}
