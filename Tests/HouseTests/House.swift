// The checkout as seen by the house rules: files with their tokens, located from this file's path.

import Foundation

/// A text file of the package.
struct SourceFile: Sendable {
  /// Path relative to the package root.
  var path: String
  var text: String
  /// The tokens of a Swift file; empty for other files.
  var swift: SwiftTokens

  init(path: String, text: String) {
    self.path = path
    self.text = text
    swift = SwiftTokens(path.hasSuffix(".swift") ? text : "")
  }

  /// The lines, without line endings.
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
  /// The README.
  static let readme = Readme(text("README.md"))

  /// A page of docs, by its name without suffix.
  static func page(_ name: String) -> Readme { Readme(text("docs/\(name).md")) }

  /// The name that the package manager derives from the folder of the package. Code compiled
  /// against its modules sees `package` declarations only under this name.
  static let packageName = packageName(inFolder: root.lastPathComponent)

  /// The same for a folder with a name: `Ab.Cd-e` is `ab_cd_e`, `9x.git` is `_x`.
  static func packageName(inFolder name: String) -> String {
    let stem = name.lowercased().hasSuffix(".git") ? String(name.dropLast(4)) : name
    return String(
      stem.lowercased().enumerated().map { index, letter in
        letter.isASCII && (letter.isLetter || (letter.isNumber && index > 0)) ? letter : "_"
      })
  }

  /// Whether a file or folder exists at a path below the root.
  static func has(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  /// The text of a file below the root; empty if it does not exist, which makes tests fail.
  static func text(_ path: String) -> String {
    (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
  }

  /// Files below a folder with one of the suffixes, in order of path.
  static func files(below folder: String, ending suffixes: [String]) -> [SourceFile] {
    let paths = FileManager.default.enumerator(atPath: root.appending(path: folder).path)?
      .compactMap { $0 as? String }
      .filter { path in suffixes.contains { path.hasSuffix($0) } }
      .map { folder + "/" + $0 }
    return (paths ?? []).sorted().map { SourceFile(path: $0, text: text($0)) }
  }

  /// The findings of a check, one `path:line: message` per offence.
  static func report(
    _ files: [SourceFile], _ check: (SourceFile) -> [Offence]
  ) -> [String] {
    files.flatMap { file in check(file).map { "\(file.path):\($0.line): \($0.message)" } }
  }
}
