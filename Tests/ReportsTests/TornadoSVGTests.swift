// The picture of a tornado, element by element.

import Foundation
import FoundationXML
import Recording
import Testing

@testable import Reports
@testable import Statistics

@Suite("Tornadoes as pictures")
struct TornadoSVGTests {
  private func picture(_ values: [Double?], keys: [String] = ["a", "b"]) throws -> String? {
    let design = DesignRecord(
      kind: .tornado, size: 1, seed: 0,
      ranges: keys.map { DesignRecord.Range(key: $0, low: "0", high: "<1>") })
    let trials = try SampleExperiment(
      [AxisRecord(keys: keys, points: values.count, design: design)],
      parameters: Tornado(dimensions: keys.count).points.map { point in
        zip(keys, point).map { (key: $0, value: $1 > 0.5 ? "<1>" : "\($1)") }
      }, values: values)
    return TornadoSVG(try trials.sensitivity())?.text
  }

  /// Attributes of the bars of a class, in drawing order; the legend's are the first.
  private func bars(_ kind: String, _ svg: String) -> [[String: String]] {
    svg.matches(of: /<rect class="(\w+)"([^>]*)>/).filter { $0.1 == kind }.dropFirst().map {
      String($0.2).matches(of: /(\w+)="([^"]*)"/).reduce(into: [:]) {
        $0[String($1.1)] = String($1.2)
      }
    }
  }

  @Test("bars run from the base line to each result, and their labels stand outside")
  func coordinates() throws {
    // Results from 0 to 10 with 3 on each side: 560 pixels for 16, from 24 + 12 x 6.8 = 105.6.
    let svg = try #require(try picture([4, 0, 10, 4, 5]))

    func x(_ value: Double) -> String { pixelText(105.6 + (value + 3) / 16 * 560) }
    let (low, high) = (bars("low", svg), bars("high", svg))
    #expect(low.map { $0["x"] } == [x(0), x(4)] && low.map { $0["width"] } == ["140", "0"])
    #expect(high.map { $0["x"] } == [x(4), x(4)] && high.map { $0["width"] } == ["210", "35"])
    #expect(low.map { $0["y"] } == ["76", "104"])
    #expect(svg.contains("M\(x(4)) 68v64"))
    #expect(svg.contains(">&lt;1&gt;</text>"))
    #expect(svg.contains("<title>a: 0 at 0.05, 10 at &lt;1&gt;, base 4, swing 10</title>"))
    #expect(try XMLDocument(xmlString: svg).rootElement()?.name == "svg")
  }

  @Test("axes beside a design have a heading each, below one another")
  func groups() throws {
    let design = DesignRecord(
      kind: .tornado, size: 1, seed: 0,
      ranges: [DesignRecord.Range(key: "a", low: "0", high: "1")])
    let trials = try SampleExperiment(
      [AxisRecord(keys: ["n"], points: 2), AxisRecord(keys: ["a"], points: 3, design: design)],
      parameters: ["x", "y"].flatMap { n in
        ["0.5", "0", "1"].map { [("n", n), ("a", $0)] }
      }, values: [1, 0, 2, 3, 2, 4])

    let svg = try #require(TornadoSVG(try trials.sensitivity())?.text)

    // The first bar lies below its heading of 24; then 28 of the bar, 12 of the gap, a heading.
    #expect(bars("low", svg).map { $0["y"] } == ["100", "164"])
    #expect(svg.contains(">n=x</text>") && svg.contains(">n=y</text>"))
  }

  @Test("two ends on one side of the base line: the longer half is drawn first")
  func oneSide() throws {
    let svg = try #require(try picture([1, 3, 5], keys: ["a"]))

    let kinds = svg.matches(of: /<rect class="(low|high)"/).map { String($0.1) }
    #expect(kinds == ["low", "high", "high", "low"], "legend, then the bars")
  }

  @Test("results that are all alike, or missing, still make a picture")
  func alike() throws {
    let svg = try #require(try picture([7, 7, nil], keys: ["a"]))

    #expect(bars("low", svg).count == 1 && bars("high", svg).isEmpty)
    #expect(!svg.contains("nan") && !svg.contains("inf"))
  }
}
