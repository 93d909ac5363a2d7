// Small traces of this project, one of each format, and the public ones where they are at hand.

import Foundation

@testable import Service

/// The bytes of a file of the fixtures.
func sample(_ name: String) throws -> [UInt8] {
  let url = Bundle.module.bundleURL.appending(path: "Fixtures/traces/" + name)
  return [UInt8](try Data(contentsOf: url))
}

/// The trace in a text.
func trace(
  _ text: String, _ options: TraceOptions = TraceOptions()
) throws(RequestTraceProblem) -> RequestTrace {
  try RequestTrace(Array(text.utf8), file: "a", options: options)
}

/// The first line of each problem of a text, with its advice.
func refusals(_ text: String, _ options: TraceOptions = TraceOptions()) -> [String] {
  do {
    _ = try trace(text, options)
    return []
  } catch {
    return error.explanations.map(\.text)
  }
}

/// The public traces, which are not part of this project.
enum PublicTraces {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "shared/traces")

  static func path(_ name: String) -> URL { folder.appending(path: name) }

  /// Whether a file is there.
  static func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: path(name).path)
  }

  static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: path(name))) }
}
