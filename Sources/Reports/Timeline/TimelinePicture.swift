// The timeline as SVG, with one lane per rank. A lane has a band of cells and idle time. Below it
// are a strip of waits inside cells and two strips of transfers, to the next rank and the previous.
//
// Text stays text. Narrow cells are drawn as runs of the dominant kind in a few pixels, so the size
// of the picture is bounded by its width and the number of ranks, not by the length of the step.

import Recording
import Units

/// A picture of the timeline of a run.
package struct TimelinePicture: Sendable {
  /// The title above the lanes: the caller's words, the step time and the number of ranks.
  package let title: String
  private let rankCount: Int
  private let window: Range<Int64>
  private let bars: [Bar]
  private let lastStage: Int

  /// A span with its ink.
  struct Bar {
    var span: Span
    var ink: TimelineInk
    /// Whether it is drawn below the band, as sends and waits inside a cell are.
    var isBelow: Bool {
      ink == .send
        || (span.stream == "idle" && span.phase != .bubble && span.phase != .optimizer)
    }
    var start: Int64 { span.start.picoseconds }
    var end: Int64 { span.end.picoseconds }
  }

  /// - Parameters:
  ///   - title: what is drawn; the step time and the number of ranks follow it in the heading.
  ///   - spans: the bars to draw; only the streams in `streams` are used.
  ///   - window: the seconds to draw; nil for the whole step.
  /// - Returns: nil if there is nothing to draw.
  package init?(title: String, spans: [Span], window: Range<Double>? = nil) {
    let all = spans.compactMap { span in TimelineInk(span).map { Bar(span: span, ink: $0) } }
    let end = all.map(\.end).max() ?? 0
    let shown = Self.picoseconds(window ?? 0..<Double.infinity, end: end)
    guard !shown.isEmpty else { return nil }
    rankCount = (all.map(\.span.rank).max() ?? -1) + 1
    self.title =
      "\(title): step of \(durationText(seconds: Double(end) / 1e12)) on \(rankCount) ranks"
    self.window = shown
    lastStage = all.map(\.span.stage).max() ?? 0
    bars = all.filter { $0.start < shown.upperBound && $0.end > shown.lowerBound }
  }

  /// Returns the part of the step within a window of seconds.
  private static func picoseconds(_ window: Range<Double>, end: Int64) -> Range<Int64> {
    func instant(_ seconds: Double) -> Int64 {
      seconds >= Double(end) / 1e12 ? end : max(0, Int64(seconds * 1e12))
    }
    return instant(window.lowerBound)..<instant(window.upperBound)
  }

  /// The streams used in a picture.
  package static let streams = ["cells", "idle", "send_down", "send_up"]

  /// The picture as SVG.
  package var svg: String {
    let layout = Layout(rankCount: rankCount)
    let scale = TimelineScale(window: window, width: layout.plotWidth)
    var text = head(layout)
    for rank in 0..<rankCount {
      let own = bars.filter { $0.span.rank == rank }
      let y = pixelText(layout.top + Double(rank) * layout.pitch)
      text += "<g transform=\"translate(\(pixelText(layout.left)) \(y))\">\n"
      text += TimelineLane(own, scale: scale, layout: layout, lastStage: lastStage).svg
      text += "<text class=\"rank\" x=\"-8\" y=\"\(pixelText(layout.band / 2 + 4))\">"
      text += "rank \(rank)</text>\n</g>\n"
    }
    return text + axis(layout, scale) + legend(layout) + "</svg>\n"
  }

  private func head(_ layout: Layout) -> String {
    let size = "\(pixelText(layout.width)) \(pixelText(layout.height))"
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" role="img"
       font-family="Helvetica, Arial, sans-serif" font-size="12">
      <title>\(escapedXML(title))</title>
      <style>
      .rank { text-anchor: end; }
      .tick { text-anchor: middle; fill: #333; }
      .cell { text-anchor: middle; font-size: 10px; }

      """
    for ink in TimelineInk.allCases { text += ".\(ink.rawValue) { fill: \(ink.fill); }\n" }
    text += """
      .p2 { fill-opacity: 0.6; }
      </style>
      <defs>
      <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse">
      <rect width="5" height="5" fill="#fff"/><path d="M0 5L5 0" stroke="#888"/></pattern>
      <pattern id="dots" width="4" height="4" patternUnits="userSpaceOnUse">
      <rect width="4" height="4" fill="#fff"/><circle cx="2" cy="2" r="1.2" fill="#333"/></pattern>
      <pattern id="grid" width="4" height="4" patternUnits="userSpaceOnUse">
      <rect width="4" height="4" fill="#fff"/><path d="M0 0V4M0 0H4" stroke="#000"/></pattern>
      </defs>
      <rect width="100%" height="100%" fill="#fff"/>
      <text x="\(pixelText(layout.left))" y="24" font-size="16">\(escapedXML(title))</text>

      """
    return text
  }

  private func axis(_ layout: Layout, _ scale: TimelineScale) -> String {
    let y = layout.top + Double(rankCount) * layout.pitch
    let (unit, marks) = scale.ticks
    var path = "M0 0H\(pixelText(layout.plotWidth))"
    var labels = ""
    for mark in marks {
      let x = pixelText(scale.x(mark.picoseconds))
      path += "M\(x) 0v5"
      labels += "<text class=\"tick\" x=\"\(x)\" y=\"18\">\(mark.label)</text>\n"
    }
    return """
      <g transform="translate(\(pixelText(layout.left)) \(pixelText(y)))">
      <path d="\(path)" stroke="#333" fill="none"/>
      \(labels)<text class="tick" x="\(pixelText(layout.plotWidth / 2))" y="36">\
      time from the start of the step (\(unit))</text>
      </g>

      """
  }

  /// Draws swatches with the mean share of the drawn time for each kind.
  private func legend(_ layout: Layout) -> String {
    var sums = TimelineInk.allCases.map { _ in 0.0 }
    for bar in bars {
      let (start, end) = (max(bar.start, window.lowerBound), min(bar.end, window.upperBound))
      sums[bar.ink.caseIndex] += Double(end - start)
    }
    let whole = Double(window.upperBound - window.lowerBound) * Double(rankCount)
    let present = TimelineInk.allCases.indices.filter { sums[$0] > 0 }
    var text = ""
    for (entry, place) in present.enumerated() {
      let ink = TimelineInk.allCases[place]
      let x = layout.left + Double(entry % 4) * layout.plotWidth / 4
      let y = layout.legendTop + Double(entry / 4) * 20
      text += "<rect class=\"\(ink.rawValue)\" x=\"\(pixelText(x))\" y=\"\(pixelText(y))\""
      text += " width=\"18\" height=\"12\" stroke=\"#333\" stroke-width=\"0.5\"/>"
      text += "<text x=\"\(pixelText(x + 24))\" y=\"\(pixelText(y + 10))\">\(ink.label), "
      text += "\(significantText(sums[place] / whole * 100, digits: 3)) %</text>\n"
    }
    let y = layout.legendTop + Double((present.count + 3) / 4) * 20 + 10
    text += "<text x=\"\(pixelText(layout.left))\" y=\"\(pixelText(y))\" fill=\"#555\">"
    text += "Shares of the time shown: mean over ranks, by the first GPU of each. "
    text += "Numbers in cells are microbatches; paler: "
    text += "a stage in the second half of the path. Strips below a lane, from the top: compute "
    text += "waits inside a cell; sends to the next rank; to the previous one.</text>\n"
    return text
  }

  /// Sizes in pixels.
  struct Layout {
    let rankCount: Int
    let width = 1600.0
    let left = 72.0
    let top = 40.0
    var plotWidth: Double { width - left - 16 }
    /// The distance from lane to lane.
    var pitch: Double { rankCount <= 8 ? 44 : rankCount <= 32 ? 34 : 22 }
    /// The height of the band of cells; the strips take the rest of the pitch except a gap.
    var band: Double { pitch - 15 }
    var strip: Double { 3 }
    var legendTop: Double { top + Double(rankCount) * pitch + 48 }
    var height: Double { legendTop + 80 }
  }
}
