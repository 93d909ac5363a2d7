// The picture of memory against balance, element by element.

import Foundation
import FoundationXML
import Testing
import Units

@testable import Reports

@Suite("Pareto fronts as pictures")
struct ParetoTests {
  private static let gibibyte = 1_073_741_824.0

  private func point(
    _ label: String, gibibytes: Double, eplb: Double, best: Double, isFront: Bool = true
  ) -> ParetoSVG.Point {
    ParetoSVG.Point(
      label: label, bytes: gibibytes * Self.gibibyte, eplb: eplb, best: best, bound: 1,
      isFront: isFront)
  }

  /// Attributes of the elements of a class, in drawing order; those of the legend are in groups.
  private func attributes(_ kind: String, of svg: String) -> [[String: String]] {
    svg.split(separator: "\n").filter { line in
      !line.hasPrefix("<g ") && line.contains("class=\"\(kind)\"")
    }.map { line in
      line.matches(of: /(\w+)="([^"]*)"/).reduce(into: [:]) { $0[String($1.1)] = String($1.2) }
    }
  }

  private func places(_ kind: String, of svg: String) -> [[Double?]] {
    attributes(kind, of: svg).map { element in
      ["cx", "cy"].map { element[$0].flatMap(Double.init) }
    }
  }

  @Test("points leave a tenth of the span free on each side, and max/mean 1 is the baseline")
  func coordinates() throws {
    // Memory of 10 to 30 is drawn on an axis from 8 to 32, max/mean of 1 to 2 from 1 to 2.1.
    let svg = ParetoSVG(
      title: "a <b>",
      points: [
        point("64", gibibytes: 30, eplb: 1.25, best: 1),
        point("0", gibibytes: 10, eplb: 2, best: 1.5),
      ]
    ).text

    let (left, width, bottom, height) = (64.0, 720.0, 404.0, 340.0)
    func x(_ gibibytes: Double) -> Double { left + (gibibytes - 8) / 24 * width }
    func y(_ ratio: Double) -> Double { bottom - (ratio - 1) / 1.1 * height }
    func tenths(_ values: [Double]) -> [Double] { values.map { ($0 * 10).rounded() / 10 } }
    #expect(places("best", of: svg) == [tenths([x(10), y(1.5)]), tenths([x(30), y(1)])])
    #expect(places("eplb", of: svg) == [tenths([x(10), y(2)]), tenths([x(30), y(1.25)])])
    #expect(
      attributes("bound", of: svg).map { $0["d"] } == ["M124 404m-9 0h18", "M724 404m-9 0h18"])
    let root = try #require(try XMLDocument(xmlString: svg).rootElement())
    #expect(root.elements(forName: "title").first?.stringValue == "a <b>")
  }

  @Test("the line follows the front only: memory first, then the balance gained")
  func front() throws {
    let svg = ParetoSVG(
      title: "",
      points: [
        point("0", gibibytes: 10, eplb: 2, best: 2),
        point("32", gibibytes: 20, eplb: 2, best: 2, isFront: false),
        point("64", gibibytes: 30, eplb: 2, best: 1),
      ]
    ).text

    let line = try #require(attributes("front", of: svg).first)
    let y = pixelText(404 - 340 / 1.1)
    #expect(line["d"] == "M124 \(y)H724V404H784")
    #expect(places("best", of: svg).count == 2)
    #expect(places("best beaten", of: svg) == [[424, Double(y)]])
  }

  @Test("every point has its number above it and its figures in a tooltip")
  func labels() throws {
    let svg = ParetoSVG(
      title: "", points: [point("32", gibibytes: 20, eplb: 1.5, best: 1.25)]
    ).text

    #expect(svg.contains(">32</text>"))
    #expect(
      svg.contains("<title>32 redundant: 20 GiB per GPU, EPLB 1.5, best 1.25, bound 1</title>"))
  }

  @Test(
    "axes have at least four round ticks, whatever their extent",
    arguments: [(1, 2), (0.98, 1.0101), (0, 3_000), (41.7, 43.1)])
  func ticks(from: Double, to: Double) {
    let axis = Axis(from: from, to: to, start: 100, end: 300, unit: 1)

    let values = axis.ticks.compactMap { Double($0.label) }
    #expect((4...11).contains(values.count))
    for (value, tick) in zip(values, axis.ticks) {
      #expect((from...to).contains(value))
      #expect(abs(tick.place - (100 + (value - from) / (to - from) * 200)) < 0.01)
    }
  }
}
