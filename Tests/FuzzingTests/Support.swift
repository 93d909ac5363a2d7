// The inputs that the repository keeps for the fuzzer, and where they are read.

import Foundation

@testable import Fuzzing

enum KeptInput {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The files of a folder below the root; none if there is no such folder.
  static func files(_ folder: String) -> [URL] {
    let urls = try? FileManager.default.contentsOfDirectory(
      at: root.appending(path: folder), includingPropertiesForKeys: nil)
    return (urls ?? []).sorted { $0.path < $1.path }
  }

  /// A file of the repository.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The files from which the fuzzer starts.
  static func seeds(of target: FuzzTarget) throws -> [URL] {
    files("Fuzz/seeds/\(target.rawValue)") + (try borrowed(target))
  }

  /// What once was a finding.
  static func crashes(of target: FuzzTarget) -> [URL] { files("Fuzz/crashes/\(target.rawValue)") }

  /// The borrowed files of a target: the lines `TARGET FOLDER/PATTERN` of borrowed.txt, where only
  /// the last part of the path has a star.
  private static func borrowed(_ target: FuzzTarget) throws -> [URL] {
    var found: [URL] = []
    for line in try text("Fuzz/borrowed.txt").split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 2, words[0] == target.rawValue,
        let slash = words[1].lastIndex(of: "/")
      else { continue }
      let pattern = String(words[1][words[1].index(after: slash)...])
      found += files(String(words[1][..<slash])).filter { url in
        !url.hasDirectoryPath && matches(url.lastPathComponent, pattern)
      }
    }
    return found
  }

  /// Whether a name begins and ends as a pattern with at most one star does.
  private static func matches(_ name: String, _ pattern: String) -> Bool {
    guard let star = pattern.firstIndex(of: "*") else { return name == pattern }
    let ending = String(pattern[pattern.index(after: star)...])
    return name.hasPrefix(String(pattern[..<star]))
      && (ending.contains("*") || name.hasSuffix(ending))
  }

  /// Runs a body with a bench and removes its folder.
  static func onBench<Result>(_ body: (FuzzBench) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "fuzz-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let scenarios = root.appending(path: "scenarios").path + "/"
    return try body(FuzzBench(folder: folder.path, scenarios: scenarios))
  }
}
