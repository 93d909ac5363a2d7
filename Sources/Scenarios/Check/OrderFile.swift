// The file of a user's own schedule, named by `training.schedule_file`.

import Text
import Training

/// A file with an order text.
struct OrderFile {
  /// Maximum size in bytes; 4 million cells take less.
  static let byteLimit = 64 << 20

  let file: ReferredFile
  let problems: Problems

  /// - Parameter folder: folder of the scenario with a trailing slash; names are relative to it.
  init(_ name: String, folder: String, problems: Problems) {
    file = ReferredFile(name, folder: folder)
    self.problems = problems
  }

  /// The schedule; nil, with problems reported, if it cannot be read or breaks a law.
  func schedule() -> UserSchedule? {
    guard let text = text() else { return nil }
    do { return try UserSchedule(text: text) } catch {
      for word in error.all {
        problems.add(
          ValueProblem(
            word.reason, allowed: "expected: \(word.expected)"), "",
          at: Place(source: file.path, line: word.line, column: word.column))
      }
      return nil
    }
  }

  private func text() -> String? {
    do { return try file.text(limit: Self.byteLimit, content: "an order") } catch {
      problems.add(error, "training.schedule_file")
      return nil
    }
  }
}
