// Output files of commands, written atomically.

import Foundation
import Text

/// A file that appears under its name only when it is complete.
struct OutputFile {
  private let path: String

  init(_ path: String) {
    self.path = path
  }

  /// Calls the body with a function that appends text.
  ///
  /// - Throws: `CommandProblem` if the file cannot be written, and what the body throws. An
  ///   existing file is then unchanged.
  func write(_ body: ((String) throws -> Void) throws -> Void) throws {
    try replace { handle in
      try body { text in
        do { try handle.write(contentsOf: Data(text.utf8)) } catch { throw failure }
      }
    }
  }

  /// Writes a whole text.
  ///
  /// - Throws: `CommandProblem` if the file cannot be written.
  func write(_ text: String) throws { try write { try $0(text) } }

  /// Writes bytes and waits until they are on the disk: if the run is killed or the machine loses
  /// power, the file holds either all old bytes or all new ones.
  ///
  /// - Throws: `CommandProblem` if the file cannot be written.
  func write(_ data: Data) throws {
    try replace { handle in
      do {
        try handle.write(contentsOf: data)
        try handle.synchronize()
      } catch { throw failure }
    }
    let folder = URL(filePath: UnfinishedFile.followed(path)).deletingLastPathComponent().path
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { throw failure }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure }
  }

  private func replace(_ body: (FileHandle) throws -> Void) throws {
    guard path != "-" else {
      throw CommandProblem.file(
        path, "is no name of a file", advice: "name a file; ./- is one with this name")
    }
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw CommandProblem.file(path, "is not a regular file, and is not replaced by one")
    }
    guard let file = try? UnfinishedFile(for: path),
      let handle = FileHandle(forWritingAtPath: file.path)
    else { throw failure }
    do {
      defer { try? handle.close() }
      try body(handle)
    } catch {
      file.remove()
      throw error
    }
    guard file.replaceTarget() else {
      file.remove()
      throw failure
    }
  }

  private var failure: CommandProblem {
    CommandProblem.file(path, "cannot be written")
  }
}
