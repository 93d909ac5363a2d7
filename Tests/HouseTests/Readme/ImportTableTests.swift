import Foundation
import Testing

@Suite("The map of the house")
struct ImportTableTests {
  private let table = ImportTable(rows: House.readme.table("Map of the house"))

  /// Dumped into a folder of its own: the test run holds the lock of the usual one.
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

  @Test("every room has the doors that the README draws, and no others")
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

  @Test("a door that is not in the table is found")
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
        "B sees Yams: the README's \"Map of the house\" has no such door",
        "B sees A: the README's \"Map of the house\" has no such door",
        "B does not see GRDB, as the README says",
        "C: no row in the README's \"Map of the house\"",
      ])
  }

  @Test("a circle of doors is found")
  func circle() {
    let rows = [
      ["target": "A", "may import": "B"], ["target": "B", "may import": "C"],
      ["target": "C", "may import": "B"],
    ]

    #expect(
      ImportTable(rows: rows).circles
        == ["B can be reached from itself", "C can be reached from itself"])
  }

  @Test("a door through which no file goes is found")
  func unusedDoor() {
    let file = SourceFile(path: "Sources/A/a.swift", text: "import B")
    let target = PackageTarget(
      name: "A", kind: "regular", dependencies: ["B", "C"], hasUsualPlace: true)

    #expect(
      ImportTable.unusedDoors([file], of: [target]) == ["A declares C and imports it nowhere"])
  }

  @Test("an import that the target does not declare is found")
  func undeclaredImport() {
    let file = SourceFile(path: "Sources/A/a.swift", text: "import Foundation\nimport B\nimport C")
    let target = PackageTarget(
      name: "A", kind: "regular", dependencies: ["B"], hasUsualPlace: true)

    #expect(ImportTable.undeclaredImports(file, of: [target]).map(\.line) == [3])
  }

  @Test("text that is not a dumped package is refused")
  func badDump() {
    #expect(throws: CocoaError.self) { try PackageTarget.all(inDump: "{}") }
  }
}
