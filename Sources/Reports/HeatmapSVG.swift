// A picture of GPU load by layer, as SVG. Equal numbers give equal bytes.

import Units

/// Heatmaps side by side on a common scale.
package struct HeatmapSVG: Sendable {
  /// A table of numbers with its title, with one row per layer.
  package struct Panel: Sendable {
    /// The title above the heatmap.
    package var title: String
    /// `[rows][columns]`; 1 is the mean.
    package var rows: [[Double]]

    package init(title: String, rows: [[Double]]) {
      self.title = title
      self.rows = rows
    }
  }

  private let title: String
  private let panels: [Panel]
  private let scaleNote: String
  private let columnName: String

  /// - Parameters:
  ///   - title: the text above all heatmaps.
  ///   - panels: the heatmaps, from left to right.
  ///   - scaleNote: the meaning of the colours, written after the range of values.
  ///   - columnName: the label of the columns.
  /// - Precondition: at least one panel; all of one shape, with at least one row and one column.
  package init(title: String, panels: [Panel], scaleNote: String, columnName: String = "GPU") {
    precondition(panels.allSatisfy { !$0.rows.isEmpty && !$0.rows[0].isEmpty }, "an empty panel")
    self.title = title
    self.panels = panels
    self.scaleNote = scaleNote
    self.columnName = columnName
  }

  private var values: [Double] { panels.flatMap { $0.rows.flatMap { $0 } } }

  /// The picture; it ends with a line feed.
  package var text: String {
    let columns = panels[0].rows[0].count
    let rowCount = panels[0].rows.count
    let cell = max(2, min(16, 420 / columns))
    let height = max(3, min(16, 480 / rowCount))
    let panelWidth = columns * cell
    let width = 60 + panels.count * (panelWidth + 40)
    let top = 64
    var svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\""
      + " height=\"\(top + rowCount * height + 84)\" font-family=\"sans-serif\""
      + " font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    svg += Self.text(title, x: 50, y: 22, size: 15)
    for (index, panel) in panels.enumerated() {
      let left = 50 + index * (panelWidth + 40)
      let worst = panel.rows.flatMap { $0 }.max() ?? 1
      svg += Self.text("\(panel.title), largest \(significantText(worst))", x: left, y: 48)
      for (row, numbers) in panel.rows.enumerated() {
        for (column, value) in numbers.enumerated() {
          svg +=
            "<rect x=\"\(left + column * cell)\" y=\"\(top + row * height)\" width=\"\(cell)\""
            + " height=\"\(height)\" fill=\"\(colour(value))\"/>\n"
        }
      }
      svg +=
        "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(panelWidth)\" height=\"\(rowCount * height)\""
        + " fill=\"none\" stroke=\"#999999\"/>\n"
      svg += Self.text(
        "\(columnName) 0 to \(columns - 1)", x: left, y: top + rowCount * height + 16)
    }
    svg += Self.text("layer", x: 8, y: top + 10)
    svg += legend(y: top + rowCount * height + 34)
    return svg + "</svg>\n"
  }

  /// Returns white at the mean, red above, blue below; the largest deviation has the strongest
  /// colour.
  private func colour(_ value: Double) -> String {
    let span = max(abs((values.max() ?? 1) - 1), abs((values.min() ?? 1) - 1), 1e-9)
    let share = max(-1, min(1, (value - 1) / span))
    // Interpolates from white to #b2182b above the mean, to #2166ac below it.
    let end: [Double] = share >= 0 ? [178, 24, 43] : [33, 102, 172]
    let channels = end.map { Int((255 - (255 - $0) * abs(share)).rounded()) }
    return "#" + channels.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private func legend(y: Int) -> String {
    let (low, high) = (values.min() ?? 1, values.max() ?? 1)
    var svg = ""
    for step in 0..<24 {
      let value = low + (high - low) * Double(step) / 23
      svg +=
        "<rect x=\"\(50 + step * 8)\" y=\"\(y)\" width=\"8\" height=\"12\""
        + " fill=\"\(colour(value))\" stroke=\"none\"/>\n"
    }
    let note = "\(significantText(low)) to \(significantText(high)): \(scaleNote)"
    return svg + Self.text(note, x: 50, y: y + 28)
  }

  private static func text(_ text: String, x: Int, y: Int, size: Int = 12) -> String {
    "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\">\(escapedXML(text))</text>\n"
  }
}
