// Scenarios and sweeps that come with the program, which commands find by name: the only way from
// a word of the command line to one of these files.

import Foundation
import Text

/// A kind of file that comes with the program.
struct BundledFiles: Sendable {
  /// What such a file is called, for messages.
  private let noun: String
  /// Where the files of this kind are, below one of the folders that `shares` lists.
  private let subfolder: String

  /// Scenarios.
  static let scenarios = BundledFiles(noun: "scenario", subfolder: "scenarios")
  /// Sweeps of scenarios.
  static let sweeps = BundledFiles(noun: "sweep", subfolder: "scenarios/sweeps")

  /// The folders that hold the files: that of the installation, and that of the checkout in which
  /// the program was built.
  var folders: [String] {
    shares.map { $0 + "/" + subfolder }.filter { FileManager.default.isFolder($0) }
  }

  /// The names of the files, sorted.
  var names: [String] {
    let files = folders.flatMap { folder in
      (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }
    let stems = files.filter { $0.hasSuffix(Self.ending) }.map {
      String($0.dropLast(Self.ending.count))
    }
    return Set(stems).sorted()
  }

  /// The file that a word of the command line means: the file with this path or, if there is none,
  /// the bundled one with this name.
  ///
  /// A path without a file is returned as it is, for the error of whoever opens it.
  ///
  /// - Throws: `CommandProblem` for a name that neither a file nor a bundled file has.
  func path(of word: String) throws -> String {
    let isPath = word.contains("/") || word.hasSuffix(Self.ending) || word.hasSuffix(".yml")
    let isFile =
      FileManager.default.fileExists(atPath: word)
      && (isPath || !FileManager.default.isFolder(word))
    if isFile || word.isEmpty { return word }
    if isPath {
      let last = URL(filePath: word).lastPathComponent
      let name = last.hasSuffix(Self.ending) ? String(last.dropLast(Self.ending.count)) : last
      guard bundled(name) != nil, !FileManager.default.fileExists(atPath: word) else { return word }
      throw CommandProblem.noInput(
        word, "no such file", advice: "for the bundled \(noun) write its name: \(quoted(name))")
    }
    if let path = bundled(word) { return path }
    let looked = folders.isEmpty ? "no folder of bundled \(noun)s" : folders.joined(separator: ", ")
    let near = nearest(to: word, among: names).map { ["did you mean \(quoted($0))?"] } ?? []
    throw CommandProblem.noInput(
      word, "no such file, and no bundled \(noun) has this name",
      advice: ["looked in: ., \(looked)"] + near)
  }

  /// Completes a word of a command line: to a bundled name, or to a file or folder.
  @Sendable func completions(_: [String], _: Int, word: String) -> [String] {
    let folder = word.lastIndex(of: "/").map { String(word[...$0]) } ?? ""
    let files = try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
    let paths = (files ?? []).filter { !$0.hasPrefix(".") }.sorted().compactMap { file in
      let path = folder + file
      if FileManager.default.isFolder(path) { return path + "/" }
      return path.hasSuffix(Self.ending) ? path : nil
    }
    return (names + paths).filter { $0.hasPrefix(word) }
  }

  /// The path of the bundled file with a name; nil if there is none.
  func bundled(_ name: String) -> String? {
    folders.map { $0 + "/" + name + Self.ending }.first(
      where: FileManager.default.fileExists(atPath:))
  }

  private static let ending = ".yaml"

  /// Folders that may hold the files: `../share/dsv3sim` beside the folder of the program, and the
  /// checkout around it. The path of the program has its links resolved.
  private var shares: [String] {
    let program = URL(
      filePath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        ?? CommandLine.arguments[0])
    let folder = program.deletingLastPathComponent()
    var ancestors = [folder]
    while let last = ancestors.last, last.path != "/", ancestors.count < 64 {
      ancestors.append(last.deletingLastPathComponent())
    }
    let checkout = ancestors.first {
      FileManager.default.fileExists(atPath: $0.path + "/Package.swift")
        && FileManager.default.isFolder($0.path + "/" + subfolder)
    }
    let installed = folder.deletingLastPathComponent().path + "/share/dsv3sim"
    return [installed] + (checkout.map { [$0.path] } ?? [])
  }
}

extension FileManager {
  /// Whether a path is that of a folder.
  fileprivate func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }
}
