// The page of keys, docs/scenarios.md, generated from the declarations that the decoder follows.

import Recording

/// The keys of scenarios and of sweeps as a page of documentation.
package enum ScenarioPage {
  /// The page in Markdown, the same for every call.
  package static func markdown() -> String {
    var sections = Sections()
    sections.add(ScenarioKeys.record, at: [])
    return """
      # Scenarios

      Every key of a scenario, with what may be written and what holds if it is absent. This page is
      generated from the declarations that the program reads by (`dsv3sim schema`, which also gives
      them as JSON Schema) with `make docs`. [questions.md](questions.md) lists the shipped
      scenarios, [catalogues.md](catalogues.md) the names of nodes, GPUs and models,
      [sweeps.md](sweeps.md) the keys of sweeps. `run`, `compare` and others take `--set KEY=VALUE`
      with a whole path, such as `training.parallel.expert=32`.

      Rates are in bits, `400 Gb/s`, `400Gbps`, `400 Gbit/s`, or in bytes, `50 GB/s`; case matters.
      Counts take `k`, `M`, `G` or `B`, and `T`, powers of a thousand; tokens also `K`, which is
      1,024: `4K tokens` are 4096, as in vLLM's options. Shares may be in per cent, `85%`.


      """ + sections.text
  }
}

/// The tables of mappings, each printed where it first occurs.
private struct Sections {
  private(set) var text = ""
  /// Where mappings were printed, by the names of their keys.
  private var places: [(keys: [String], path: String)] = []

  mutating func add(_ record: Record, at path: [String]) {
    let title = path.isEmpty ? "Top level" : path.joined(separator: ".")
    let names = record.keys.map(\.name)
    if !path.isEmpty, let place = places.first(where: { $0.keys == names }) {
      text += "## \(title)\n\nThe keys of `\(place.path)`.\n\n"
      return
    }
    places.append((names, title))
    text += "## \(title)\n\n" + Self.rules(record)
    text += "| key | value | if absent | meaning |\n|---|---|---|---|\n"
    text += record.keys.map(Self.row).joined() + "\n"
    for key in record.keys {
      guard let below = key.kind.mapping else { continue }
      add(below, at: path + [key.kind.isNamed ? "\(key.name).NAME" : key.name])
    }
  }

  private static func rules(_ record: Record) -> String {
    func names(_ group: [String]) -> String {
      group.map { "`\($0)`" }.joined(separator: ", ")
    }
    let rules =
      record.exactlyOne.map { "Exactly one of \(names($0)) is written.\n" }
      + record.atMostOne.map { "At most one of \(names($0)) is written.\n" }
    return rules.isEmpty ? "" : rules.joined() + "\n"
  }

  private static func row(_ key: Declaration) -> String {
    let absent =
      switch key.presence {
      case .required: "is required"
      case .requiredWithoutBase: "is required, unless a base has it"
      case .optional: key.defaultJSON.flatMap(word) ?? ""
      }
    let cells = ["`\(key.name)`", key.kind.words, absent, key.doc]
    return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
  }

  /// A default as it is written in YAML; nil for mappings, which have defaults of their own.
  private static func word(_ value: RecordValue) -> String? {
    switch value {
    case .object: nil
    case .text(let text): "`\(text)`"
    default: "`\(value.compact)`"
    }
  }
}

extension Kind {
  /// The mapping that this kind, or the items of its list, follow.
  fileprivate var mapping: Record? {
    switch self {
    case .record(let record), .entry(_, let record), .named(_, let record): record
    case .either(_, let kind), .list(let kind, _, _), .oneOrMore(let kind, _): kind.mapping
    default: nil
    }
  }

  /// Whether names of the user's choice stand between the key and its mapping.
  fileprivate var isNamed: Bool {
    switch self {
    case .named: true
    case .either(_, let kind): kind.isNamed
    default: false
    }
  }
}
