// Old names of commands and options do what the current ones do, with a warning.

import Foundation
import Testing

@Suite("Old names")
struct OldNamesTests {
  /// An old command line, the current one, and both forms as the warning quotes them.
  struct Case: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let warning: String
    var testDescription: String { old }

    init(_ old: String, _ new: String, _ oldForm: String, _ newForm: String) {
      self.old = old
      self.new = new
      warning =
        "warning: \"\(oldForm)\" is \"\(newForm)\" now; the old form ends with the next release\n"
    }
  }

  private static let machine = "--groups 1 --nodes 1 --gpus 2"

  static let cases = [
    Case(
      "bench inference --batches 8 --contexts 1024", "inference --batches 8 --contexts 1024",
      "bench inference", "inference"),
    Case("help bench inference", "help inference", "bench inference", "inference"),
    Case(
      "experts place --replicas 4 --counts c.csv \(machine)",
      "experts place c.csv --replicas 4 \(machine)",
      "experts place --counts COUNTS", "experts place COUNTS"),
    Case(
      "experts evaluate --counts=c.csv --replicas 4 \(machine)",
      "experts evaluate c.csv --replicas 4 \(machine)",
      "experts evaluate --counts COUNTS", "experts evaluate COUNTS"),
    Case(
      "experts sweep --counts c.csv \(machine) --redundant 0,2",
      "experts sweep c.csv \(machine) --redundant 0,2",
      "experts sweep --counts COUNTS", "experts sweep COUNTS"),
    Case(
      "experts drift --counts c.csv", "experts drift c.csv",
      "experts drift --counts TRACE", "experts drift TRACE"),
    Case(
      "moe generate --checkpoint c.csv text", "moe generate c.csv text",
      "moe generate --checkpoint CHECKPOINT", "moe generate CHECKPOINT"),
    Case(
      "models --config none.json", "models none.json", "models --config CONFIG", "models CONFIG"),
  ]

  private func inFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try "1,2,3,4\n4,3,2,1\n".write(
      to: folder.appending(path: "c.csv"), atomically: true, encoding: .utf8)
    return try body(folder)
  }

  private func run(_ line: String, in folder: URL) throws -> ChildProcess {
    try ChildProcess.run(
      ReadmeCommands.builtProgram.path, line.split(separator: " ").map(String.init), in: folder)
  }

  @Test("an old form gives the result of the current one, and says what that is", arguments: cases)
  func same(_ names: Case) throws {
    try inFolder { folder in
      let old = try run(names.old, in: folder)
      let new = try run(names.new, in: folder)

      #expect(old.status == new.status)
      #expect(old.output == new.output)
      #expect(old.errors == names.warning + new.errors)
      #expect(!new.errors.contains("warning"))
    }
  }

  @Test("pictures are drawn by -o, beside a results file if both are given")
  func pictures() throws {
    try inFolder { folder in
      let place = "experts place c.csv --replicas 4 \(Self.machine)"
      let old = try run("\(place) --svg old.svg", in: folder)
      let new = try run("\(place) -o new.svg -o study.db", in: folder)
      let shown = try run("show study.db", in: folder)
      let twice = try run("\(place) -o a.svg -o b.svg", in: folder)

      func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      }
      let (oldPicture, newPicture) = (try text("old.svg"), try text("new.svg"))

      #expect(oldPicture == newPicture)
      #expect(newPicture.hasPrefix("<svg"))
      #expect(old.errors.hasPrefix("warning: \"--svg FILE.svg\" is \"-o FILE.svg\" now; "))
      #expect(shown.output == new.output)
      #expect(twice.status == 64)
    }
  }

  @Test("the value of another option is not taken for an old name, and an absent value is reported")
  func noValue() throws {
    try inFolder { folder in
      let missing = try run("models --config", in: folder)

      #expect(missing.status == 64)
      #expect(missing.errors.hasPrefix("error: unknown option '--config'\n"))
    }
  }
}
