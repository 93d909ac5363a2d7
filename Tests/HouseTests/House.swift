// The checkout as the house rules see it: files with their tokens, found from this file's place.

import Foundation

/// A text file of the package.
struct SourceFile: Sendable {
  /// Relative to the package root.
  var path: String
  var text: String
  /// Of Swift files; empty for others.
  var swift: SwiftTokens

  init(path: String, text: String) {
    self.path = path
    self.text = text
    swift = SwiftTokens(path.hasSuffix(".swift") ? text : "")
  }

  /// The lines, without their ends.
  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  /// The first folder below `Sources` or `Tests`; empty for other files.
  var target: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 && ["Sources", "Tests"].contains(parts[0]) ? String(parts[1]) : ""
  }
}

/// The package that these tests belong to.
enum House {
  /// The folder of Package.swift.
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Swift files of the rooms.
  static let sources = files(below: "Sources", ending: [".swift"])
  /// Swift files of all tests.
  static let tests = files(below: "Tests", ending: [".swift"])
  /// Package.swift.
  static let manifest = SourceFile(path: "Package.swift", text: text("Package.swift"))
  /// The README's sections.
  static let readme = Readme(text("README.md"))

  /// The name that the package manager gives the package, after its folder: code that is compiled
  /// beside it sees its `package` declarations under that name only.
  static let packageName = String(
    root.lastPathComponent.lowercased().map {
      $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_"
    })

  /// Whether a file or folder stands at a path below the root.
  static func has(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  /// The text of a file below the root; empty where there is none, which the tests refuse.
  static func text(_ path: String) -> String {
    (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
  }

  /// Files below a folder with one of the endings, in the order of their paths.
  static func files(below folder: String, ending suffixes: [String]) -> [SourceFile] {
    let paths = FileManager.default.enumerator(atPath: root.appending(path: folder).path)?
      .compactMap { $0 as? String }
      .filter { path in suffixes.contains { path.hasSuffix($0) } }
      .map { folder + "/" + $0 }
    return (paths ?? []).sorted().map { SourceFile(path: $0, text: text($0)) }
  }

  /// What a check finds, one `path:line: message` an offence.
  static func report(
    _ files: [SourceFile], _ check: (SourceFile) -> [Offence]
  ) -> [String] {
    files.flatMap { file in check(file).map { "\(file.path):\($0.line): \($0.message)" } }
  }
}
