// A tornado as SVG: a bar for each input from its result at the low value to that at the high one,
// around the base line, the widest on top. Equal figures give equal bytes.

import Units

/// Draws the bars of a sensitivity.
package struct TornadoSVG: Sendable {
  private let title: String
  private let unit: String
  private let baseName: String
  private let groups: [(name: String, base: Double?, bars: [Sensitivity.Bar])]

  /// - Returns: nil if the rule of the experiment has no bars, or no result is known.
  package init?(_ sensitivity: Sensitivity) {
    title = sensitivity.title
    unit = sensitivity.metric.unit.symbol
    baseName = sensitivity.method == .tornado ? "base" : "mean"
    groups = sensitivity.groups.compactMap { group in
      sensitivity.bars(group).map { (group.name, $0.base, $0.bars) }
    }
    guard !values.isEmpty else { return nil }
  }

  /// The picture; it ends with a line feed.
  package var text: String {
    var body = ""
    var top = Self.top
    for group in groups {
      if !group.name.isEmpty {
        body += "<text class=\"group\" x=\"8\" y=\"\(pixelText(top + 14))\">"
        body += "\(escapedXML(group.name))</text>\n"
        top += Self.groupTitle
      }
      body += bars(group, top: top)
      top += Double(group.bars.count) * Self.row + Self.gap
    }
    return head(height: top + 44) + grid(bottom: top) + body + "</svg>\n"
  }

  /// Every result in the picture.
  private var values: [Double] {
    groups.flatMap { group in
      ([group.base] + group.bars.flatMap { [$0.low, $0.high] }).compactMap(\.self)
    }
  }

  /// The results, from left to right, with room for the labels at the ends of the widest bar.
  private var axis: Axis {
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    let margin = most > least ? (most - least) * 0.3 : max(1e-9, abs(least) / 10)
    return Axis(
      from: least - margin, to: most + margin, start: left, end: left + Self.width,
      unit: 1)
  }

  private func bars(
    _ group: (name: String, base: Double?, bars: [Sensitivity.Bar]), top: Double
  ) -> String {
    var text = ""
    for (index, bar) in group.bars.enumerated() {
      let y = top + Double(index) * Self.row
      text += "<g><title>\(escapedXML(toolTip(bar, group.base)))</title>\n"
      text += "<text class=\"name\" x=\"\(pixelText(left - 8))\""
      text += " y=\"\(pixelText(y + 18))\">\(escapedXML(bar.name))</text>\n"
      let lowIsLeft = (bar.low ?? -.infinity) <= (bar.high ?? .infinity)
      let ends = [
        end("low", bar.low, bar.labels.low, isLeft: lowIsLeft, group.base, y),
        end("high", bar.high, bar.labels.high, isLeft: !lowIsLeft, group.base, y),
      ]
      // The longer half first: where both lie on one side of the base line, both are seen.
      let base = group.base ?? 0
      let highIsLonger = abs((bar.high ?? base) - base) > abs((bar.low ?? base) - base)
      text += (highIsLonger ? ends.reversed() : ends).joined() + "</g>\n"
    }
    if let base = group.base {
      let height = pixelText(Double(group.bars.count) * Self.row + 8)
      text += "<path class=\"base\" d=\"M\(pixelText(axis.place(base)))"
      text += " \(pixelText(top - 4))v\(height)\"/>\n"
    }
    return text
  }

  /// The half of a bar from the base line to one result, and the value of the input at its end.
  private func end(
    _ kind: String, _ value: Double?, _ label: String, isLeft: Bool, _ base: Double?, _ y: Double
  ) -> String {
    guard let value else { return "" }
    let (from, to) = (axis.place(base ?? value), axis.place(value))
    // Beside the bar even if both ends lie on one side of the base line.
    let edge = isLeft ? min(from, to) : max(from, to)
    return """
      <rect class="\(kind)" x="\(pixelText(min(from, to)))" y="\(pixelText(y + 4))"\
       width="\(pixelText(abs(to - from)))" height="\(pixelText(Self.row - 8))"/>
      <text class="\(isLeft ? "left" : "right")" x="\(pixelText(edge + (isLeft ? -5 : 5)))"\
       y="\(pixelText(y + 18))">\(escapedXML(label))</text>

      """
  }

  private func toolTip(_ bar: Sensitivity.Bar, _ base: Double?) -> String {
    func text(_ value: Double?) -> String { value.map { significantText($0) } ?? "no value" }
    return "\(bar.name): \(text(bar.low)) at \(bar.labels.low), \(text(bar.high)) at "
      + "\(bar.labels.high), \(baseName) \(text(base)), swing \(text(bar.swing))"
  }

  private func head(height: Double) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(pixelText(left + Self.width + 24)) \
    \(pixelText(height))" role="img"
     font-family="Helvetica, Arial, sans-serif" font-size="12">
    <title>\(escapedXML(title))</title>
    <style>
    .tick { text-anchor: middle; fill: #333; }
    .name, .left { text-anchor: end; }
    .left, .right { fill: #333; font-size: 11px; }
    .group { font-weight: bold; }
    .grid { stroke: #e6e6e6; fill: none; }
    .low { fill: #0072B2; }
    .high { fill: #E69F00; }
    .base { stroke: #000; fill: none; }
    </style>
    <rect width="100%" height="100%" fill="#fff"/>
    <text x="8" y="24" font-size="16">\(escapedXML(title))</text>
    <rect class="low" x="8" y="36" width="12" height="12"/>
    <text x="26" y="46">\(baseName == "base" ? "at low" : "least mean")</text>
    <rect class="high" x="114" y="36" width="12" height="12"/>
    <text x="132" y="46">\(baseName == "base" ? "at high" : "largest mean")</text>
    <path class="base" d="M232 36v12"/>
    <text x="240" y="46">\(baseName)\
    \(groups.count == 1 ? groups[0].base.map { " " + significantText($0) } ?? "" : "")</text>

    """
  }

  private func grid(bottom: Double) -> String {
    let (first, height) = (pixelText(Self.top - 8), pixelText(bottom - Self.top + 8))
    var lines = ""
    var labels = ""
    for tick in axis.ticks {
      lines += "M\(pixelText(tick.place)) \(first)v\(height)"
      labels += "<text class=\"tick\" x=\"\(pixelText(tick.place))\""
      labels += " y=\"\(pixelText(bottom + 16))\">\(tick.label)</text>\n"
    }
    let middle = pixelText(left + Self.width / 2)
    let unit = self.unit == "1" ? "" : escapedXML(self.unit)
    return """
      <path class="grid" d="\(lines)"/>
      \(labels)<text class="tick" x="\(middle)" y="\(pixelText(bottom + 34))">\(unit)</text>

      """
  }

  /// Where the plot begins: behind the longest name, in pixels.
  private var left: Double {
    let longest = groups.flatMap(\.bars).map(\.name.count).max() ?? 0
    return 24 + max(12, Double(longest)) * 6.8
  }

  // The rest of the plot in pixels.
  private static let width = 560.0
  private static let top = 72.0
  private static let row = 28.0
  private static let groupTitle = 24.0
  private static let gap = 12.0
}
