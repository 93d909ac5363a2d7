// Reads the text of a scenario file, up to a size limit.

import Foundation
import Text

/// The file of a scenario.
struct ScenarioFile {
  let path: String

  /// The text of the file.
  func text() throws(ScenarioProblem) -> String {
    guard !path.isEmpty else {
      throw .noInput(path: path, reason: "\"\" is no path of a file", suggestion: nil)
    }
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw .noInput(path: path, reason: "no such file", suggestion: neighbour())
    }
    guard !isDirectory.boolValue else {
      throw .noInput(path: path, reason: "is a directory, not a scenario file", suggestion: nil)
    }
    if let obstacle = inputObstacle(path) {
      throw .noInput(path: path, reason: obstacle, suggestion: nil)
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw .noInput(path: path, reason: "cannot be opened for reading", suggestion: nil)
    }
    defer { try? handle.close() }
    guard let data = try? handle.read(upToCount: TextLimits.bytes + 1) else {
      // Reading an empty file returns nil, which is not an error.
      throw content("is empty")
    }
    guard !data.isEmpty else { throw content("is empty") }
    guard data.count <= TextLimits.bytes else {
      throw content("is larger than \(TextLimits.bytes) bytes, the limit for a scenario")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw content("is not UTF-8 text")
    }
    return text.withoutByteOrderMark
  }

  private func content(_ message: String) -> ScenarioProblem {
    .badData([
      Diagnostic(source: path, line: nil, column: nil, keyPath: "", message: message)
    ])
  }

  /// The scenario in the same folder whose name is nearest to the missing one.
  private func neighbour() -> String? {
    var path = path
    while path.hasSuffix("/") { path.removeLast() }
    let url = URL(fileURLWithPath: path)
    let folder =
      path.contains("/") ? String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) : ""
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: url.deletingLastPathComponent().path)
    let known = (names ?? []).filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
    return nearest(to: url.lastPathComponent, among: known).map { folder + $0 }
  }
}
