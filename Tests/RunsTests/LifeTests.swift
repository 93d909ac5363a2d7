// Lives against the formulas of the Weibull distribution.

import Testing

@testable import Runs

@Suite("Life")
struct LifeTests {
  @Test("a Weibull life of shape 1 is exponential")
  func shapeOne() {
    let (weibull, plain) = (Life.weibull(shape: 1, scale: 7), Life.exponential(mean: 7))

    #expect(abs(weibull.mean - plain.mean) < 1e-12)
    #expect(abs(weibull.survival(3) - plain.survival(3)) < 1e-15)
    #expect(
      abs(
        weibull.failureAge(after: 2, probability: 0.3)
          - plain.failureAge(after: 2, probability: 0.3)) < 1e-12)
  }

  @Test("the failure age inverts the conditional survival", arguments: [0.0, 50, 400])
  func inverse(age: Double) {
    let life = Life.weibull(shape: 0.7, scale: 100)

    let failure = life.failureAge(after: age, probability: 0.25)

    #expect(abs(life.survival(failure) / life.survival(age) - 0.75) < 1e-12)
  }

  @Test("components that wear out fail no later the older they are", arguments: [1.5, 5, 20])
  func aged(shape: Double) throws {
    let hour = 3_600.0
    var item = FailureClass(
      "part", scope: .node, law: .life(.weibull(shape: shape, scale: 1_000 * hour)))
    let first = try [0.0, 500, 1_000, 2_000, 5_000].map { age in
      item.age = .seconds(age * hour)
      return try #require(ClassClock(item, count: 16, seed: 3, expected: hour).next)
    }

    #expect(zip(first, first.dropFirst()).allSatisfy { $0 >= $1 }, "\(first)")
  }

  @Test("the share that fails is that of the conditional survival, however small that is")
  func failedShare() {
    let life = Life.weibull(shape: 5, scale: 1_000)
    let young = 1 - life.survival(700) / life.survival(400)

    #expect(abs(life.failedShare(after: 400, within: 300) - young) < 1e-15)
    #expect(life.survival(5_000) == 0)
    let half = life.failureAge(after: 5_000, probability: 0.5) - 5_000
    #expect(abs(life.failedShare(after: 5_000, within: half) - 0.5) < 1e-9)
  }
}
