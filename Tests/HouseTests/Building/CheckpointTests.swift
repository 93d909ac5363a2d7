// Kills a training run with SIGKILL, as a user or a scheduler would, and resumes it.

import Foundation
import Testing
import Text

@Suite("A killed training run")
struct CheckpointTests {
  private static let steps = 3

  private func arguments(_ checkpoint: URL, _ more: String...) -> [String] {
    [
      "moe", "train", "--preset", "tiny", "--steps", "\(Self.steps)", "--jobs", "1",
      "--checkpoint", checkpoint.path, "--checkpoint-every", "1",
    ] + more
  }

  @Test("resumes from its checkpoint and writes the same bytes as an uninterrupted run")
  func killed() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = ReadmeCommands.builtProgram.path
    let (whole, broken) = (folder.appending(path: "whole"), folder.appending(path: "broken"))

    let unbroken = try ChildProcess.run(program, arguments(whole))
    let wasKilled = try ChildProcess.kill(program, arguments(broken)) {
      FileManager.default.fileExists(atPath: broken.path)
    }
    let atDeath = try Data(contentsOf: broken)
    // The kind of file that an interrupted write would leave behind.
    let mine = try UnfinishedFile(for: broken.path)
    mine.remove()
    let left = mine.path.replacingOccurrences(of: "-\(getpid())-", with: "-4194305-")
    try atDeath.prefix(1000).write(to: URL(filePath: left))
    let resumed = try ChildProcess.run(program, arguments(broken, "--resume"))

    #expect(unbroken.status == 0, "\(unbroken.errors)")
    #expect(wasKilled)
    #expect(resumed.status == 0, "\(resumed.errors)")
    let end = try Data(contentsOf: whole)
    #expect(atDeath != end)
    #expect(resumed.output == unbroken.output)
    #expect(try Data(contentsOf: broken) == end)
    #expect(!FileManager.default.fileExists(atPath: left))
  }

  @Test("a checkpoint that cannot be written is refused before training starts")
  func refused() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }

    for path in [folder, folder.appending(path: "none/file")] {
      let run = try ChildProcess.run(ReadmeCommands.builtProgram.path, arguments(path))

      #expect(run.status == 74)
      #expect(run.output.isEmpty)
      #expect(run.errors.hasPrefix("\(path.path): error: cannot be written\n"))
    }
  }
}
