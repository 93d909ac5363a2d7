// `dsv3sim schedules`: the catalogue, and any of its schedules on given durations.

import ArgumentParser
import Reports
import Schedules
import Units

struct SchedulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedules", abstract: "List the pipeline schedules, or evaluate one.",
    subcommands: [ListSchedulesCommand.self, EvaluateScheduleCommand.self],
    defaultSubcommand: ListSchedulesCommand.self)
}

struct ListSchedulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List names, sizes, memory and sources.")

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func run() throws {
    let kinds = ScheduleCatalogue.all
    switch format {
    case .json:
      let values = kinds.map { kind in
        JSONValue.object([
          ("name", .text(kind.name)), ("aliases", .array(kind.aliases.map { .text($0) })),
          ("title", .text(kind.title)), ("constraints", .text(kind.constraints)),
          ("memory", .text(kind.memory)), ("source", .text(kind.paper)),
          ("closed_form_bubble", kind.closedFormText.map { .text($0) } ?? .null),
        ])
      }
      try emit(JSONValue.array(values).description + "\n")
    case .table:
      for kind in kinds {
        let aliases = kind.aliases.isEmpty ? "" : "  (\(kind.aliases.joined(separator: ", ")))"
        try emit("\(kind.name)\(aliases)\n")
        try emit("  sizes   \(kind.constraints)\n  memory  \(kind.memory)\n")
        if let formula = kind.closedFormText { try emit("  bubble  \(formula)\n") }
        try emit("  source  \(kind.paper)\n")
      }
    }
  }
}

/// Finds schedules by what a person typed.
enum ScheduleArgument {
  /// The schedule of a name or alias.
  static func kind(named name: String) throws -> ScheduleKind {
    if let kind = ScheduleCatalogue.named(name) { return kind }
    let known = ScheduleCatalogue.all.map(\.name).joined(separator: ", ")
    let hint = ScheduleCatalogue.nearest(to: name).map { "   did you mean \"\($0)\"?" } ?? ""
    throw CommandFailure(
      status: 64, message: "error: \"\(name)\" is not a schedule\n  known: \(known)\(hint)")
  }
}

struct EvaluateScheduleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Run a schedule on given durations, all in one unit of your choice.",
    discussion: "Durations are per cell: a schedule with two chunks a rank takes half of each.")

  @Argument(help: "Name or alias of a schedule.") var name: String
  @Option(help: "Pipeline ranks P.") var stages: Int
  @Option(help: "Microbatches M.") var microbatches: Int
  @Option(help: "Duration of a forward.") var forward: Double
  @Option(help: "Duration of a backward for the input alone.") var backwardInput: Double
  @Option(help: "Duration of a backward for the weights alone.") var backwardWeight: Double
  @Option(help: "Duration of an overlapped forward and full backward; default is their sum.")
  var overlapped: Double?
  @Option(help: "From the end of a cell to the arrival of its output on another rank.")
  var transfer = 0.0
  @Option(help: "Chunks a rank, for interleaved schedules.") var chunks: Int?
  @Option(help: "table or json.") var format = ListFormat.table

  mutating func run() throws {
    let kind = try ScheduleArgument.kind(named: name)
    let durations: CellDurations
    let plan: Plan
    let timeline: Timeline<Double>
    do {
      durations = try CellDurations(
        forward: forward, backwardInput: backwardInput, backwardWeight: backwardWeight,
        overlapped: overlapped, transfer: transfer)
      plan = try kind.plan(
        ScheduleSizes(ranks: stages, microbatches: microbatches, chunks: chunks),
        durations: durations)
      timeline = try evaluate(plan, durations)
    } catch {
      throw CommandFailure(status: 64, message: "error: \(error)")
    }
    let result = EvaluatedSchedule(plan: plan, timeline: timeline)
    try emit(format == .json ? result.json : result.text)
  }
}

/// The figures of one evaluated schedule.
struct EvaluatedSchedule {
  let plan: Plan
  let timeline: Timeline<Double>

  /// One JSON object with the keys that `schedules evaluate` promises.
  var json: String {
    func reals(_ values: [Double]) -> JSONValue { .array(values.map { .real($0) }) }
    func counts(_ values: [Int]) -> JSONValue { .array(values.map { .integer(Int64($0)) }) }
    return JSONValue.object([
      ("schedule", .text(plan.scheduleName)), ("stages", .integer(Int64(plan.sizes.ranks))),
      ("microbatches", .integer(Int64(plan.sizes.microbatches))),
      ("makespan", .real(timeline.makespan)), ("busy", reals(timeline.busy)),
      ("idle", reals(timeline.idle)), ("bubble_ratio", .real(timeline.bubbleRatio)),
      ("bubble_ratio_max", .real(timeline.bubbleRatioMax)),
      ("span_bubble_ratio", .real(timeline.spanBubbleRatio)),
      ("bubble_over_ideal", .real(timeline.bubbleOverIdeal)),
      ("peak_activations", counts(timeline.peakActivations)),
      ("peak_activations_freed_at_b", counts(timeline.peakActivationsFreedAtB)),
      ("weight_copies", .integer(Int64(plan.weightCopies))),
      ("order_sha256", .text(orderSHA256(plan))),
    ]).description + "\n"
  }

  /// The same for people.
  var text: String {
    var table = TextTable(columns: [
      ("rank", .right), ("busy", .right), ("idle", .right), ("peak activations", .right),
      ("freed at B", .right),
    ])
    for rank in timeline.busy.indices {
      table.addRow([
        "\(rank)", significantText(timeline.busy[rank]), significantText(timeline.idle[rank]),
        "\(timeline.peakActivations[rank])", "\(timeline.peakActivationsFreedAtB[rank])",
      ])
    }
    return """
      \(plan.scheduleName), \(plan.sizes.ranks) ranks, \(plan.sizes.microbatches) microbatches
      makespan        \(significantText(timeline.makespan))
      bubble          \(percentText(timeline.bubbleRatio))  mean idle / makespan
      span bubble     \(percentText(timeline.spanBubbleRatio))  longest own span, start not counted
      weight copies   \(plan.weightCopies)
      order           \(orderSHA256(plan))

      \(table.text)
      """
  }
}
