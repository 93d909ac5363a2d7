import Foundation
import Testing

@testable import Recording

@Suite("The catalogue of metrics")
struct MetricTests {
  @Test("every entry of the catalogue is listed once, with a unique name and a definition")
  func catalogue() throws {
    let files = ["MetricCatalogue", "MetricCatalogue+Service", "MetricCatalogue+Run"]
    let entries = try files.reduce(0) { count, name in
      let file = URL(filePath: #filePath)
        .appending(path: "../../../Sources/Recording/\(name).swift").standardized
      return try count
        + String(contentsOf: file, encoding: .utf8)
        .matches(of: /package static let \w+ = MetricKind\(/).count
    }

    #expect(MetricKind.all.count == entries)
    #expect(Set(MetricKind.all.map(\.name)).count == entries)
    #expect(Set(MetricKind.all.map(\.label)).count == entries)
    #expect(MetricKind.all.allSatisfy { $0.definition.count > 10 })
    #expect(MetricKind.all.allSatisfy { MetricKind.named($0.name) == $0 })
  }

  @Test("a unit has one symbol, and values are printed with it")
  func units() {
    #expect(MetricUnit.allCases.allSatisfy { !$0.symbol.isEmpty })
    // Shares and ratios are both plain numbers.
    #expect(Set(MetricUnit.allCases.map(\.symbol)).count == MetricUnit.allCases.count - 1)
    #expect(MetricUnit.second.text(0.0125) == "12.5 ms")
    #expect(MetricUnit.share.text(0.4323) == "43.23 %" && MetricUnit.ratio.text(1.5) == "1.5")
    #expect(MetricUnit.usd.text(5_328_246) == "USD 5.328 million")
    #expect(MetricUnit.tokenPerSecondPerNode.text(25_600) == "25,600 tokens/s")
    #expect(MetricUnit.teraflops.text(431.3) == "431.3 TFLOP/s")
  }

  @Test(
    "counts are readable at every size",
    arguments: [
      (12.0, "12"), (2_048, "2,048"), (999_999, "999,999"), (999_999.9, "1 million"),
      (180_123.4, "180,100"), (65_536, "65,536"),
      (62_914_560, "62.91 million"), (14.8e12, "14.8 trillion"), (0, "0"),
    ])
  func counts(value: Double, text: String) {
    #expect(countText(value) == text)
  }

  @Test(
    "a scope can be read back from its stored form, and from no other text",
    arguments: [
      MetricScope.all, .rank(0), .rank(15), .pool("prefill"), .pool("a:b"), .pool(""),
      .class("chat"), .class("pool:a"),
    ])
  func scopes(scope: MetricScope) {
    #expect(MetricScope(rawValue: scope.rawValue) == scope)
    for text in ["", "rank", "rank:", "rank:x", "pool", "all:1", "whole"] {
      #expect(MetricScope(rawValue: text) == nil, "\(text)")
    }
  }

  @Test("INV-12: a non-finite statistic for part of the run stops it with its full name")
  func notFinite() {
    var result = SimulationResult(stepTime: .zero, metrics: [Metric(.stepTime, 1)])
    result.metrics.append(
      Metric(.timePerOutputToken, .nan, scope: .pool("decode"), statistic: .p999))

    #expect(result.value(.timePerOutputToken) == nil)
    #expect(result.value(.timePerOutputToken, of: .pool("decode"), .p999)?.isNaN == true)
    #expect { try result.checkInvariants() } throws: {
      ($0 as? BrokenInvariant)?.number == 12
        && "\($0)".contains("tpot_s.p99.9@pool:decode is nan")
    }
  }
}
