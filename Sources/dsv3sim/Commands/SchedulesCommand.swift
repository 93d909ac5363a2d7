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
    commandName: "list", abstract: "List names, sizes, memory, sources and a drawing of each.")

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func run() throws {
    let kinds = ScheduleCatalogue.all
    switch format {
    case .json:
      let values = try kinds.map { kind in
        JSONValue.object([
          ("name", .text(kind.name)), ("aliases", .array(kind.aliases.map { .text($0) })),
          ("title", .text(kind.title)), ("constraints", .text(kind.constraints)),
          ("memory", .text(kind.memory)), ("source", .text(kind.paper)),
          ("closed_form_bubble", kind.closedFormText.map { .text($0) } ?? .null),
          ("drawing_p4_m8", .array(try drawing(kind).map { .text($0) })),
        ])
      }
      try emit(JSONValue.array(values).description + "\n")
    case .table:
      try emit(
        "Drawings: P=4, M=8, each cell of F, B and W one unit of time, no overlap gained.\n"
          + "  \(PlanDrawing.legend)\n\n")
      for kind in kinds {
        let aliases = kind.aliases.isEmpty ? "" : "  (\(kind.aliases.joined(separator: ", ")))"
        try emit("\(kind.name)\(aliases)\n")
        try emit("  sizes   \(kind.constraints)\n  memory  \(kind.memory)\n")
        if let formula = kind.closedFormText { try emit("  bubble  \(formula)\n") }
        try emit("  source  \(kind.paper)\n")
        try emit(drawing(kind).map { "  \($0)\n" }.joined() + "\n")
      }
    }
  }

  /// The lanes of four ranks and eight microbatches, which every schedule of the catalogue takes.
  private func drawing(_ kind: ScheduleKind) throws -> [String] {
    let plan = try kind.plan(ScheduleSizes(ranks: 4, microbatches: 8))
    return try PlanDrawing.lanes(plan).split(separator: "\n").map(String.init)
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
