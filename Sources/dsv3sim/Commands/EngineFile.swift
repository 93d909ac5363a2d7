// Checkpoints of the engine on disk.

import Foundation
import MoEEngine

/// Checkpoint files, with messages for people.
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

  /// Replaces a file, so that a run killed at any moment, or a machine that loses power, leaves the
  /// old bytes or the new ones, whole.
  ///
  /// They are written beside the file and reach the disk before they take its name; then the folder
  /// does, which holds the name.
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

  /// Refuses a file that cannot be written, before hours are spent on what belongs there.
  static func checkWritable(_ path: String) throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard !(exists && isFolder.boolValue),
      FileManager.default.isWritableFile(atPath: folder(of: path))
    else {
      throw CommandProblem.file(
        path, "cannot be written", advice: "expected: a file in a folder that is there")
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

  /// Runs a body and puts the file before what is wrong with it.
  static func explaining<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let problem as CheckpointProblem {
      throw CommandProblem(problem, in: path)
    }
  }
}
