import Foundation
import Testing
import Units

@testable import Service

@Suite("Distributions of lengths")
struct LengthLawTests {
  private static let count = 100_000

  /// Mean and standard deviation of lengths at equally spaced quantiles.
  private func moments(_ law: LengthLaw) -> (mean: Double, deviation: Double) {
    let lengths = (0..<Self.count).map {
      Double(law.length(at: (Double($0) + 0.5) / Double(Self.count)))
    }
    let mean = lengths.reduce(0, +) / Double(Self.count)
    let square = lengths.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(Self.count)
    return (mean, square.squareRoot())
  }

  @Test("a uniform law has the mean and the deviation of whole numbers of its range")
  func uniform() {
    let (mean, deviation) = moments(.uniform(100...300))

    #expect(abs(mean - 200) < 0.01)
    // (n^2 - 1) / 12 for n equally likely whole numbers.
    #expect(abs(deviation - (Double(201 * 201 - 1) / 12).squareRoot()) < 0.01)
  }

  @Test("a log-normal law has its mean, and the deviation that follows from sigma")
  func lognormal() {
    let (mean, deviation) = moments(.lognormal(mean: 1000, sigma: 0.5, limits: 1...1_000_000))

    // mean x sqrt(exp(sigma^2) - 1); quantiles of a finite grid miss a part of the tail.
    #expect(abs(mean - 1000) < 1)
    #expect(abs(deviation - 1000 * (exp(0.25) - 1).squareRoot()) < 5)
  }

  @Test("an exponential law has a deviation equal to its mean")
  func exponential() {
    let (mean, deviation) = moments(.exponential(mean: 500, limits: 1...1_000_000))

    #expect(abs(mean - 500) < 0.5)
    #expect(abs(deviation - 500) < 1)
  }

  @Test("lengths beyond the limits are moved to them")
  func limits() {
    let law = LengthLaw.lognormal(mean: 1000, sigma: 3, limits: 16...4096)

    #expect(law.length(at: 1e-9) == 16)
    #expect(law.length(at: 1 - 1e-9) == 4096)
    #expect(LengthLaw.fixed(7).length(at: 0.3) == 7)
  }

  @Test("an empirical law gives each length its share, whatever the order and the sum")
  func empirical() {
    let law = LengthLaw.empirical(EmpiricalLengths([(30, 1), (10, 2), (20, 0), (10, 1)]))

    let lengths = [0.01, 0.74, 0.76, 0.99].map { law.length(at: $0) }

    #expect(lengths == [10, 10, 30, 30])
  }
}
