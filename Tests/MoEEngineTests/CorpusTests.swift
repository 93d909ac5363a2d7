// The corpus: the compiled-in texts, their division into sequences, and users' folders.

import Foundation
import Testing
import Units

@testable import MoEEngine

@Suite("Corpus")
struct CorpusTests {
  private let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Sources").standardized

  @Test("four domains of considerable size are compiled in, byte for byte")
  func embedded() throws {
    let corpus = Corpus.embedded

    #expect(corpus.domains == ["english", "chinese", "code", "mathematics"])
    for domain in 0..<4 {
      let size = corpus.training[domain].bytes.count + corpus.heldOut[domain].bytes.count
      #expect(size > 40_000)
      guard domain < 3 else { continue }
      let file = sources.appending(path: "MoEEngine/Embedded/\(corpus.domains[domain]).txt")
      #expect(
        try [UInt8](Data(contentsOf: file))
          == corpus.training[domain].bytes + corpus.heldOut[domain].bytes)
    }
    #expect(corpus.problems(length: 256).isEmpty)
  }

  @Test("the languages match the names of the domains")
  func languages() {
    let corpus = Corpus.embedded
    let shares = (0..<4).map { domain in
      let bytes = corpus.training[domain].bytes
      return Double(bytes.count { $0 >= 0x80 }) / Double(bytes.count)
    }

    #expect(shares[1] > 0.9 && [0, 2, 3].allSatisfy { shares[$0] < 0.001 }, "\(shares)")
    let english = String(decoding: corpus.training[0].bytes, as: UTF8.self)
    let words = english.split { !$0.isLetter }
    #expect(words.count { $0 == "the" } * 40 > words.count)
  }

  @Test("every line of mathematics is true")
  func mathematics() {
    var stream = RandomStream(seed: 9, purpose: .corpusMathematics)
    for _ in 0..<500 {
      let line = Mathematics.line(&stream)
      // An equation holds for the x given at its end, an identity for any x.
      let solution = line.contains("=>") ? line.split(separator: " ").last.flatMap { Int($0) } : 7
      for equation in line.split(separator: ">") {
        let sides = equation.split(separator: "=").filter { $0.contains { $0 != " " } }
        let values = sides.map { Formula.value(of: $0, x: solution ?? 0) }
        #expect(values.count >= 2 && values.allSatisfy { $0 != nil && $0 == values[0] }, "\(line)")
      }
    }
  }

  @Test("the identity of a corpus changes with any byte and any name")
  func identity() {
    func corpus(_ name: String, _ text: String) -> [UInt8] {
      Corpus(
        domains: [name], documents: [CorpusDocument(domain: 0, bytes: Array(text.utf8))]
      ).identity
    }
    #expect(corpus("a", "bc") == corpus("a", "bc"))
    #expect(corpus("a", "bc") != corpus("ab", "c"))
    #expect(corpus("a", "bc") != corpus("a", "bd"))
  }
}

@Suite("Folders of text")
struct CorpusFolderTests {
  /// A folder with files, removed at the end of the body.
  private func with<Result>(
    _ files: [(path: String, text: String)], _ body: (String) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for file in files {
      let url = folder.appending(path: file.path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try file.text.write(to: url, atomically: true, encoding: .utf8)
    }
    return try body(folder.path)
  }

  @Test("a subfolder is a domain, its files in the order of their paths")
  func domains() throws {
    let long = String(repeating: "x", count: 90)
    let files = [
      ("news/b.txt", "2" + long), ("news/a/z.txt", "1" + long), ("logs/0", long), ("README", "no"),
      ("news/.hidden", "no"),
    ]

    let corpus = try with(files) { try Corpus(folder: $0, sequenceLength: 8) }

    #expect(corpus.domains == ["logs", "news"])
    let news = corpus.training[1].bytes + corpus.heldOut[1].bytes
    #expect(String(decoding: news, as: UTF8.self) == "1" + long + "2" + long)
  }

  @Test("a missing, empty or too small folder is refused, with every domain that is too small")
  func problems() throws {
    func problem(_ files: [(path: String, text: String)]) throws -> CorpusProblem? {
      try with(files) { path in
        do throws(CorpusProblem) {
          _ = try Corpus(folder: path, sequenceLength: 8)
          return nil
        } catch {
          return error
        }
      }
    }
    let small = try #require(try problem([("a/x", "short"), ("b/x", "too")]))
    let empty = try #require(try problem([("x", "beside")]))

    #expect(small.description.contains("domain \"a\": the longest training text has 5 bytes"))
    #expect(small.description.contains("domain \"b\": the longest held-out text has 0 bytes"))
    #expect(!small.isMissing)
    #expect(empty.description.contains("has 0 subfolders"))
    let missing = #expect(throws: CorpusProblem.self) {
      try Corpus(folder: "/none", sequenceLength: 8)
    }
    #expect(missing?.isMissing == true)
    #expect(missing?.report == "/none: error: there is no such folder")
  }
}
