// The register of facts as records: all entries, one entry with its uses, and the entries that
// another study cites.

import Facts
import Recording

extension Study {
  /// Every fact, by group.
  package static var facts: Study {
    Study(
      .facts,
      [
        "facts": FactGroup.all.flatMap { group in
          group.facts.map { RecordValue.fact($0, beside: [("group", .text(group.title))]) }
        }
      ])
  }

  /// One fact with the places that use its figure.
  package static func fact(_ fact: Fact) -> Study {
    let group = FactGroup.all.first { $0.facts.contains(fact) }?.title
    var seen: Set<String> = []
    let places = FactUse.all.filter { $0.fact == fact && seen.insert($0.place).inserted }
      .map(\.place)
    let entry = RecordValue.fact(fact, beside: [("group", (group ?? "").recorded)])
    let rest = [
      ("verification_meaning", fact.check.meaning.recorded), ("used_by", places.recorded),
    ]
    return Study(.fact, .object(entry.members + rest))
  }
}

extension RecordValue {
  /// Each of these facts once, in the order of the register.
  package static func sources(_ facts: [Fact]) -> RecordValue {
    let named = Set(facts)
    return Fact.all.filter(named.contains).map { RecordValue.fact($0) }.recorded
  }

  /// A fact with all its fields, a numeric value as a number.
  static func fact(
    _ fact: Fact, beside members: [(name: String, value: RecordValue)] = []
  ) -> RecordValue {
    let number = Int(fact.value)?.recorded ?? fact.number?.recorded
    let fields: RecordValue = [
      "id": fact.id, "value": number ?? .text(fact.value), "unit": fact.unit,
      "conditions": fact.conditions,
      "citation": fact.citation, "as_of": fact.asOf, "use": fact.use.rawValue,
      "verification": fact.check.rawValue,
    ]
    return .object(members + fields.members)
  }
}
