import Testing

@testable import Service

@Suite("Exact fractions")
struct RatioTests {
  @Test("shares with many digits, their decay and large sums of tokens do not overflow")
  func large() {
    var spec = SchedulerSpec(policy: .sglang, seats: 2_048)
    spec.initialRatio = Ratio(0.086_419_752_3)
    spec.decaySteps = 600
    var estimate = OutputEstimate(spec)

    estimate.decline(steps: 599)
    let almostLeast = estimate.ratio
    estimate.correct(made: 999_999_937, steps: 20, requests: 2_048, outputs: 33_554_431_999)
    let corrected = estimate.ratio
    estimate.decline(steps: 10)

    #expect(almostLeast.value > spec.initialRatio.value * 0.14)
    #expect(corrected == Ratio(999_999_937 + 40_960, 33_554_431_999))
    #expect(estimate.ratio < corrected)
  }

  @Test("fractions are in lowest terms, and compare exactly")
  func terms() {
    #expect(Ratio(6, -8) == Ratio(-3, 4))
    #expect(Ratio(1, 3) < Ratio(333_333_333_333_334, 1_000_000_000_000_000))
    #expect(Ratio(1, 3) * Ratio(3, 1) == Ratio(1))
    #expect(Ratio(0.21) == Ratio(21, 100))
    #expect(Ratio(5, 6) - Ratio(1, 3) == Ratio(1, 2))
  }
}
