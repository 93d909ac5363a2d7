// Checkpoints of the engine on disk.

import Foundation
import MoEEngine

/// Reads and writes checkpoint files, with errors for the user.
enum EngineFile {
  /// The bytes of a file.
  static func read(_ path: String) throws -> Data {
    do {
      return try Data(contentsOf: URL(filePath: path))
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw exists
        ? CommandProblem.file(path, "cannot be read")
        : .noInput(path, "no such file", advice: "a run with --checkpoint \(path) writes it")
    }
  }

  /// Replaces a file atomically: if the run is killed or the machine loses power, the file holds
  /// either all old bytes or all new ones.
  ///
  /// The data go to a temporary file in the same folder, which is flushed to disk and renamed; then
  /// the folder is flushed.
  static func write(_ data: Data, to path: String) throws {
    let beside = path + ".new"
    do {
      try Data().write(to: URL(filePath: beside))
      let handle = try FileHandle(forWritingTo: URL(filePath: beside))
      defer { try? handle.close() }
      try handle.write(contentsOf: data)
      try handle.synchronize()
    } catch {
      try? FileManager.default.removeItem(atPath: beside)
      throw CommandProblem.file(path, "cannot be written")
    }
    guard rename(beside, path) == 0, synchronise(folderOf: path) else {
      try? FileManager.default.removeItem(atPath: beside)
      throw CommandProblem.file(path, "cannot be replaced")
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

  private static func synchronise(folderOf path: String) -> Bool {
    let descriptor = open(folder(of: path), O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return fsync(descriptor) == 0
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
