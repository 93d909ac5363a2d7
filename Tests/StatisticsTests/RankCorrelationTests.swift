// Expected values from the formula 1 - 6 sum d^2 / (n (n^2 - 1)) without ties, and from the
// product-moment correlation of mean ranks with them.

import Testing

@testable import Statistics

@Suite("Rank correlation")
struct RankCorrelationTests {
  @Test("any rising relation is one, any falling one minus one")
  func monotone() {
    let x = [0.1, 3, 2, 10]

    #expect(rankCorrelation(x, x.map { $0 * $0 * $0 }) == 1)
    #expect(rankCorrelation(x, x.map { 1 / $0 }) == -1)
  }

  @Test("the formula of rank differences")
  func formula() throws {
    // Ranks of the second: 1, 3, 2, 5, 4; differences 0, 1, 1, 1, 1: 1 - 6 x 4 / (5 x 24) = 0.8.
    let found = try #require(rankCorrelation([1, 2, 3, 4, 5], [1, 3, 2, 6, 5]))
    #expect(abs(found - 0.8) < 1e-12)
  }

  @Test("equal values share their mean rank")
  func ties() throws {
    // Ranks 1.5, 1.5, 3 and 1, 2, 3: covariance 1.5, squares 1.5 and 2.
    let found = try #require(rankCorrelation([7, 7, 9], [1, 2, 3]))
    #expect(abs(found - 1.5 / 3.0.squareRoot()) < 1e-12)
  }

  @Test("what does not vary has no correlation")
  func constant() {
    #expect(rankCorrelation([1, 1, 1], [1, 2, 3]) == nil)
    #expect(rankCorrelation([1, 2], [1, 2]) == nil)
  }
}
