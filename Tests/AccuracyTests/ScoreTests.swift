// Summaries of scores, from their definitions.

import Testing

@testable import Accuracy

@Suite("A summary of scores")
struct ScoreTests {
  private func rows(_ ratios: [Double], weights: [Double]? = nil) -> [ScoreSummary.Row] {
    zip(ratios, weights ?? ratios.map { _ in 1 }).map {
      ScoreSummary.Row(Score($0, nil, published: 1), weight: $1)
    }
  }

  @Test("errors are logarithms: twice and half of a figure are errors of the same size")
  func errors() throws {
    let summary = ScoreSummary(rows([2, 0.5]))

    let log2 = 0.693_147_180_559_945
    #expect(abs(try #require(summary.meanError) - log2) < 1e-12)
    #expect(abs(try #require(summary.bias)) < 1e-12)
  }

  @Test("the median of an even number of rows is the mean of the middle two")
  func median() throws {
    let values = [4.0, 1, 3, 2].map { (value: $0, weight: 1.0) }

    #expect(ScoreSummary.quantile(values, 0.5) == 2.5)
    // The ranks 0 to 3 stand for shares 0 to 1, so 0.9 is at rank 2.7.
    #expect(abs(try #require(ScoreSummary.quantile(values, 0.9)) - 3.7) < 1e-12)
    #expect(ScoreSummary.quantile([], 0.5) == nil)
    #expect(ScoreSummary.quantile([(7, 2)], 0.9) == 7)
  }

  @Test("two rows of half the weight count as one row of the whole")
  func weights() throws {
    let halves = ScoreSummary(rows([2, 2, 4], weights: [0.5, 0.5, 1]))
    let wholes = ScoreSummary(rows([2, 4]))

    let (first, second) = (try #require(halves.meanError), try #require(wholes.meanError))
    #expect(abs(first - second) < 1e-12)
  }

  @Test("rows without an interval have errors and no coverage")
  func withoutIntervals() {
    let summary = ScoreSummary(rows([1.1, 0.9]))

    #expect(summary.coverage == nil && summary.coverageInterval == nil && summary.meanScore == nil)
    #expect(summary.share.trials == 0 && summary.meanError != nil)
  }

  @Test("a published figure is inside, or misses by more than the interval")
  func insideAndOutside() throws {
    let inside = Score(10, 9...11, published: 10.9)
    let outside = Score(10, 9...11, published: 11.1)

    #expect(inside.isInside == true && outside.isInside == false)
    #expect(try #require(outside.interval) > #require(inside.interval))
    #expect(inside.halfWidth == outside.halfWidth)
  }
}
