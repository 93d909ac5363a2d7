// Output files of commands, written atomically.

import Foundation

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
    let partial = path + ".part"
    guard FileManager.default.createFile(atPath: partial, contents: nil),
      let handle = FileHandle(forWritingAtPath: partial)
    else { throw failure }
    do {
      try body { text in
        do { try handle.write(contentsOf: Data(text.utf8)) } catch { throw failure }
      }
      try? handle.close()
    } catch {
      try? handle.close()
      try? FileManager.default.removeItem(atPath: partial)
      throw error
    }
    guard rename(partial, path) == 0 else {
      try? FileManager.default.removeItem(atPath: partial)
      throw failure
    }
  }

  /// Writes a whole text.
  ///
  /// - Throws: `CommandProblem` if the file cannot be written.
  func write(_ text: String) throws { try write { try $0(text) } }

  private var failure: CommandProblem {
    CommandProblem.file(path, "cannot be written")
  }
}
