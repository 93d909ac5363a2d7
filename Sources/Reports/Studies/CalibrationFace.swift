// What a user's measurements say: lines that were taken and left out, and each series before and
// after.

import Recording
import Text
import Units

extension StudyFace {
  /// A calibration, with one row a series.
  static var calibration: StudyFace {
    StudyFace(rows: "series") { values in
      let files = values["files"].items
      let taken = TextTable(
        files.flatMap { $0["taken"].items },
        [
          RowColumn("file", "file", .left), RowColumn("series", "series", .left),
          RowColumn("rows", "rows"), RowColumn("lines", "lines", .left),
        ])
      let leftOut = files.flatMap { $0["left_out"].items }
      let refused = leftOut.isEmpty ? "" : "\n" + Self.leftOut(leftOut)
      let kinds = files.map { "\($0["file"].words): \($0["format"].words)\n" }.joined()
      return kinds + "\n" + taken.text + refused + "\n" + series(values["series"].items)
        + clocks(values["clocks"].items)
    }
  }

  private static func leftOut(_ rows: [RecordValue]) -> String {
    TextTable(
      rows,
      [
        RowColumn("line", "place", .left), RowColumn("rows", "rows"),
        RowColumn("verdict", "verdict", .left), RowColumn("because", "reason", .left),
      ]
    ).text
  }

  private static func series(_ rows: [RecordValue]) -> String {
    let table = TextTable(
      rows,
      [
        RowColumn("class", "class", .left), RowColumn("GPU", "gpu", .left),
        RowColumn("kind", "kind", .left), RowColumn("rows", "rows"),
        RowColumn("shapes", "shapes"), RowColumn("prior", "prior", .left),
        RowColumn("mean offset", "mean_offset", form: percentText),
        RowColumn("outliers", "outliers"),
        RowColumn("spread before", "spread_before", form: percentText),
        RowColumn("after", "spread_after", form: percentText),
        RowColumn("90 %, before", "half_width_90_before", form: percentText),
        RowColumn("after", "half_width_90_after", form: percentText),
        RowColumn("used", .left) { $0["used"] == .bool(true) ? "yes" : "no" },
      ])
    let refused = rows.filter { $0["used"] != .bool(true) }.map {
      "not used: \($0["class"].words) \($0["gpu"].words) \($0["kind"].words):"
        + " \($0["refused_because"].words)\n"
    }
    return table.text + (refused.isEmpty ? "" : "\n" + refused.joined())
  }

  private static func clocks(_ rows: [RecordValue]) -> String {
    guard !rows.isEmpty else { return "" }
    let lines = rows.map { row in
      let (offset, spread) = (row["offset"].number ?? 0, row["deviation"].number ?? 0)
      return "clock of \(row["gpu"].words): arithmetic \(percentText(offset)) slower than expected,"
        + " spread \(percentText(spread))\n"
    }
    return "\n" + lines.joined()
  }
}
