// One rank's lane of the timeline.

import Recording
import Units

/// A lane drawn at the origin.
struct TimelineLane {
  private let bars: [TimelinePicture.Bar]
  private let scale: TimelineScale
  private let layout: TimelinePicture.Layout
  private let lastStage: Int

  /// The mean cell width below which cells are drawn as runs.
  private static let narrowest = 4.0
  /// The mean cell width from which cells are labelled with microbatches.
  private static let labelled = 14.0
  /// The width of the bins of a run, and the largest gap that a strip closes.
  private static let grain = 1.0

  init(
    _ bars: [TimelinePicture.Bar], scale: TimelineScale, layout: TimelinePicture.Layout,
    lastStage: Int
  ) {
    self.bars = bars
    self.scale = scale
    self.layout = layout
    self.lastStage = lastStage
  }

  /// The elements, one per line.
  var svg: String {
    let band = bars.filter { !$0.isBelow }
    let cells = band.filter { $0.span.stream == "cells" && $0.span.phase != .optimizer }
    let shown = cells.reduce(0.0) { $0 + scale.x($1.end) - scale.x($1.start) }
    let isNarrow = shown < Self.narrowest * Double(cells.count)
    let hasLabels = shown >= Self.labelled * Double(cells.count)
    var text = isNarrow ? runs(band) : band.map { cell($0, hasLabel: hasLabels) }.joined()
    for (index, stream) in ["idle", "send_down", "send_up"].enumerated() {
      let y = layout.band + 1 + Double(index) * (layout.strip + 1)
      for ink in [TimelineInk.exposed, .experts, .send] {
        let strip = bars.filter { $0.isBelow && $0.span.stream == stream && $0.ink == ink }
        guard !strip.isEmpty else { continue }
        text += path(strip.map { ($0.start, $0.end) }, ink, y: y, height: layout.strip)
      }
    }
    return text
  }

  /// Draws a bar with a tooltip, and with its microbatch if there is room.
  private func cell(_ bar: TimelinePicture.Bar, hasLabel: Bool) -> String {
    let (left, right) = (scale.x(bar.start), scale.x(bar.end))
    let name = bar.span.stream == "cells" ? bar.span.label : bar.ink.label
    let pale = bar.span.stage > lastStage / 2 && bar.ink != .overlapped && isCell(bar)
    var title = "<title>\(escapedXML(name)) \(durationText(seconds: Double(bar.start) / 1e12)) + "
    title += durationText(seconds: Double(bar.end - bar.start) / 1e12) + "</title>"
    var text = "<rect class=\"\(bar.ink.rawValue)\(pale ? " p2" : "")\""
    text += " x=\"\(pixelText(left))\" width=\"\(pixelText(max(0.1, right - left - gap(bar))))\""
    text += " height=\"\(pixelText(layout.band))\""
    guard hasLabel, isCell(bar), let label = label(bar, width: right - left) else {
      return "\(text)>\(title)</rect>\n"
    }
    let isDark = bar.ink == .forward && !pale
    text += "/><text class=\"cell\" x=\"\(pixelText((left + right) / 2))\""
    text += " y=\"\(pixelText(layout.band / 2 + 3.5))\"\(isDark ? " fill=\"#fff\"" : "")>"
    return "<g>\(title)\(text)\(label)</text></g>\n"
  }

  private func isCell(_ bar: TimelinePicture.Bar) -> Bool {
    bar.span.stream == "cells" && bar.span.phase != .optimizer
  }

  /// Returns the white gap between cells, so that equal neighbours can be distinguished.
  private func gap(_ bar: TimelinePicture.Bar) -> Double { isCell(bar) ? 0.5 : 0 }

  /// Returns the microbatch or microbatches of a cell if they fit, at six pixels per digit.
  private func label(_ bar: TimelinePicture.Bar, width: Double) -> String? {
    let numbers = bar.span.label.split(separator: "|").map { part in
      String(part.dropFirst().prefix { $0 != "@" })
    }
    return [numbers.joined(separator: "|"), numbers.first ?? ""].first {
      !$0.isEmpty && width >= 6 * Double($0.count) + 2
    }
  }

  /// Draws the dominant kind of each bin, and merges neighbouring bins of one kind.
  private func runs(_ band: [TimelinePicture.Bar]) -> String {
    let count = Int((scale.width / Self.grain).rounded(.up))
    let inks = TimelineInk.allCases
    var filled = [Double](repeating: 0, count: count * inks.count)
    for bar in band {
      let ink = inks.firstIndex(of: bar.ink) ?? 0
      let (left, right) = (scale.x(bar.start), scale.x(bar.end))
      for place in Int(left / Self.grain)..<max(1, Int((right / Self.grain).rounded(.up))) {
        let start = Double(place) * Self.grain
        filled[place * inks.count + ink] += min(right, start + Self.grain) - max(left, start)
      }
    }
    var pieces = inks.map { _ in "" }
    var start = 0
    var current: Int?
    for place in 0...count {
      let row = place < count ? filled[(place * inks.count)..<((place + 1) * inks.count)] : []
      let most = row.max() ?? 0
      let ink = most > 0 ? row.firstIndex(of: most).map { $0 - row.startIndex } : nil
      guard ink != current || place == count else { continue }
      if let current {
        let width = place - start
        pieces[current] += "M\(start) 0h\(width)v\(pixelText(layout.band))h-\(width)z"
      }
      (start, current) = (place, ink)
    }
    return zip(inks, pieces).filter { !$0.1.isEmpty }.map { ink, path in
      "<path class=\"\(ink.rawValue)\" d=\"\(path)\"/>\n"
    }.joined()
  }

  /// Draws bars of one kind as one path; bars closer together than the grain are merged.
  private func path(
    _ times: [(start: Int64, end: Int64)], _ ink: TimelineInk, y: Double, height: Double
  ) -> String {
    var drawn: [(left: Double, right: Double)] = []
    for time in times {
      let (left, right) = (scale.x(time.start), scale.x(time.end))
      if let last = drawn.last, left - last.right < Self.grain / 2 {
        drawn[drawn.count - 1].right = max(last.right, right)
      } else {
        drawn.append((left, right))
      }
    }
    let height = pixelText(height)
    let pieces = drawn.map { piece in
      let width = pixelText(max(0.1, piece.right - piece.left))
      return "M\(pixelText(piece.left)) \(pixelText(y))h\(width)v\(height)h-\(width)z"
    }
    return "<path class=\"\(ink.rawValue)\" d=\"\(pieces.joined())\"/>\n"
  }
}
