// The file of a user's own schedule, named by `training.schedule_file`.

import Foundation
import Text
import Training

/// A file with an order text.
struct OrderFile {
  /// Maximum size in bytes; 4 million cells take less.
  static let byteLimit = 64 << 20

  /// The path as specified.
  let name: String
  /// The path to open, and to name in messages.
  let path: String
  let problems: Problems

  /// - Parameter folder: folder of the scenario with a trailing slash; names are relative to it.
  init(_ name: String, folder: String, problems: Problems) {
    self.name = name
    self.problems = problems
    path = name.hasPrefix("/") ? name : folder + name
  }

  /// The schedule; nil, with problems reported, if it cannot be read or breaks a law.
  func schedule() -> UserSchedule? {
    guard let text = text() else { return nil }
    do { return try UserSchedule(text: text) } catch {
      for word in error.all {
        problems.add(
          ValueProblem(
            "\(quoted(word.word)) is misplaced", allowed: "expected: \(word.expected)"), "",
          at: Place(source: path, line: word.line, column: word.column))
      }
      return nil
    }
  }

  private func text() -> String? {
    func refuse(_ reason: String) -> String? {
      problems.add("training.schedule_file", "\(quoted(name)) \(reason)")
      return nil
    }
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      return refuse("is not there (looked for \(quoted(path)))")
    }
    guard !isDirectory.boolValue else { return refuse("is a directory, not an order file") }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      return refuse("cannot be opened for reading")
    }
    defer { try? handle.close() }
    let data = (try? handle.read(upToCount: Self.byteLimit + 1)) ?? Data()
    guard data.count <= Self.byteLimit else {
      return refuse("is larger than \(Self.byteLimit) bytes, the limit for an order")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      return refuse("is not UTF-8 text")
    }
    return text
  }
}
