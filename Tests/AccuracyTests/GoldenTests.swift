// Scores against vectors of a separate implementation.

import Foundation
import Statistics
import Testing

@testable import Accuracy

@Suite("Scores of predictions")
struct GoldenTests {
  /// A vector: its cases and the tolerance, as text.
  private struct Vector<Case: Decodable>: Decodable {
    var tolerance: String
    var cases: [Case]

    static func named(_ name: String) throws -> Self {
      let file = try #require(
        Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
      return try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
    }
  }

  private struct ScoreCase: Decodable {
    var low: Double
    var high: Double
    var published: Double
    var score: Double
  }

  private struct CoverageCase: Decodable {
    var inside: Int
    var rows: Int
    var low: Double
    var high: Double
  }

  @Test("the interval score meets its vector")
  func intervalScore() throws {
    let vector = try Vector<ScoreCase>.named("interval_score")
    let tolerance = try #require(Double(vector.tolerance))

    for row in vector.cases {
      let score = Score(
        (row.low * row.high).squareRoot(), row.low...row.high, published: row.published)

      // The expected values have nine digits.
      #expect(abs(try #require(score.interval) - row.score) < 5 * tolerance, "\(row)")
      #expect(score.isInside == (row.low <= row.published && row.published <= row.high))
    }
  }

  @Test("the interval of the coverage meets its vector")
  func coverage() throws {
    let vector = try Vector<CoverageCase>.named("binomial_coverage")
    let tolerance = try #require(Double(vector.tolerance))

    for row in vector.cases {
      let inside = Score(1, 0.9...1.1, published: 1)
      let outside = Score(1, 0.9...1.1, published: 2)
      let summary = ScoreSummary(
        (0..<row.rows).map { ScoreSummary.Row($0 < row.inside ? inside : outside) })

      let interval = try #require(summary.coverageInterval)
      #expect(abs(interval.low - row.low) < tolerance && abs(interval.high - row.high) < tolerance)
      #expect(summary.share == Share(row.inside, of: row.rows))
    }
  }
}
