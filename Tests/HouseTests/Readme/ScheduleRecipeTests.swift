// Follows the recipe of docs/recipes.md for a schedule exactly, on a copy of the room.

import Foundation
import Testing

@Suite("The recipe for a schedule")
struct ScheduleRecipeTests {
  @Test("one file and one line of the catalogue make a schedule that obeys the laws")
  func oneFileOneLine() throws {
    let section = "A schedule in one file"
    let blocks = House.page("recipes").blocks("swift", in: section)
    try #require(blocks.count == 2)
    let (kind, line) = (blocks[0], blocks[1])
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let room = folder.appending(path: "Schedules")
    try FileManager.default.copyItem(at: House.root.appending(path: "Sources/Schedules"), to: room)

    // The recipe's two changes, and a program that looks up the schedule by name.
    try kind.write(
      to: room.appending(path: "Kinds/GPipeReversed.swift"), atomically: true, encoding: .utf8)
    let catalogue = room.appending(path: "ScheduleCatalogue.swift")
    let before = try String(contentsOf: catalogue, encoding: .utf8)
    let after = before.replacingOccurrences(of: "    .gPipe,\n", with: "    .gPipe,\n" + line)
    #expect(after.split(separator: "\n").count == before.split(separator: "\n").count + 1)
    try after.write(to: catalogue, atomically: true, encoding: .utf8)
    let program = """
      guard let kind = ScheduleCatalogue.named("gpipe_reversed") else { fatalError("not found") }
      for sizes in [(1, 1), (3, 2), (4, 8)] {
        let plan = try kind.plan(.init(ranks: sizes.0, microbatches: sizes.1))
        let copy = try OrderText.checked(OrderText.render(plan))
        print(PlanChecker.problems(in: plan).count, copy == plan)
      }
      print(OrderText.render(try kind.plan(.init(ranks: 2, microbatches: 2))), terminator: "")
      """
    try program.write(
      to: folder.appending(path: "main.swift"), atomically: true, encoding: .utf8)
    let files = House.files(below: "Sources/Schedules", ending: [".swift"]).map {
      folder.path + $0.path.dropFirst("Sources".count)
    }
    let compiler = try #require(ChildProcess.find("swiftc"))
    try makeText(compiler, in: folder)
    let built = try ChildProcess.run(
      compiler,
      [
        "-Onone", "-package-name", House.packageName, "-module-name", "Recipe", "-o",
        folder.path + "/recipe", "-I", folder.path,
        "-L", folder.path, "-lText",
      ] + files
        + [room.path + "/Kinds/GPipeReversed.swift", folder.path + "/main.swift"],
      limitSeconds: 300)
    try #require(built.status == 0, Comment(rawValue: built.errors))

    let result = try ChildProcess.run(folder.path + "/recipe", [])

    #expect(
      result.output == """
        0 true
        0 true
        0 true
        # schedule=gpipe_reversed pp=2 microbatches=2
        r0: F0@0 F1@0 D1@0 D0@0
        r1: F0@1 F1@1 D1@1 D0@1

        """)
  }

  /// Compiles room Text, which schedules import.
  private func makeText(_ compiler: String, in folder: URL) throws {
    let files = House.files(below: "Sources/Text", ending: [".swift"])
    let built = try ChildProcess.run(
      compiler,
      [
        "-Onone", "-package-name", House.packageName, "-emit-library", "-static", "-emit-module",
        "-module-name", "Text",
        "-emit-module-path", folder.path + "/Text.swiftmodule", "-o", folder.path + "/libText.a",
      ] + files.map { House.root.path + "/" + $0.path }, limitSeconds: 300)
    try #require(built.status == 0, Comment(rawValue: built.errors))
  }
}
