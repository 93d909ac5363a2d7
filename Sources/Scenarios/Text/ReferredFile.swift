// A text file that a scenario or another file refers to by a name relative to its own folder.

import Foundation
import Text

/// A file beside another one.
struct ReferredFile {
  /// The name as written.
  let name: String
  /// The path to open, and to name in messages.
  let path: String

  /// - Parameter folder: folder of the referring file with a trailing slash, or empty.
  init(_ name: String, folder: String) {
    self.name = name
    path = name.hasPrefix("/") ? name : folder + name
  }

  /// The folder of the file with a trailing slash; empty if the path is only a name.
  var folder: String { Self.folder(of: path) }

  /// The folder of a path with a trailing slash; empty if the path is only a name.
  static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// The text, without a byte order mark.
  ///
  /// - Parameters:
  ///   - limit: maximum size in bytes.
  ///   - content: what the file is to contain, for messages: `an order`.
  /// - Throws: `ValueProblem` with the name; `isMissingFile` if there is no such file.
  func text(limit: Int, content: String) throws(ValueProblem) -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      var problem = ValueProblem("\(quoted(name)) is not there (looked for \(quoted(path)))")
      problem.isMissingFile = true
      throw problem
    }
    guard !isDirectory.boolValue else {
      throw ValueProblem("\(quoted(name)) is a directory, not a file with \(content)")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw ValueProblem("\(quoted(name)) cannot be opened for reading")
    }
    defer { try? handle.close() }
    // Reading an empty file returns nil, which is not an error.
    let data = (try? handle.read(upToCount: limit + 1)) ?? Data()
    guard data.count <= limit else {
      throw ValueProblem(
        "\(quoted(name)) is larger than \(limit) bytes, the limit for \(content)")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw ValueProblem("\(quoted(name)) is not UTF-8 text")
    }
    return text.unicodeScalars.first == "\u{feff}"
      ? String(String.UnicodeScalarView(text.unicodeScalars.dropFirst())) : text
  }
}
