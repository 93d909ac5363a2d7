// Reads files of measurements.

import Foundation
import Text

/// Text files that other tools wrote.
enum MeasuredText {
  /// The largest file that is read, in bytes.
  private static let limit = 512 << 20

  /// The text of a file, without a byte order mark.
  ///
  /// - Throws: `CommandProblem` if there is no such file, or it cannot be read.
  static func read(_ path: String) throws -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw CommandProblem.noInput(path, "no such file")
    }
    if let obstacle = inputObstacle(path) { throw CommandProblem.noInput(path, obstacle) }
    guard !isFolder.boolValue, let handle = FileHandle(forReadingAtPath: path) else {
      throw CommandProblem.file(path, "cannot be read")
    }
    defer { try? handle.close() }
    let data = (try? handle.read(upToCount: limit + 1)) ?? Data()
    guard data.count <= limit else {
      throw CommandProblem.badData(path, "is larger than \(limit >> 20) MiB")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw CommandProblem.badData(path, "is not UTF-8 text")
    }
    return text.withoutByteOrderMark
  }
}
