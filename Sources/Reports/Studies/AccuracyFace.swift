// Simulated beside published figures: every row by group, what was not simulated, and the summary.

import Recording
import Text
import Units

extension StudyFace {
  /// The rows of each group, and the summary.
  static var accuracy: StudyFace {
    StudyFace(rows: "rows") { values in
      let blocks = values.groupNames.map { name in
        let rows = values["rows"].items.filter { $0["group"].words == name }
        return "\(name)\n" + TextTable(rows, AccuracyColumns.row, indent: 2).text
      }
      let missing = values["not_simulated"].items
      let left =
        missing.isEmpty
        ? [] : ["Not simulated\n" + TextTable(missing, AccuracyColumns.missing, indent: 2).text]
      let summary =
        "Summary\n" + TextTable(values["summary"].items, AccuracyColumns.summary, indent: 2).text
      return (blocks + left + [summary]).joined(separator: "\n")
        + AccuracyColumns.legend.flatMap { wrappedText($0, width: 98) }.map { "  \($0)\n" }.joined()
    }
  }
}

extension StudyText {
  /// Returns the comparison as a page of documentation.
  package static func markdown(ofAccuracy study: Study) -> String {
    let values = study.values
    let groups = values.groupNames.map { name in
      let rows = values["rows"].items.filter { $0["group"].words == name }
      return "\n## \(name)\n\n"
        + table(rows, AccuracyColumns.row + [RowColumn("from", "citation", .left)])
    }
    let missing = values["not_simulated"].items
    let left =
      missing.isEmpty ? "" : "\n## Not simulated\n\n" + table(missing, AccuracyColumns.missing)
    return """
      # Accuracy

      Simulated beside published figures, as `dsv3sim accuracy` prints them; `make docs` writes this
      page. Nothing is fitted to a row that is not marked as used. Scenarios are in
      `Sources/Accuracy/Embedded`.

      ## Summary


      """ + table(values["summary"].items, AccuracyColumns.summary) + "\n"
        + AccuracyColumns.legend.flatMap { wrappedText("- " + $0, width: 98) }.enumerated()
        .map { ($1.hasPrefix("- ") ? $1 : "  " + $1) + "\n" }.joined()
        + groups.joined() + left
  }

  private static func table(_ rows: [RecordValue], _ columns: [RowColumn]) -> String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    let rule = columns.map { $0.alignment == .right ? "---:" : "---" }
    return line(columns.map(\.title)) + "|" + rule.joined(separator: "|") + "|\n"
      + rows.map { row in line(columns.map { $0.cell(row) }) }.joined()
  }
}

/// The columns of the comparison.
private enum AccuracyColumns {
  static var row: [RowColumn] {
    [
      RowColumn("what", "what", .left), RowColumn("unit", "unit", .left),
      RowColumn("published") { amount($0["published"], $0) },
      RowColumn("simulated") { amount($0["simulated"], $0) },
      RowColumn("90 % interval") { row in
        guard row["low"].number != nil else { return "-" }
        return "\(amount(row["low"], row)) to \(amount(row["high"], row))"
      },
      RowColumn("error", "error_ln", form: signedPercent),
      RowColumn("inside", .left) { verdict($0["inside"]) },
      RowColumn("score", "score"), RowColumn("used", "used", .left, absent: ""),
      RowColumn("fact", "fact", .left),
    ]
  }
  static var missing: [RowColumn] {
    [
      RowColumn("fact", "fact", .left), RowColumn("published", "published", .left),
      RowColumn("reason", "reason", .left),
    ]
  }
  static var summary: [RowColumn] {
    [
      RowColumn("of", "of", .left), RowColumn("rows", "rows"), RowColumn("used", "used"),
      RowColumn("inside") { row in "\(row["inside"].integer) of \(row["counted"].integer)" },
      RowColumn("coverage", "coverage", form: percentText),
      RowColumn("95 % interval") { row in
        guard let low = row["coverage_low"].number, let high = row["coverage_high"].number else {
          return "-"
        }
        return "\(percentText(low)) to \(percentText(high))"
      },
      RowColumn("median |e|", "median_error", form: percentText),
      RowColumn("mean |e|", "mean_error", form: percentText),
      RowColumn("90th", "p90_error", form: percentText),
      RowColumn("bias", "bias", form: signedPercent),
      RowColumn("half-width", "median_half_width", form: percentText),
      RowColumn("score", "mean_score"),
    ]
  }
  static let legend = [
    "error e: ln(simulated / published) in %; half-width and score: of the 90 % interval, in ln,"
      + " half of the last published digit added at each end",
    "inside: whether the published figure lies in that interval; - without one; a published bound"
      + " is reached or missed",
    "score: width + 20 x miss, smaller is better; coverage: share inside of the rows with an"
      + " interval, with its exact binomial interval",
    "used: the figure, or a row of its series and shape, entered a constant of the model; such rows"
      + " are shown and not counted in the summary",
    "counts follow from definitions alone: inside means equal to the last digit, and they are left"
      + " out of the three lines for all rows",
  ]

  private static func amount(_ value: RecordValue, _ row: RecordValue) -> String {
    guard let number = value.number else { return "-" }
    let isExact = row["kind"].words == "counts" && number == number.rounded()
    return isExact && number.magnitude < 1e15 ? grouped(Int64(number)) : significantText(number)
  }

  private static func grouped(_ count: Int64) -> String {
    let digits = String(count)
    return digits.enumerated().reduce(into: "") { text, next in
      if next.offset > 0, (digits.count - next.offset).isMultiple(of: 3) { text += "," }
      text.append(next.element)
    }
  }

  private static func signedPercent(_ value: Double) -> String {
    (value > 0 ? "+" : "") + percentText(value)
  }

  private static func verdict(_ value: RecordValue) -> String {
    value.words.isEmpty ? "-" : value.words
  }
}

extension RecordValue {
  /// The groups of the comparison, in order.
  fileprivate var groupNames: [String] { self["rows"].items.map(\.["group"].words).unique }
}
