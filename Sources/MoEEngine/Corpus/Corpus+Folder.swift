// One's own corpus: a folder with a subfolder for each domain. Files are read in the order of their
// paths, so a folder is the same corpus everywhere.

import Foundation
import Text

/// What is wrong with a folder of text.
package struct CorpusProblem: ExplainedError, Hashable {
  /// Whether the folder is not there at all, as against content that cannot be used.
  package var isMissing = false
  package let explanations: [Explanation]

  package var exitStatus: ExitStatus { isMissing ? .noInput : .badData }
}

extension Corpus {
  /// Domains that a corpus may have.
  package static let domainLimit = 64
  /// Bytes that the text of a domain may have.
  package static let domainByteLimit = 268_435_456

  /// Reads a folder: the text of a domain is that of all files below its subfolder.
  ///
  /// Names that begin with a point, and files beside the subfolders, are left out.
  ///
  /// - Parameters:
  ///   - path: the folder, with a subfolder for each domain.
  ///   - length: bytes of a sequence; the held-out tenth of every domain has more.
  /// - Throws: `CorpusProblem` with every domain that cannot be used.
  package init(folder path: String, sequenceLength length: Int) throws(CorpusProblem) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw CorpusProblem(
        isMissing: true, explanations: [Explanation("there is no such folder", at: path)])
    }
    guard isFolder.boolValue else {
      throw CorpusProblem(explanations: [Explanation("is a file, not a folder", at: path)])
    }
    let names = TextReader.names(in: path).filter { TextReader.isFolder("\(path)/\($0)") }
    guard !names.isEmpty, names.count <= Self.domainLimit else {
      throw CorpusProblem(explanations: [
        Explanation(
          "has \(names.count) subfolders, each of which is a domain", at: path,
          advice: ["expected: 1 to \(Self.domainLimit)"])
      ])
    }
    var reader = TextReader()
    let documents = names.enumerated().map { index, name in
      // One document: the held-out tenth of many small files would have no sequence.
      CorpusDocument(domain: index, bytes: reader.text(below: "\(path)/\(name)", depth: 0))
    }
    let large = documents.filter { $0.bytes.count > Self.domainByteLimit }.map {
      Explanation(
        "has more than the limit of \(Self.domainByteLimit) bytes",
        at: "\(path)/\(names[$0.domain])")
    }
    let corpus = Corpus(domains: names, documents: documents)
    let short = corpus.problems(length: length).map { Explanation($0, at: path) }
    let problems = reader.problems + large + short
    guard problems.isEmpty else { throw CorpusProblem(explanations: problems) }
    self = corpus
  }
}

/// Reads files below folders, and collects what cannot be read.
private struct TextReader {
  /// Folders inside folders; more of them are taken for a loop of links.
  static let depthLimit = 16

  private(set) var problems: [Explanation] = []

  /// The bytes of all files below a folder, in the order of their paths; no more than just above
  /// the limit of a domain.
  mutating func text(below path: String, depth: Int) -> [UInt8] {
    guard depth <= Self.depthLimit else {
      problems.append(Explanation("is more than \(Self.depthLimit) folders deep", at: path))
      return []
    }
    var text: [UInt8] = []
    for name in Self.names(in: path) where text.count <= Corpus.domainByteLimit {
      let entry = "\(path)/\(name)"
      if Self.isFolder(entry) {
        text += self.text(below: entry, depth: depth + 1)
        continue
      }
      if let obstacle = inputObstacle(entry) {
        problems.append(Explanation(obstacle, at: entry))
        continue
      }
      guard let handle = FileHandle(forReadingAtPath: entry) else {
        problems.append(Explanation("cannot be read", at: entry))
        continue
      }
      // An empty file reads as nothing, not as an error.
      text += (try? handle.read(upToCount: Corpus.domainByteLimit + 1 - text.count)) ?? Data()
      try? handle.close()
    }
    return text
  }

  /// What a folder holds, but names that begin with a point, in order.
  static func names(in path: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
