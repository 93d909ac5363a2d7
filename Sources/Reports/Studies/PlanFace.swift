// A plan: its best candidates with the reasons why the others lose, what binds, what changed inputs
// would do, and what became of every candidate of the search.

import Recording
import Text
import Units

extension StudyFace {
  /// A plan of any question.
  static var plan: StudyFace {
    StudyFace(rows: "candidates", text: text)
  }

  private static func text(_ values: RecordValue) -> String {
    let parts = [
      values["title"].words + "\n", best(values), remarks(values), changes(values),
      refusals(values), counts(values),
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private static func best(_ values: RecordValue) -> String {
    let rows = values["candidates"].items.filter { $0["place"].number != nil }
    guard !rows.isEmpty else { return "no candidate is possible\n" }
    let amount = amount(values)
    let hasIntervals = rows.contains { $0["low"].number != nil }
    let intervals = [
      RowColumn("low", "low", form: amount), RowColumn("high", "high", form: amount),
    ]
    return TextTable(
      rows,
      [
        RowColumn("#", "place"), RowColumn("candidate", "candidate", .left),
        RowColumn(values["objective"].words, "value", form: amount),
      ] + (hasIntervals ? intervals : []) + [
        RowColumn("bound", "bound", form: amount), RowColumn("by", "bounded_by", .left),
        RowColumn("why it is not the first", "note", .left, absent: ""),
      ]
    ).text
  }

  private static func remarks(_ values: RecordValue) -> String {
    values["notes"].items.map { $0["text"].words + "\n" }.joined()
  }

  private static func changes(_ values: RecordValue) -> String {
    let rows = values["changes"].items
    guard !rows.isEmpty else { return "" }
    let amount = amount(values)
    return TextTable(
      rows,
      [
        RowColumn("input", "input", .left), RowColumn("change", "amount"),
        RowColumn("elasticity", "elasticity", absent: ""),
        RowColumn("same candidate", "fixed", absent: "", form: amount),
        RowColumn("planned again", "replanned", absent: "", form: amount),
        RowColumn("then best", "candidate", .left, absent: ""),
      ]
    ).text
  }

  private static func refusals(_ values: RecordValue) -> String {
    let rows = values["refusals"].items
    guard !rows.isEmpty else { return "" }
    return TextTable(
      rows,
      [
        RowColumn("refused by", "rule", .left), RowColumn("candidates", "refused"),
        RowColumn("for example", "example", .left), RowColumn("because", "reason", .left),
      ]
    ).text
  }

  private static func counts(_ values: RecordValue) -> String {
    "\(values["space"].text) candidates = \(values["refused"].text) refused"
      + " + \(values["pruned"].text) pruned by bounds + \(values["failed"].text) failed"
      + " + \(values["simulated"].text) simulated\n"
  }

  /// The format of a value of the objective.
  private static func amount(_ values: RecordValue) -> (Double) -> String {
    let unit = MetricKind.named(values["objective"].words)?.unit
    return { unit?.text($0) ?? significantText($0) }
  }
}
