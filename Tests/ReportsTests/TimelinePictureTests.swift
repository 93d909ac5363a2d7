import Foundation
import FoundationXML
import Recording
import Testing
import Units

@testable import Reports

@Suite("Timelines as pictures")
struct TimelinePictureTests {
  private func span(
    _ rank: Int, _ stream: String, _ label: String, _ phase: Phase, _ start: Int64, _ end: Int64,
    stage: Int = 0
  ) -> Span {
    Span(
      rank: rank, stream: stream, label: label, phase: phase, stage: stage, microbatch: 0,
      start: SimTime(picoseconds: start), end: SimTime(picoseconds: end))
  }

  /// Ranks with alternating F and B of equal length, and a send after each.
  private func regular(ranks: Int, cells: Int) -> [Span] {
    (0..<ranks).flatMap { rank in
      (0..<cells).flatMap { cell in
        let start = Int64(cell) * 1_000_000_000
        let isForward = cell % 2 == 0
        return [
          span(
            rank, "cells", isForward ? "F\(cell)@0" : "B\(cell)@0",
            isForward ? .forwardAlone : .backwardAlone, start, start + 900_000_000),
          span(
            rank, "idle", "schedule", .bubble, start + 900_000_000, start + 1_000_000_000),
          span(rank, "send_down", "send activations", .forwardAlone, start, start + 300_000_000),
        ]
      }
    }
  }

  private func picture(_ spans: [Span], window: Range<Double>? = nil) throws -> String {
    try #require(TimelinePicture(title: "a <b> & c", spans: spans, window: window)).svg
  }

  @Test("every picture is XML with its title as text", arguments: [(1, 4), (8, 30), (40, 500)])
  func wellFormed(ranks: Int, cells: Int) throws {
    let svg = try picture(regular(ranks: ranks, cells: cells))

    let document = try XMLDocument(xmlString: svg)
    let root = try #require(document.rootElement())
    #expect(root.name == "svg")
    let title = root.elements(forName: "title").first?.stringValue
    #expect(title?.hasPrefix("a <b> & c: step of ") == true)
    #expect(title?.hasSuffix(" on \(ranks) ranks") == true)
    #expect(svg.contains(">rank \(ranks - 1)</text>"))
  }

  @Test("each kind of bar has its own fill and legend entry; unused kinds have none")
  func kinds() throws {
    let spans = [
      span(0, "cells", "F0@0", .forwardAlone, 0, 10),
      span(0, "cells", "D0@0", .backwardAlone, 10, 20),
      span(0, "cells", "F1@0|D2@1", .overlappedPair, 20, 30),
      span(0, "cells", "W1@0", .weightAlone, 30, 40),
      span(0, "cells", "update", .optimizer, 40, 50),
      span(0, "idle", "pipeline_transfer", .bubble, 50, 60),
      span(0, "idle", "exposed_combine", .forwardAlone, 2, 4),
      span(0, "compute", "attention forward", .forwardAlone, 0, 2),
    ]

    let svg = try picture(spans)

    let drawn: [TimelineInk] = [
      .forward, .backward, .overlapped, .backwardWeight, .optimizer, .transfer, .exposed,
    ]
    for ink in TimelineInk.allCases {
      #expect(svg.contains(">\(ink.label), ") == drawn.contains(ink), "\(ink)")
      #expect(svg.contains("class=\"\(ink.rawValue)\"") == drawn.contains(ink), "\(ink)")
    }
    #expect(Set(TimelineInk.allCases.map(\.fill)).count == TimelineInk.allCases.count)
    #expect(svg.contains(">forward (F), 16.7 %<"))
  }

  @Test("cells with enough room show their microbatch, and every cell has a tooltip")
  func labels() throws {
    let few = try picture(regular(ranks: 2, cells: 10))
    #expect(few.contains(">7</text>"))
    #expect(few.contains("<title>B7@0 7 ms + 900 us</title>"))

    let many = try picture(regular(ranks: 2, cells: 300))
    #expect(!many.contains("class=\"cell\" x"))
    #expect(many.contains("<title>B7@0 7 ms + 900 us</title>"))
  }

  @Test(
    "the size is bounded by ranks and width: tooltips are omitted when cells become narrow",
    arguments: [(16, 180), (16, 1_200), (2, 9_600)])
  func size(ranks: Int, cells: Int) throws {
    let svg = try picture(regular(ranks: ranks, cells: cells))

    #expect(svg.utf8.count < 1_000_000)
    #expect(svg.contains("<title>B1@0") == (cells == 180))
  }

  @Test("a window draws only the bars inside it, at full width")
  func window() throws {
    let spans = regular(ranks: 1, cells: 1_000)

    let svg = try picture(spans, window: 0.1..<0.11)

    #expect(svg.contains("<title>F100@0") && svg.contains("<title>B109@0"))
    #expect(!svg.contains("<title>B99@0") && !svg.contains("<title>F110@0"))
    #expect(svg.contains(">100</text>"))
    #expect(TimelinePicture(title: "", spans: spans, window: 5..<6) == nil)
    #expect(TimelinePicture(title: "", spans: [], window: nil) == nil)
  }

  @Test(
    "there are four to ten ticks, at round values in the most readable unit",
    arguments: [
      (
        Int64(0), Int64(17_940_000_000_000), "s", ["0", "2", "4", "6", "8", "10", "12", "14", "16"]
      ),
      (0, 1_300_000_000, "us", ["0", "200", "400", "600", "800", "1000", "1200"]),
      (
        2_000_000_000, 2_700_000_000, "us",
        ["2000", "2100", "2200", "2300", "2400", "2500", "2600", "2700"]
      ),
      (0, 3, "ps", ["0", "1", "2", "3"]),
    ])
  func ticks(start: Int64, end: Int64, unit: String, labels: [String]) {
    let ticks = TimelineScale(window: start..<end, width: 100).ticks

    #expect(ticks.unit == unit)
    #expect(ticks.marks.map(\.label) == labels)
  }
}
