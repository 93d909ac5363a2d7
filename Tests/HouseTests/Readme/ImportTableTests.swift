import Foundation
import Testing

@Suite("The map of the house")
struct ImportTableTests {
  private let table = ImportTable(rows: House.page("architecture").table("Map of the house"))

  /// Dumped into a separate folder, because the test run holds the lock of the usual one.
  private func packageTargets() throws -> [PackageTarget] {
    let scratch = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: scratch) }
    let swift = try #require(ChildProcess.find("swift"))
    let dump = try ChildProcess.run(
      swift,
      [
        "package", "--package-path", House.root.path, "--scratch-path", scratch.path,
        "dump-package",
      ])
    try #require(dump.status == 0, Comment(rawValue: dump.errors))
    return try PackageTarget.all(inDump: dump.output)
  }

  @Test("every room has exactly the dependencies that the map lists")
  func doors() throws {
    let targets = try packageTargets()
    let rooms = Set(House.sources.map(\.target))

    #expect(targets.count { rooms.contains($0.name) } == rooms.count)
    #expect(table.problems(of: targets, rooms: rooms) == [])
    #expect(table.circles == [])
  }

  @Test("every import is a declared dependency")
  func imports() throws {
    let targets = try packageTargets()
    let undeclared = House.report(House.sources + House.tests) {
      ImportTable.undeclaredImports($0, of: targets)
    }

    #expect(undeclared == [])
    #expect(ImportTable.unusedDoors(House.sources, of: targets) == [])
  }

  @Test("every room of the map is built", .enabled(if: House.has("Sources/dsv3sim")))
  func rows() {
    #expect(Set(table.doors.keys) == Set(House.sources.map(\.target)))
  }

  @Test("an arrow of the drawn map leads from a room to one that it may import")
  func arrows() {
    let map = House.page("architecture").blocks("mermaid", in: "Architecture").joined()
    let names = Dictionary(
      map.matches(of: #/(\w+)\["(\w+):/#).map { (String($0.1), String($0.2)) },
      uniquingKeysWith: { first, _ in first })
    let arrows = map.matches(of: #/(\w+)(?:\[[^\]]*\])? --> (\w+)/#).map {
      (from: names[String($0.1)] ?? "?", to: names[String($0.2)] ?? "?")
    }

    #expect(arrows.count >= 20)
    let wrong = arrows.filter { table.doors[$0.from]?.rooms.contains($0.to) != true }
    #expect(wrong.map { "\($0.from) to \($0.to)" } == [])
  }

  @Test("a dependency that is not in the table is detected")
  func unknownDoor() throws {
    let dump = """
      {"targets": [
        {"name": "A", "type": "regular", "dependencies": [{"byName": ["B", null]}]},
        {"name": "B", "type": "regular", "dependencies": [
          {"product": ["Yams", "Yams", null, null]}, {"target": ["A", null]}]},
        {"name": "C", "type": "regular", "dependencies": [], "path": "Plugins/C"}]}
      """
    let rows = Readme(
      """
      ## Map of the house

      | target | one line | may import | outside |
      |---|---|---|---|
      | `A` | first | `B` | - |
      | B | second | - | GRDB |
      """
    ).table("Map of the house")

    let targets = try PackageTarget.all(inDump: dump)
    let problems = ImportTable(rows: rows).problems(of: targets, rooms: ["A", "B", "C"])

    #expect(targets.map(\.hasUsualPlace) == [true, true, false])
    #expect(
      problems == [
        "B depends on Yams, unlike the \"Map of the house\"",
        "B depends on A, unlike the \"Map of the house\"",
        "B does not depend on GRDB, unlike the map",
        "C: no row in the \"Map of the house\"",
      ])
  }

  @Test("a dependency cycle is detected")
  func circle() {
    let rows = [
      ["target": "A", "may import": "B"], ["target": "B", "may import": "C"],
      ["target": "C", "may import": "B"],
    ]

    #expect(
      ImportTable(rows: rows).circles
        == ["B can be reached from itself", "C can be reached from itself"])
  }

  @Test("a dependency that no file imports is detected")
  func unusedDoor() {
    let file = SourceFile(path: "Sources/A/a.swift", text: "import B")
    let target = PackageTarget(
      name: "A", kind: "regular", dependencies: ["B", "C"], hasUsualPlace: true)

    #expect(
      ImportTable.unusedDoors([file], of: [target]) == ["A declares C but never imports it"])
  }

  @Test("an import that the target does not declare is detected")
  func undeclaredImport() {
    let file = SourceFile(path: "Sources/A/a.swift", text: "import Foundation\nimport B\nimport C")
    let target = PackageTarget(
      name: "A", kind: "regular", dependencies: ["B"], hasUsualPlace: true)

    #expect(ImportTable.undeclaredImports(file, of: [target]).map(\.line) == [3])
  }

  @Test("text that is not a package dump is refused")
  func badDump() {
    #expect(throws: CocoaError.self) { try PackageTarget.all(inDump: "{}") }
  }
}
