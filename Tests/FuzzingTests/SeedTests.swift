// Every input that the repository keeps, read as the fuzzer reads it: seeds, the files that are
// borrowed as seeds, and what once crashed.

import Foundation
import Testing

@testable import Fuzzing

@Suite("Inputs of the fuzzer")
struct SeedTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The files of a folder below the root; none if there is no such folder.
  private static func files(_ folder: String) -> [URL] {
    let urls = try? FileManager.default.contentsOfDirectory(
      at: root.appending(path: folder), includingPropertiesForKeys: nil)
    return (urls ?? []).sorted { $0.path < $1.path }
  }

  /// The borrowed files of a target: the lines `TARGET FOLDER/PATTERN` of borrowed.txt, where only
  /// the last part of the path has a star.
  private static func borrowed(_ target: FuzzTarget) throws -> [URL] {
    let text = try String(contentsOf: root.appending(path: "Fuzz/borrowed.txt"), encoding: .utf8)
    var found: [URL] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 2, words[0] == target.rawValue,
        let slash = words[1].lastIndex(of: "/")
      else { continue }
      let pattern = String(words[1][words[1].index(after: slash)...])
      found += files(String(words[1][..<slash])).filter { url in
        !url.hasDirectoryPath && Self.matches(url.lastPathComponent, pattern)
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

  private func bench() throws -> (FuzzBench, URL) {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "fuzz-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let scenarios = Self.root.appending(path: "scenarios").path + "/"
    return (FuzzBench(folder: folder.path, scenarios: scenarios), folder)
  }

  @Test("are taken or refused as they should be", arguments: FuzzTarget.allCases)
  func inputs(target: FuzzTarget) throws {
    let (bench, folder) = try bench()
    defer { try? FileManager.default.removeItem(at: folder) }
    let seeds = Self.files("Fuzz/seeds/\(target.rawValue)") + (try Self.borrowed(target))
    #expect(!seeds.isEmpty)

    for file in seeds + Self.files("Fuzz/crashes/\(target.rawValue)") {
      let finding = target.finding([UInt8](try Data(contentsOf: file)), on: bench)

      #expect(finding == nil, "\(file.path)")
    }
  }

  @Test("the targets are those that the script runs, and all others have seeds of their own")
  func targets() throws {
    let script = try String(contentsOf: Self.root.appending(path: "Fuzz/run"), encoding: .utf8)
    let known = Set(FuzzTarget.allCases.map(\.rawValue))

    #expect(script.contains("Sources/Fuzzing/FuzzTarget.swift"))
    let folders = Self.files("Fuzz/seeds").map(\.lastPathComponent)
    #expect(Set(folders).isSubset(of: known))
  }

  @Test("seeds are small")
  func sizes() throws {
    let sizes = try FuzzTarget.allCases.flatMap { Self.files("Fuzz/seeds/\($0.rawValue)") }
      .map { try Data(contentsOf: $0).count }

    #expect(sizes.reduce(0, +) < 50_000)
  }
}

@Suite("Findings of the fuzzer")
struct FindingTests {
  @Test("what is neither taken nor refused is a finding")
  func findings() throws {
    let folder = FileManager.default.temporaryDirectory
    let bench = FuzzBench(folder: folder.path, scenarios: "scenarios/")

    #expect(FuzzTarget.quantity.finding(Array("\0".utf8) + Array("80 GiB".utf8), on: bench) == nil)
    #expect(FuzzTarget.quantity.finding(Array("\0GiB".utf8), on: bench) == nil)
    let nowhere = FuzzBench(folder: "/no/such/folder", scenarios: "")
    #expect(FuzzTarget.query.finding(Array("SELECT 1".utf8), on: nowhere) != nil)
  }
}
