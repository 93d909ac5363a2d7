// Follows the recipe of docs/recipes.md for a question exactly: copies of the rooms it changes
// are compiled against the modules of the build, and run.

import Foundation
import Testing

@Suite("The recipe for a question")
struct QuestionRecipeTests {
  /// The folder in which the build puts the modules of all rooms.
  private static let modules = ReadmeCommands.builtProgram.deletingLastPathComponent()
    .appending(path: "Modules")

  /// A copy of the rooms that the recipe changes.
  private struct Copy {
    let folder: URL
    private let blocks: [String]

    init(_ folder: URL) throws {
      self.folder = folder
      blocks = House.page("recipes").blocks("swift", in: "A question in one room")
      for room in ["Scenarios", "Experiments", "Reports"] {
        try FileManager.default.copyItem(
          at: House.root.appending(path: "Sources/" + room), to: folder.appending(path: room))
      }
      try #require(blocks.count == 6)
    }

    /// Adds the n-th block of the recipe as a file.
    func add(_ block: Int, as path: String) throws {
      let file = folder.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try blocks[block].write(to: file, atomically: true, encoding: .utf8)
    }

    /// Inserts the n-th block, or a text, after another text in a file.
    func put(_ block: Int? = nil, _ text: String = "", after place: String, in path: String) throws
    {
      let file = folder.appending(path: path)
      let before = try String(contentsOf: file, encoding: .utf8)
      let added = block.map { blocks[$0] } ?? text
      let after = before.replacingOccurrences(of: place, with: place + added)
      try #require(after != before, "\(path) has no \(place)")
      try after.write(to: file, atomically: true, encoding: .utf8)
    }

    /// The Swift files of a copied room, except those that import a certain room.
    func files(of room: String, without imported: String? = nil) throws -> [String] {
      let room = folder.appending(path: room)
      let names = try FileManager.default.subpathsOfDirectory(atPath: room.path)
      return try names.filter { $0.hasSuffix(".swift") }.sorted().map { room.path + "/" + $0 }
        .filter { path in
          guard let imported else { return true }
          return try !String(contentsOfFile: path, encoding: .utf8).contains("import \(imported)")
        }
    }

    /// Type-checks a room and emits its module for the next.
    func compile(_ room: String, _ files: [String]) throws {
      let compiler = try #require(ChildProcess.find("swiftc"))
      let checkouts = House.root.path + "/.build/checkouts"
      let built = try ChildProcess.run(
        compiler,
        [
          "-emit-module", "-wmo", "-Onone", "-swift-version", "6", "-module-name", room,
          "-package-name", House.packageName,
          "-emit-module-path", folder.path + "/\(room).swiftmodule", "-I", folder.path,
          "-I", QuestionRecipeTests.modules.path, "-I", House.root.path + "/Sources/CGSL",
          "-I", checkouts + "/Yams/Sources/CYaml/include",
          "-I", checkouts + "/GRDB.swift/Sources/GRDBSQLite",
        ] + files, limitSeconds: 300)
      try #require(built.status == 0, Comment(rawValue: built.errors))
    }
  }

  @Test("one room, one case, one resolver and one row make a question that every room supports")
  func oneRoom() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let copy = try Copy(folder)

    try copy.add(0, as: "Idling/IdleStep.swift")
    try copy.put(1, after: "  case inferenceStep(InferenceSpec)\n", in: "Scenarios/Question.swift")
    try copy.put(nil, "import Idling\n", after: "import Serving\n", in: "Scenarios/Question.swift")
    try copy.add(2, as: "Scenarios/Check/IdleResolver.swift")
    try copy.put(
      nil, ", idle", after: "questions = [training, inference",
      in: "Scenarios/Keys/TrainingKeys.swift")
    try copy.put(
      nil, ", idle", after: "all = [training, inference",
      in: "Scenarios/Check/QuestionResolver.swift")
    try copy.add(3, as: "Experiments/IdleWorkload.swift")
    try copy.put(4, after: "    switch question {\n", in: "Experiments/Workload.swift")
    try copy.put(
      nil, ", .idleStep", after: ".trainingStep, .inferenceStep",
      in: "Reports/Questions/QuestionForm.swift")
    try copy.add(5, as: "Reports/Questions/QuestionForm+Idle.swift")

    try copy.compile("Idling", copy.files(of: "Idling"))
    try copy.compile("Scenarios", copy.files(of: "Scenarios"))
    // Trials do not use the engine, which is the slowest module to load.
    try copy.compile("Experiments", copy.files(of: "Experiments", without: "MoEEngine"))
    try copy.compile("Reports", copy.files(of: "Reports/Questions") + reportsOnTables(folder))
  }

  /// The files of Reports that question forms need.
  private func reportsOnTables(_ folder: URL) -> [String] {
    ["ResultTable+Formats", "TimeShares"].map {
      "\(folder.path)/Reports/\($0).swift"
    }
  }
}
