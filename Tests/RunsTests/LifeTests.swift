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
}
