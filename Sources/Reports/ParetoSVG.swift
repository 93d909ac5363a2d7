// The trade-off between balance and memory, as SVG: points of two planners over the memory that
// each takes, the lower bound on both, and the Pareto front. Equal numbers give equal bytes.

import Units

/// Draws a Pareto front of memory against balance.
package struct ParetoSVG: Sendable {
  /// The results for one number of redundant experts.
  package struct Point: Sendable {
    /// The label next to the point.
    package var label: String
    /// Memory per GPU for experts.
    package var bytes: Double
    /// max/mean of GPU load under EPLB.
    package var eplb: Double
    /// max/mean of GPU load under the planner `best`.
    package var best: Double
    /// A lower bound on both.
    package var bound: Double
    /// Whether no point with less memory is as even.
    package var isFront: Bool
  }

  private let title: String
  private let points: [Point]

  /// - Precondition: at least one point.
  package init(title: String, points: [Point]) {
    precondition(!points.isEmpty, "nothing to draw")
    self.title = title
    self.points = points.sorted { ($0.bytes, $0.best) < ($1.bytes, $1.best) }
  }

  /// The picture; it ends with a line feed.
  package var text: String {
    var svg = head + axes
    svg += "<path class=\"front\" d=\"\(front)\"/>\n"
    for point in points {
      let x = pixelText(memory.place(point.bytes))
      let (eplb, best, bound) = (y(point.eplb), y(point.best), y(point.bound))
      svg += "<g>" + toolTip(point) + "\n"
      svg += "<path class=\"bound\" d=\"M\(x) \(bound)m-9 0h18\"/>\n"
      svg += "<circle class=\"eplb\" cx=\"\(x)\" cy=\"\(eplb)\" r=\"5\"/>\n"
      svg += "<circle class=\"best\(point.isFront ? "" : " beaten")\" cx=\"\(x)\""
      svg += " cy=\"\(best)\" r=\"5\"/>\n"
      // Above and to the right, where the front never passes.
      svg += "<text x=\"\(pixelText(memory.place(point.bytes) + 6))\""
      svg += " y=\"\(pixelText(balance.place(point.eplb) - 7))\">\(escapedXML(point.label))</text>"
      svg += "\n</g>\n"
    }
    return svg + legend + "</svg>\n"
  }

  /// The memory axis, from left to right, with a margin of a tenth of its span on both sides.
  private var memory: Axis {
    let values = points.map(\.bytes)
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    let margin = most > least ? (most - least) / 10 : max(1, least / 10)
    return Axis(
      from: least - margin, to: most + margin, start: Self.left, end: Self.left + Self.width,
      unit: 1_073_741_824)
  }

  /// The max/mean axis, upwards from 1 (perfect balance), with a margin of a tenth of its span on
  /// top.
  private var balance: Axis {
    let least = min(1, points.map { min($0.bound, $0.best, $0.eplb) }.min() ?? 1)
    let most = max(least + 0.01, points.map { max($0.best, $0.eplb) }.max() ?? 1)
    return Axis(
      from: least, to: most + (most - least) / 10, start: Self.top + Self.height, end: Self.top,
      unit: 1)
  }

  private func y(_ value: Double) -> String { pixelText(balance.place(value)) }

  /// The front as a staircase: from each point first across to the next memory, then down to its
  /// balance, so that no point of the planner `best` is below the line.
  private var front: String {
    var path = ""
    for point in points.filter(\.isFront) {
      let x = pixelText(memory.place(point.bytes))
      path += path.isEmpty ? "M\(x) \(y(point.best))" : "H\(x)V\(y(point.best))"
    }
    return path + "H\(pixelText(Self.left + Self.width))"
  }

  private func toolTip(_ point: Point) -> String {
    var text = "\(point.label) redundant: \(memoryText(bytes: point.bytes)) per GPU"
    text += ", EPLB \(significantText(point.eplb)), best \(significantText(point.best))"
    text += ", bound \(significantText(point.bound))"
    return "<title>\(escapedXML(text))</title>"
  }

  private var head: String {
    let size = "\(pixelText(Self.left + Self.width + 24)) \(pixelText(Self.legendTop + 60))"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" role="img"
       font-family="Helvetica, Arial, sans-serif" font-size="12">
      <title>\(escapedXML(title))</title>
      <style>
      .tick { text-anchor: middle; fill: #333; }
      .left { text-anchor: end; fill: #333; }
      .grid { stroke: #e6e6e6; fill: none; }
      .front { stroke: #0072B2; stroke-width: 2; fill: none; }
      .best { fill: #0072B2; stroke: #0072B2; stroke-width: 1.5; }
      .beaten { fill: #fff; }
      .eplb { fill: #E69F00; stroke: #fff; }
      .bound { stroke: #000; stroke-width: 2; fill: none; }
      </style>
      <rect width="100%" height="100%" fill="#fff"/>
      <text x="\(pixelText(Self.left))" y="24" font-size="16">\(escapedXML(title))</text>

      """
  }

  private var axes: String {
    let (left, bottom) = (pixelText(Self.left), pixelText(Self.top + Self.height))
    let (width, height) = (pixelText(Self.width), pixelText(Self.height))
    var grid = ""
    var labels = ""
    for tick in memory.ticks {
      let x = pixelText(tick.place)
      grid += "M\(x) \(bottom)v-\(height)"
      labels += "<text class=\"tick\" x=\"\(x)\""
      labels += " y=\"\(pixelText(Self.top + Self.height + 18))\">\(tick.label)</text>\n"
    }
    for tick in balance.ticks {
      let y = pixelText(tick.place)
      grid += "M\(left) \(y)h\(width)"
      labels += "<text class=\"left\" x=\"\(pixelText(Self.left - 8))\""
      labels += " y=\"\(pixelText(tick.place + 4))\">\(tick.label)</text>\n"
    }
    let middle = pixelText(Self.left + Self.width / 2)
    return """
      <path class="grid" d="\(grid)"/>
      <path d="M\(left) \(pixelText(Self.top))v\(height)h\(width)" stroke="#333" fill="none"/>
      \(labels)<text class="tick" x="\(middle)" y="\(pixelText(Self.top + Self.height + 38))">\
      memory of one GPU for the experts of all counted layers (GiB)</text>
      <text x="8" y="\(pixelText(Self.top - 12))" fill="#333">max/mean of GPU load</text>

      """
  }

  private var legend: String {
    func dot(_ kind: String) -> String {
      "<circle class=\"\(kind)\" cx=\"9\" cy=\"-4\" r=\"5\"/>"
    }
    let entries = [
      (dot("eplb"), "EPLB"), (dot("best"), "best, on the front"),
      (dot("best beaten"), "best, off the front"),
      ("<path class=\"bound\" d=\"M0 -4h18\"/>", "lower bound"),
    ]
    var text = ""
    for (index, (mark, words)) in entries.enumerated() {
      let x = Self.left + Double(index) * Self.width / 4
      text += "<g transform=\"translate(\(pixelText(x)) \(pixelText(Self.legendTop)))\">\(mark)"
      text += "<text x=\"24\" y=\"0\">\(words)</text></g>\n"
    }
    text += "<text x=\"\(pixelText(Self.left))\" y=\"\(pixelText(Self.legendTop + 24))\""
    text += " fill=\"#555\">Numbers are redundant experts of a layer. Line: what best reaches"
    text += " with no more than that memory.</text>\n"
    return text
  }

  // The plot in pixels.
  private static let left = 64.0
  private static let top = 64.0
  private static let width = 720.0
  private static let height = 340.0
  private static let legendTop = top + height + 68
}
