// Facts: the register, a single entry, and the source list at the end of a study.

import Recording
import Text

extension StudyText {
  /// Returns the source list of the facts in a study; facts with the same source share an entry.
  package static func sources(_ facts: RecordValue) -> String {
    guard !facts.items.isEmpty else { return "" }
    func state(_ fact: RecordValue) -> String {
      "\(fact["use"].words), \(fact["verification"].words), as of \(fact["as_of"].words)"
    }
    let entries = facts.items.map { [$0["citation"].words, state($0)] }.unique.map { entry in
      let alike = facts.items.filter { [$0["citation"].words, state($0)] == entry }
      let ids = alike.map(\.["id"].words).joined(separator: ", ")
      return wrappedText("\(ids): \(entry[1])", width: 96).map { "  \($0)\n" }.joined()
        + alike[0].citations.map { "      \($0)\n" }.joined()
    }
    return "Sources (`dsv3sim facts ID` shows one whole)\n" + entries.joined()
  }

  /// Returns the register as a page of documentation.
  package static func markdown(ofFacts study: Study) -> String {
    let facts = study.values["facts"].items
    let groups = facts.map(\.["group"].words).unique.map { group in
      let rows = facts.filter { $0["group"].words == group }.map { fact in
        let cells = [
          "`\(fact["id"].words)`", fact.quantity, fact["conditions"].words,
          fact["citation"].words, fact["use"].words, fact["verification"].words,
          fact["as_of"].words,
        ]
        return "| " + cells.map(cell).joined(separator: " | ") + " |\n"
      }
      return "\n## \(group)\n\n| id | value | conditions | citation | use | verified | as of |\n"
        + "|---|---|---|---|---|---|---|\n" + rows.joined()
    }
    return """
      # Facts

      Every figure that the program takes from a source or assumes. `dsv3sim facts ID` also lists
      the uses of an entry. This page is generated from `Sources/Facts` by `make docs`.

      - use: an `input` is used directly; constants are solved from a `calibration`; predictions
        are compared with a `validation`, and nothing depends on it; `assumed` has no source.
      - verified: `primary` was read in the source itself, `copy` in a copy of the paper,
        `secondary` in a secondary source that quotes it; `derived` was computed from other facts;
        `unverified` was not compared with the source.
      - as of: the day on which the entry was last compared with the notes taken from the source.
        The source itself may have been read earlier.

      """ + groups.joined()
  }

  private static func cell(_ text: String) -> String {
    text.replacing("|", with: "\\|")
  }
}

extension StudyFace {
  /// The register, by group.
  static var facts: StudyFace {
    StudyFace(rows: "facts") { values in
      let facts = values["facts"].items
      return facts.map(\.["group"].words).unique.map { group in
        let rows = facts.filter { $0["group"].words == group }
        let columns = [
          RowColumn("fact", "id", .left), RowColumn("value", .left) { $0.quantity },
          RowColumn("use", "use", .left), RowColumn("citation", .left) { $0.titles },
        ]
        return "\(group)\n" + TextTable(rows, columns, indent: 2).text
      }.joined(separator: "\n")
    }
  }

  /// One fact in full.
  static var fact: StudyFace {
    StudyFace { fact in
      let verification =
        "\(fact["verification"].words): \(fact["verification_meaning"].words)"
      let fields: [(String, [String])] = [
        ("value", [fact.quantity]), ("group", [fact["group"].words]),
        ("conditions", [fact["conditions"].words]),
        ("citation", fact.citations),
        ("use", [fact["use"].words]), ("verified", [verification]),
        ("as of", [fact["as_of"].words]), ("used by", fact["used_by"].items.map(\.words)),
      ]
      let lines = fields.flatMap { name, texts in
        let wrapped: [String] = texts.flatMap { wrappedText($0, width: 84) }
        return wrapped.enumerated().map { index, text in
          "  " + (index == 0 ? name : "").padded(to: 12) + text + "\n"
        }
      }
      return fact["id"].words + "\n" + lines.joined()
    }
  }
}

extension RecordValue {
  /// The separate sources of a fact.
  fileprivate var citations: [String] {
    self["citation"].words.split(separator: "; ").map(String.init)
  }

  /// The sources of a fact without their addresses, which `dsv3sim facts ID` adds.
  fileprivate var titles: String {
    self["citation"].words.replacing(#/, https:[^\s;]+/#, with: "")
  }

  /// The value of a fact with its unit.
  fileprivate var quantity: String {
    let value = self["value"].number == nil ? self["value"].words : self["value"].compact
    let unit = self["unit"].words
    if unit.isEmpty { return value }
    return self["value"].number == nil ? "\(value) (\(unit))" : "\(value) \(unit)"
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
