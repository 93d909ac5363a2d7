// The comparison of training steps: cost, the bubble under every definition, memory and traffic,
// and the simulated bubble against the published closed form.

import Recording
import Schedules
import Units

extension QuestionForm {
  /// The form for training steps: GPU-hours for the same number of tokens against memory, since
  /// steps with different batch sizes are not comparable.
  static let trainingStep = QuestionForm(
    name: "training_step",
    yield: "Step and run",
    headline: .gpuHoursPerTrillionTokens,
    costs: ComparisonCosts(
      first: { $0.value(.gpuHoursPerTrillionTokens) }, second: { $0.value(.peakMemory) }),
    subject: ("training.schedule", "schedule"), isRanked: true, rowsName: "schedules",
    tables: [cost, bubbles, memory, closedForms],
    details: { [("closed_form", closedForm($0)), ("ranks", .array(ranks($0)))] })

  private static let cost = ComparisonTable(
    title: "Cost (*: no other row needs both less time and less memory)",
    columns: [
      .init("step") { durationText(seconds: $0.value(.stepTime)) },
      .init("MFU causal") { percentText($0.value(.mfuCausal)) },
      .init("GPU-hours/1e12 tokens") { significantText($0.value(.gpuHoursPerTrillionTokens)) },
      .init("to best") { row, best in
        significantText(
          row.value(.gpuHoursPerTrillionTokens) / best.value(.gpuHoursPerTrillionTokens))
      },
      .beatsBest,
      .init("GPU-hours of run") { significantText($0.value(.gpuHours)) },
      .init("peak memory") { memoryText(bytes: $0.value(.peakMemory)) },
      .init("", .left) { $0.isPareto ? "*" : "" },
    ])

  private static let bubbles = ComparisonTable(
    title: "Bubble by definition, and communication that compute waits for",
    columns: [
      .init("idle/step, mean") { percentText($0.value(.bubbleRatio)) },
      .init("worst rank") { percentText($0.value(.bubbleRatioMax)) },
      .init("by span") { percentText($0.value(.spanBubbleRatio)) },
      .init("idle/ideal") { percentText($0.value(.bubbleOverIdeal)) },
      .init("exposed") { percentText($0.value(.exposedCommunicationRatio)) },
    ],
    notes: [
      "by span: a rank's wait before its own first cell does not count (Zero Bubble papers)",
      "idle/ideal: over the time in cells (Megatron-LM)",
    ])

  private static let memory = ComparisonTable(
    title: "Held on the worst rank, and sent by a GPU in a step",
    columns: [
      .init("weights") { "\(Int($0.value(.weightCopies)))x" },
      .init("in flight") { significantText($0.value(.peakActivationMicrobatches)) },
      .init("activations") { memoryText(bytes: $0.value(.peakActivations)) },
      .init("peak memory") { memoryText(bytes: $0.value(.peakMemory)) },
      .init("to stages") { memoryText(bytes: $0.value(.pipelineSentBytes)) },
      .init("with experts") { memoryText(bytes: $0.value(.expertExchangeBytes)) },
      .init("with replicas") { memoryText(bytes: $0.value(.replicaExchangeBytes)) },
    ],
    notes: ["in flight: microbatches, each through 1/P of the layers, freed at the end of W"])

  private static let closedForms = ComparisonTable(
    title: "Bubble beside the published closed form on the mean durations of each run's cells",
    columns: [
      .init("simulated") { durationText(seconds: $0.value(.bubbleTime)) },
      .init("published") { $0.closedForm.map { durationText(seconds: $0.published) } ?? "-" },
      .init("difference") { row in
        row.closedForm.map { durationText(seconds: row.value(.bubbleTime) - $0.published) } ?? "-"
      },
      .init("= order") { durationText(seconds: $0.orderSeconds) },
      .init("+ stages") { durationText(seconds: $0.idleSeconds(.stageImbalance)) },
      .init("+ experts") { durationText(seconds: $0.idleSeconds(.expertImbalance)) },
      .init("+ transfers") { durationText(seconds: $0.idleSeconds(.pipelineTransfer)) },
      .init("form", .left) {
        $0.closedForm.map { String($0.text.prefix { $0 != ";" && $0 != "," }) } ?? "none published"
      },
    ],
    notes: [
      "order: idle time of the same order with equal stages and free transfers, less the"
        + " published bubble",
      "stages, experts, transfers: what uneven stages, uneven experts and hops add",
    ])

  private static func closedForm(_ row: ComparisonRow) -> JSONValue {
    guard let form = row.closedForm else { return .null }
    return .object([
      ("form", .text(form.text)), ("published_bubble_s", .real(form.published)),
      ("difference_s", .real(row.value(.bubbleTime) - form.published)),
      ("of_order_s", .real(row.orderSeconds)),
      ("of_stage_imbalance_s", .real(row.idleSeconds(.stageImbalance))),
      ("of_expert_imbalance_s", .real(row.idleSeconds(.expertImbalance))),
      ("of_pipeline_transfer_s", .real(row.idleSeconds(.pipelineTransfer))),
    ])
  }

  /// Memory and idle time of each rank.
  private static func ranks(_ row: ComparisonRow) -> [JSONValue] {
    let memory = MemoryByRank(row.record.memory)
    return memory.ranks.map { rank in
      let times = TimeShares(row.record.rankTimes.filter { $0.rank == rank })
      return .object([
        ("rank", .integer(Int64(rank))), ("peak_memory_bytes", .real(memory.total(rank))),
        ("activation_bytes", .real(memory.bytes(rank, .activations))),
        ("bubble_s", .real(times.gpuCount == 0 ? 0 : times.meanSeconds(.bubble))),
      ])
    }
  }
}

extension ComparisonRow {
  /// Returns the idle seconds from one cause, mean over GPUs.
  fileprivate func idleSeconds(_ activity: Activity) -> Double {
    let shares = TimeShares(record.rankTimes)
    return shares.gpuCount == 0 ? 0 : shares.meanSeconds(.bubble, activity)
  }

  /// Idle seconds caused by the order itself, minus the published bubble if there is one. Exact to
  /// the picosecond, since both are whole picoseconds.
  fileprivate var orderSeconds: Double {
    let seconds = idleSeconds(.schedule) - (closedForm?.published ?? 0)
    return (seconds * 1e12).rounded() / 1e12
  }

  /// The published bubble of the schedule in seconds, and its formula; nil if there is none.
  fileprivate var closedForm: (published: Double, text: String)? {
    guard let published = record.value(.closedFormBubble),
      let text = ScheduleCatalogue.named(record.provenance.schedule)?.closedFormText
    else { return nil }
    return (published, text)
  }
}
