// Bundled scenarios are found by name, from a checkout and after an installation.

import Foundation
import Testing

@Suite("Bundled scenarios")
struct BundledScenariosTests {
  private func inFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  private func run(_ line: String, in folder: URL) throws -> ChildProcess {
    try ChildProcess.run(
      ReadmeCommands.builtProgram.path, line.split(separator: " ").map(String.init), in: folder)
  }

  @Test("a name means the scenario of the checkout, with the same result as its path")
  func byName() throws {
    try inFolder { folder in
      let path = House.root.path + "/scenarios/tiny-16gpu.yaml"

      let byName = try run("run tiny-16gpu -o a.db", in: folder)
      let byPath = try run("run \(path) -o b.db", in: folder)

      #expect(byName.status == 0)
      #expect(byName.output.hasPrefix("tiny-16gpu  |  "))
      #expect(byName.output == byPath.output)
    }
  }

  @Test("a file that exists wins over the bundled scenario of the same name")
  func fileWins() throws {
    try inFolder { folder in
      let other = House.text("scenarios/own-order.yaml")
        .replacing("name: own-order", with: "name: mine").replacing("own-order.txt", with: "o.txt")
      try other.write(
        to: folder.appending(path: "tiny-16gpu"), atomically: true, encoding: .utf8)
      try House.text("scenarios/own-order.txt").write(
        to: folder.appending(path: "o.txt"), atomically: true, encoding: .utf8)

      let validation = try run("validate tiny-16gpu", in: folder)

      #expect(validation.output.hasPrefix("tiny-16gpu: scenario \"mine\" is valid\n"))
    }
  }

  @Test("a folder of the same name is not taken for it")
  func folderLoses() throws {
    try inFolder { folder in
      try FileManager.default.createDirectory(
        at: folder.appending(path: "tiny-16gpu"), withIntermediateDirectories: false)

      let validation = try run("validate tiny-16gpu", in: folder)

      #expect(validation.output.hasPrefix("tiny-16gpu: scenario \"tiny-16gpu\" is valid\n"))
    }
  }

  @Test(
    "what a bundled scenario names is found beside it",
    arguments: ["own-order", "deepseek-v3-placed-experts", "inference-replayed-experts"])
  func companions(name: String) throws {
    let validation = try inFolder { try run("validate \(name)", in: $0) }

    #expect(validation.status == 0, "\(validation.errors)")
  }

  @Test("an unknown name is one error with the folder that was searched and the nearest name")
  func unknown() throws {
    let failure = try inFolder { try run("run deepseek-v3-pretrian", in: $0) }

    #expect(failure.status == 66)
    #expect(
      failure.errors == """
        deepseek-v3-pretrian: error: no such file, and no bundled scenario has this name
          looked in: ., \(House.root.path)/scenarios
          did you mean "deepseek-v3-pretrain"?

        """)
  }

  @Test("a path without a file, whose last part is a bundled name, is answered with the name")
  func missingPath() throws {
    let failure = try inFolder { try run("run scenarios/tiny-16gpu.yaml", in: $0) }

    #expect(failure.status == 66)
    #expect(
      failure.errors == """
        scenarios/tiny-16gpu.yaml: error: no such file
          for the bundled scenario write its name: "tiny-16gpu"

        """)
  }

  @Test("sweeps have names too, and find their scenarios")
  func sweeps() throws {
    let list = try inFolder { try run("sweep nodes-and-schedule --dry-run", in: $0) }

    #expect(list.status == 0, "\(list.errors)")
    #expect(list.output.contains(" trials\n"))
  }

  @Test("the list has every scenario, with the key and the sentence of its question")
  func list() throws {
    let list = try inFolder { try run("scenarios", in: $0) }
    let paths: [String] = House.files(below: "scenarios", ending: [".yaml"]).map(\.path)
      .filter { $0.split(separator: "/").count == 2 }
    let names: [String] = paths.map {
      String($0.dropFirst("scenarios/".count).dropLast(".yaml".count))
    }.sorted()

    let listed = list.output.split(separator: "\n").dropFirst(2).map { $0.prefix { $0 != " " } }
    #expect(listed.map(String.init) == names)
    #expect(
      list.output.contains(
        #/\nservice-day +service +What do hosts that serve by day and train by night save, /#))
  }

  @Test("an installed program finds the scenarios beside it, through a link, and no others")
  func installed() throws {
    try inFolder { folder in
      let files = FileManager.default
      for path in ["opt/bin", "opt/share/dsv3sim/scenarios", "bin", "work"] {
        try files.createDirectory(
          at: folder.appending(path: path), withIntermediateDirectories: true)
      }
      try files.copyItem(
        at: ReadmeCommands.builtProgram, to: folder.appending(path: "opt/bin/dsv3sim"))
      let link = folder.appending(path: "bin/dsv3sim")
      try files.createSymbolicLink(
        at: link, withDestinationURL: folder.appending(path: "opt/bin/dsv3sim"))
      try House.text("scenarios/tiny-16gpu.yaml").write(
        to: folder.appending(path: "opt/share/dsv3sim/scenarios/little.yaml"), atomically: true,
        encoding: .utf8)
      let work = folder.appending(path: "work")
      let scenarios = folder.appending(path: "opt/share/dsv3sim/scenarios")

      let found = try ChildProcess.run(link.path, ["validate", "little"], in: work)
      let list = try ChildProcess.run(link.path, ["scenarios", "--format", "csv"], in: work)

      #expect(found.output.hasPrefix("little: scenario \"tiny-16gpu\" is valid\n"))
      #expect(list.output.split(separator: "\r\n").count == 2)

      try files.removeItem(at: scenarios)
      let none = try ChildProcess.run(link.path, ["scenarios"], in: work)
      #expect(none.status == 66 && none.output.isEmpty)
      #expect(none.errors.hasPrefix("../share/dsv3sim/scenarios: error: no such folder beside "))
    }
  }
}
