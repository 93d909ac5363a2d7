// The register of facts, checked against the sources and docs/assumptions.md: every id has
// an entry, and every entry has a use.

import Facts
import Foundation
import Testing

@Suite("The register of facts")
struct FactsTests {
  /// Swift files outside the register's room.
  private static let rooms = House.sources.filter { $0.target != "Facts" }

  /// Ids of the tables whose rows are compiled in.
  private static let tables: Set<Substring> = {
    let folder = House.root.appending(path: "Sources/KernelTimes/Embedded")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let texts = files.compactMap {
      try? String(contentsOf: folder.appending(path: $0), encoding: .utf8)
    }
    return Set(
      texts.flatMap { $0.split(separator: "\n") }.compactMap { line in
        let words = line.split(separator: " ")
        return words[0] == "series" && words.count > 3 ? words[3] : nil
      })
  }()

  /// Ids in comments and string literals that are not in the register.
  static func unknownIDs(in file: SourceFile, known: Set<String>) -> [Offence] {
    // Keys of scenarios also begin with `model.`, so such an id counts only after the word `fact`.
    let id = #/\b(?:(?:hw|ep|gemm|attn|trace|inf|mtp|price|train)|facts? model)(?:\.[a-z0-9_*]+)+/#
    let texts =
      file.swift.comments.map { ($0.text, $0.line) }
      + file.swift.tokens.filter { $0.kind == .string }.map { ($0.text, $0.line) }
    return texts.flatMap { text, line in
      text.matches(of: id).compactMap { match in
        let name = match.output.split(separator: " ").last.map(String.init) ?? ""
        if known.contains(name) || name.hasSuffix(".db") { return nil }
        return Offence(line: line, message: "\"\(name)\" is not in the register of facts")
      }
    }
  }

  /// Entries of the register that no file refers to as `.group.member`.
  static func unused(_ groups: [FactGroup], in files: [SourceFile]) -> [String] {
    var named: Set<String> = []
    for file in files {
      let tokens = file.swift.tokens.map(\.text)
      for index in tokens.indices.dropLast(2) where tokens[index + 1] == "." {
        named.insert("\(tokens[index]).\(tokens[index + 2])")
      }
    }
    return groups.flatMap { group in
      group.members.map { "\(group.name).\($0.label)" }.filter { !named.contains($0) }
    }
  }

  @Test("ids are unique, and sorted within their group")
  func ids() {
    #expect(Set(Fact.all.map(\.id)).count == Fact.all.count)
    for group in FactGroup.all {
      #expect(!group.facts.isEmpty)
      #expect(group.facts.map(\.id) == group.facts.map(\.id).sorted(), "\(group.name)")
    }
  }

  @Test("each entry has a value, conditions, a citation and a date", arguments: Fact.all)
  func fields(fact: Fact) throws {
    #expect(!fact.value.isEmpty && !fact.conditions.isEmpty && !fact.citation.isEmpty)
    #expect(fact.asOf.wholeMatch(of: #/20\d\d-\d\d-\d\d/#) != nil)
    #expect(throws: Never.self) {
      try Date(fact.asOf + "T00:00:00Z", strategy: .iso8601)
    }
    // A single number is stored on its own, so that it can be compared with what is derived from
    // it.
    #expect(fact.number == nil || fact.number?.isFinite == true)
    #expect(fact.id.hasPrefix("assumed") == (fact.use == .assumed))
  }

  @Test("an id in a comment or a string has an entry")
  func known() {
    let known = Set(Fact.all.map(\.id))

    #expect(House.report(Self.rooms) { Self.unknownIDs(in: $0, known: known) } == [])
  }

  @Test("an entry is named by code outside the register, an assumption by its constant")
  func used() {
    let published = FactGroup.all.filter { $0.name != "assumed" }
    let assumptions = FactGroup.all.filter { $0.name == "assumed" }.flatMap(\.facts).map(\.id)

    // Measured tables are named by the headings of their rows.
    let unused = Self.unused(published, in: Self.rooms).filter { name in
      let fact = published.flatMap { group in
        group.members.filter { "\(group.name).\($0.label)" == name }.map(\.fact)
      }
      return fact.first.map { !Self.tables.contains(Substring($0.id)) } ?? true
    }
    #expect(unused == [])
    #expect(Set(Self.rooms.flatMap(\.swift.assumptions)).sorted() == assumptions)
  }

  @Test("a constant that is listed as the use of a fact is declared")
  func constants() throws {
    let file = try #require(Self.rooms.first { $0.path.hasSuffix("Studies/FactUses.swift") })
    let table = file.swift.tokens.drop { $0.text != "named" }
    let names = table.prefix { $0.text != "constants" }.filter { $0.kind == .string }.map(\.text)
    let others = Self.rooms.filter { $0.path != file.path }.flatMap { $0.swift.tokens.map(\.text) }
    let keywords: Set = ["let", "var", "func", "struct", "enum"]
    let declared = Set(zip(others, others.dropFirst()).filter { keywords.contains($0.0) }.map(\.1))

    #expect(names.count > 15)
    #expect(names.filter { !declared.contains($0) } == [])
  }

  @Test("the assumptions of docs are those of the register, in the same words")
  func assumptions() {
    let rows = House.page("assumptions").table("Assumptions")
    let register = FactGroup.all.flatMap(\.facts).filter { $0.use == .assumed }

    #expect(rows.compactMap { $0["name"] } == register.map(\.id))
    #expect(rows.compactMap { $0["what is assumed"] } == register.map(\.conditions))
  }

  @Test("an unknown id and an unused entry are detected")
  func checksCanFail() {
    let file = SourceFile(
      path: "Sources/A/a.swift",
      text: """
        // As hw.h800.sms and hw.h801.sms; model.layers is a key, fact model.kv is none.
        let a = "ep.v1.*, trace.db"
        let b: Fact = .hardware.h800SMs
        """)

    let unknown = Self.unknownIDs(in: file, known: ["hw.h800.sms"])
    let unused = Self.unused(FactGroup.all.filter { $0.name == "hardware" }, in: [file])

    #expect(unknown.map(\.line) == [1, 1, 2])
    #expect(unused.contains("hardware.h800TDP") || unused.contains("hardware.h100TDP"))
    #expect(!unused.contains("hardware.h800SMs"))
  }
}
