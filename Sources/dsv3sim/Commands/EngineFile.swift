// Checkpoints of the engine on disk.

import Foundation
import MoEEngine
import Text

/// Reads and writes checkpoint files, with errors for the user.
enum EngineFile {
  /// The bytes of a file.
  static func read(_ path: String) throws -> Data {
    if let obstacle = inputObstacle(path) { throw CommandProblem.noInput(path, obstacle) }
    do {
      return try Data(contentsOf: URL(filePath: path))
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw exists
        ? CommandProblem.file(path, "cannot be read")
        : .noInput(path, "no such file", advice: "a run with --checkpoint \(path) writes it")
    }
  }

  /// Rejects a file that cannot be written, before hours are spent on its content.
  static func checkWritable(_ path: String) throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard !(exists && isFolder.boolValue),
      FileManager.default.isWritableFile(atPath: folder(of: path))
    else {
      throw CommandProblem.file(
        path, "cannot be written", advice: "expected: a file in an existing folder")
    }
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
  }

  /// Runs a body and adds the file to any problem with the checkpoint.
  static func explaining<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let problem as CheckpointProblem {
      throw CommandProblem(problem, in: path)
    }
  }
}
