// Counts of experts as files have them: tables of spreadsheets and of pandas, and the JSON that
// serving engines write. What a file is taken for is told, not guessed in silence.

import Text

/// Counts of experts from a file, and what the file was taken for.
package struct ExpertCounts: Hashable, Sendable {
  /// The counts, a row of the file for each layer.
  package let loads: ExpertLoads
  /// What the file was taken for: `a table of 58 layers x 256 experts, with a header`.
  package let form: String

  /// Reads a text: a table, or JSON if it begins with a bracket.
  ///
  /// - Parameters:
  ///   - text: content of the file.
  ///   - file: the file's name in messages.
  ///   - experts: experts per layer, if they are known; a further column is one of row numbers.
  /// - Throws: `PlacementProblem` with every cell or row that is wrong.
  package init(text: String, file: String, experts: Int? = nil) throws(PlacementProblem) {
    let content = text.withoutByteOrderMark
    let first = content.unicodeScalars.first { !$0.properties.isWhitespace }
    if first == "{" || first == "[" {
      (loads, form) = try Self.json(content, file)
    } else {
      let table = CountsTable(content[...], experts: experts)
      loads = try table.loads(file: file)
      form =
        "a table of \(loads.layers.times("layer")) x \(loads.experts.times("expert"))"
        + table.form
    }
  }

  /// What is doubtful about the counts, a sentence each.
  package var warnings: [String] {
    let empty = (0..<loads.layers).filter { !loads.hasLoad(layer: $0) }
    var result: [String] = []
    if empty.count == loads.layers {
      return ["no row has a count: every placement is as good as any other"]
    }
    if !empty.isEmpty {
      result.append(
        "\(Self.rows(empty)) no counts: layers without experts? Means leave them out")
    }
    return result + [unseenExperts].compactMap { $0 }
  }

  /// The doubt about experts without a count in rows that have counts; nil if there are none.
  package var unseenExperts: String? {
    let unseen = (0..<loads.layers).map { layer in
      loads.hasLoad(layer: layer) ? loads[layer].count { $0 == 0 } : 0
    }
    let most = unseen.max() ?? 0
    guard most > 0, let layer = unseen.firstIndex(of: most) else { return nil }
    let count = unseen.count { $0 > 0 }
    return "\(most) of \(loads.experts) experts have no count in row \(layer + 1)"
      + (count > 1 ? ", and some in \((count - 1).times("more row"))" : "")
      + ": few tokens, or the counts of one GPU? They are taken for experts that no token chooses"
  }

  /// Rows by number with their verb: `rows 1 to 3 have`.
  private static func rows(_ indices: [Int]) -> String {
    guard let first = indices.first, let last = indices.last, first != last else {
      return "row \((indices.first ?? 0) + 1) has"
    }
    let isRun = last - first == indices.count - 1
    return isRun
      ? "rows \(first + 1) to \(last + 1) have"
      : "\(indices.count) rows, the first of them row \(first + 1), have"
  }

  /// Counts in JSON: SGLang's `logical_count`, or a bare list of rows.
  private static func json(
    _ text: String, _ file: String
  ) throws(PlacementProblem) -> (ExpertLoads, String) {
    let root: LinedJSON
    do { root = try LinedJSON(reading: text) } catch {
      throw PlacementProblem(error.explanations.map { $0.within(file) })
    }
    let counts = root["logical_count"]
    if counts == nil, PlacementMap.isMap(root) {
      throw PlacementProblem([
        Explanation(
          "is a placement of experts, not counts", at: file,
          advice: ["experts place --from converts it, experts evaluate --placement evaluates it"])
      ])
    }
    guard let counts = counts ?? (root.items.isEmpty ? nil : root) else {
      throw PlacementProblem([
        Explanation(
          "has no counts", at: file,
          advice: ["expected: {\"logical_count\": [[count of each expert] of each layer]}"])
      ])
    }
    let steps = NestedCounts(counts)
    let loads = try steps.loads(file: file)
    let name = root.items.isEmpty ? "SGLang's logical_count" : "a JSON list"
    return (
      loads,
      "\(name) of \(loads.layers.times("layer")) x \(loads.experts.times("expert"))"
        + (steps.count > 1 ? ", the sum of \(steps.count) steps" : "")
    )
  }
}

extension ExpertLoads {
  /// Whether any expert of a layer has a load.
  package func hasLoad(layer: Int) -> Bool {
    values[layer * experts..<(layer + 1) * experts].contains { $0 > 0 }
  }

  /// Layers without any load, in order: those without experts, of which some programs write rows
  /// too. Empty if no layer has a load, since these may be any.
  package var emptyLayers: [Int] {
    let empty = (0..<layers).filter { !hasLoad(layer: $0) }
    return empty.count == layers ? [] : empty
  }

  /// The loads of some layers.
  ///
  /// - Precondition: at least one layer, and each of them exists.
  package func keeping(_ kept: [Int]) -> ExpertLoads {
    ExpertLoads(layers: kept.count, experts: experts, values: kept.flatMap { self[$0] })
  }
}

extension Int {
  /// A number with its noun: `1 layer`, `58 layers`.
  func times(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
