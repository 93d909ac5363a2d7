// The heatmap as text.

import Foundation
import Testing

@testable import Reports

@Suite("Heatmap")
struct HeatmapTests {
  private func svg(_ rows: [[Double]], title: String = "load") -> String {
    HeatmapSVG(
      title: title, panels: [HeatmapSVG.Panel(title: "before", rows: rows)], scaleNote: "x"
    ).text
  }

  @Test("there is one cell per number: white at 1, full red at the largest, blue below 1")
  func cells() {
    let text = svg([[1, 2], [0.5, 1]])

    // Background, four cells, a frame, and a legend of 24.
    #expect(text.components(separatedBy: "<rect").count - 1 == 1 + 4 + 1 + 24)
    #expect(text.contains("fill=\"#b2182b\""))
    // Halfway to blue: (255 + 33) / 2, (255 + 102) / 2, (255 + 172) / 2.
    #expect(text.contains("fill=\"#90b3d6\""))
    #expect(text.hasPrefix("<svg xmlns=") && text.hasSuffix("</svg>\n"))
  }

  @Test("titles cannot break the markup")
  func escaping() {
    #expect(svg([[1]], title: "a<b & c>").contains("a&lt;b &amp; c&gt;"))
  }
}
