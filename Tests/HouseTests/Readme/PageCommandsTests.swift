import Foundation
import Testing

@Suite("Commands of the pages under docs")
struct PageCommandsTests {
  @Test("the lines of a block below a command are printed by the command", .timeLimit(.minutes(10)))
  func printed() throws {
    let page = Readme(
      try String(contentsOf: House.root.appending(path: "docs/planning.md"), encoding: .utf8))
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(
      at: House.root.appending(path: "scenarios"), to: folder.appending(path: "scenarios"))

    #expect(!page.printed.isEmpty && page.printed.count == page.commands.count)
    for (command, lines) in page.printed {
      let words = command.split(separator: " ").dropFirst().map(String.init)
      let result = try ChildProcess.run(
        ReadmeCommands.builtProgram.path, words + ["-o", "results.db"], in: folder)
      let found = Set(result.output.split(separator: "\n").map { String($0).trimmed })
      let missing = lines.map(\.trimmed).filter { !$0.isEmpty && !found.contains($0) }
      #expect(result.status == 0 && missing.isEmpty, "\(command): \(missing) \(result.errors)")
    }
  }
}
