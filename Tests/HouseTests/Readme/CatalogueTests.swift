// The lists in docs compared with the program: they are complete, and every entry exists.

import Cluster
import Foundation
import ModelCost
import Testing
import Text

@Suite("The lists in docs match the program")
struct CatalogueTests {
  private let catalogues = House.page("catalogues")

  private func fileNames(_ folder: String, ending suffix: String) -> [String] {
    // Files of subfolders, such as sweeps, are not of the catalogue.
    let depth = folder.split(separator: "/").count + 1
    let files = House.files(below: folder, ending: [suffix])
    return files.filter { $0.path.split(separator: "/").count == depth }.map {
      String($0.path.split(separator: "/").last?.dropLast(suffix.count) ?? "")
    }
  }

  @Test("every GPU, node, topology and model, in the order of the catalogues")
  func hardwareAndModels() {
    #expect(catalogues.names("GPUs", column: "name") == GPUSpec.catalogue.map(\.name))
    #expect(catalogues.names("Nodes", column: "name") == NodeSpec.catalogue.map(\.name))
    #expect(catalogues.names("Topologies", column: "name") == TopologyKind.catalogue.map(\.name))
    #expect(catalogues.names("Models", column: "name") == ModelSpec.catalogue.map(\.name))
  }

  @Test("every schedule", .enabled(if: House.has("Sources/Schedules/Kinds")))
  func schedules() {
    let kinds = House.sources.filter { $0.path.hasPrefix("Sources/Schedules/Kinds/") }
    let names = kinds.flatMap { $0.swift.texts(labelled: "name") }

    #expect(!names.isEmpty)
    #expect(House.page("schedules").names("Catalogue", column: "name").sorted() == names.sorted())
  }

  @Test("every scenario and every report")
  func files() {
    let scenarios = fileNames("scenarios", ending: ".yaml")

    #expect(scenarios.contains("deepseek-v3-pretrain"))
    #expect(
      House.page("questions").names("The shipped scenarios", column: "file")
        == scenarios.map { $0 + ".yaml" })
  }

  @Test("every report", .enabled(if: House.has("reports")))
  func reports() {
    // One report is not SQL.
    #expect(
      House.page("commands").names("Reports", column: "name")
        == (fileNames("reports", ending: ".sql") + ["sensitivity"]).sorted())
  }

  @Test("every exit status, in its words")
  func exitStatuses() {
    let words = House.text("docs/commands.md").split(whereSeparator: \.isWhitespace)
    let text = words.joined(separator: " ")

    let statuses = ExitStatus.allCases.map { "\($0.rawValue) \($0.meaning)" }
    #expect(text.contains("Exit status: 0 done, \(statuses.joined(separator: ", "))."))
  }

  @Test("no command in a form that is deprecated")
  func deprecatedForms() {
    let rows = House.page("commands").table("Commands")
    func text(_ command: String) -> String {
      rows.filter { $0["command"]?.contains(command) == true }
        .flatMap { [$0["command"] ?? "", $0["what it gives"] ?? ""] }.joined(separator: " ")
    }

    #expect(!text("dsv3sim models").isEmpty && !text("dsv3sim models").contains("--config"))
    #expect(!text("dsv3sim experts").contains("--counts"))
    #expect(!text("dsv3sim moe generate").contains("--checkpoint"))
    #expect(!rows.contains { $0["command"] == "`dsv3sim bench inference`" })
  }

  @Test("every command", .enabled(if: House.has("Sources/dsv3sim")))
  func commands() {
    let files = House.sources.filter { $0.target == "dsv3sim" }
    let names = Set(files.flatMap { $0.swift.texts(labelled: "commandName") })

    #expect(Self.commandWords(House.page("commands").table("Commands")) == names)
    #expect(House.report(files, Self.unnamedCommands) == [])
  }

  @Test("every assumption")
  func assumptions() {
    let assumed = Set(House.sources.flatMap(\.swift.assumptions))

    #expect(Set(House.page("assumptions").names("Assumptions", column: "name")) == assumed)
  }

  @Test("every invariant, with the tests that carry its number")
  func invariants() {
    let rows = House.page("architecture").table("Invariants")
    let tests = House.tests.filter { $0.target != "HouseTests" }

    #expect(rows.compactMap { $0["number"] } == (1...18).map { "INV-\($0)" })
    #expect(Self.wronglyMarked(rows, in: tests) == [])
  }

  /// The fixed words of the command column: `run` of `dsv3sim run SCENARIO [-o FILE]`.
  static func commandWords(_ rows: [Readme.Row]) -> Set<String> {
    Set(
      rows.flatMap { row in
        (row["command"] ?? "").split(separator: " ").map(String.init)
          .prefix { $0.wholeMatch(of: #/[a-z0-9][a-z0-9-]*/#) != nil }
      })
  }

  /// Command configurations that leave the command's name to its type.
  static func unnamedCommands(_ file: SourceFile) -> [Offence] {
    let tokens = file.swift.tokens
    return tokens.indices.dropLast(2).compactMap { index in
      guard tokens[index].text == "CommandConfiguration", tokens[index + 1].text == "(",
        tokens[index + 2].text != "commandName"
      else { return nil }
      return Offence(line: tokens[index].line, message: "give `commandName:` first")
    }
  }

  /// Rows whose `tested` cell is wrong.
  static func wronglyMarked(_ rows: [Readme.Row], in tests: [SourceFile]) -> [String] {
    let names = tests.flatMap { $0.swift.tokens.filter { $0.kind == .string }.map(\.text) }
    return rows.compactMap { row in
      let number = row["number"] ?? ""
      let isTested = names.contains { $0.hasPrefix(number + ":") }
      let mark = isTested ? "yes" : "not yet"
      return row["tested"] == mark ? nil : "\(number): the page should say `\(mark)`"
    }
  }

  @Test("a command or invariant that the page lacks is detected")
  func checksCanFail() {
    let rows = Readme(
      """
      ## Commands
      | command | what |
      |---|---|
      | `dsv3sim run SCENARIO [-o FILE]` | runs |
      | `dsv3sim bench kernel --format json` | measures |
      """
    ).table("Commands")
    let file = SourceFile(
      path: "Sources/dsv3sim/a.swift",
      text: "CommandConfiguration(commandName: \"a\")\nCommandConfiguration(abstract: \"b\")")
    let marks = [
      ["number": "INV-1", "tested": "yes"], ["number": "INV-11", "tested": "not yet"],
      ["number": "INV-2", "tested": "yes"],
    ]
    let test = SourceFile(
      path: "Tests/A/a.swift", text: "@Test(\"INV-11: a\") func a() {}\n\"INV-2: b\"")

    #expect(Self.commandWords(rows) == ["dsv3sim", "run", "bench", "kernel"])
    #expect(Self.unnamedCommands(file).map(\.line) == [2])
    #expect(
      Self.wronglyMarked(marks, in: [test]) == [
        "INV-1: the page should say `not yet`", "INV-11: the page should say `yes`",
      ])
  }
}
