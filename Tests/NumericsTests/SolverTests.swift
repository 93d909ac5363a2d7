// Wrappers of GSL against equations that their results must satisfy.

import Foundation
import Testing

@testable import Numerics

@Suite("GSL's functions")
struct SolverTests {
  @Test(
    "1 + W0(-exp(-1 - x)) solves (1 - y) exp(y) = exp(-x)",
    arguments: [1e-14, 1e-9, 4.9e-7, 5.1e-7, 1e-5, 0.002, 0.3, 2.5, 8])
  func lambert(x: Double) {
    let y = lambertWAboveBranch(x)

    // y + ln(1 - y) = -x, as a series where it cancels: -y^2/2 - y^3/3 - ...
    let left =
      y < 0.01
      ? -(2...12).reduce(0.0) { $0 + power(y, Double($1)) / Double($1) }
      : y + log1p(-y)
    #expect(abs(left / -x - 1) < 1e-12, "\(y)")
  }

  @Test("a root is found where the signs differ, and only there")
  func roots() throws {
    let cube = try #require(root(from: 0, to: 3) { $0 * $0 * $0 - 2 })

    #expect(abs(cube - power(2, 1.0 / 3)) < 1e-14)
    #expect(root(from: 0, to: 1) { $0 + 1 } == nil)
    #expect(root(from: 0, to: 1) { $0 } == 0)
    #expect(root(from: 0, to: 1) { _ in .nan } == nil)
  }

  @Test("a minimum may lie inside or at an end")
  func minima() {
    let inside = minimum(from: 0, to: 10) { ($0 - 3.3) * ($0 - 3.3) + 1 }
    let end = minimum(from: 2, to: 10) { $0 }

    // A parabola's argument is known to the square root of the precision of its value.
    #expect(abs(inside.position - 3.3) < 1e-7 && abs(inside.value - 1) < 1e-14)
    #expect(end.position == 2 && end.value == 2)
  }

  @Test("an integral over adjacent intervals")
  func integrals() {
    let value = integral(over: [-10, 0, 10]) { exponential(-$0 * $0) }

    #expect(abs(value - Double.pi.squareRoot()) < 1e-12)
  }

  @Test("quantiles invert probabilities")
  func quantiles() {
    // Student's t of one degree is Cauchy's distribution: tan(pi/4) = 1 at 75 %.
    #expect(abs(studentQuantile(0.75, degrees: 1) - 1) < 1e-12)
    // Beta(1, 2): 1 - (1 - x)^2.
    #expect(abs(betaQuantile(0.75, 1, 2) - 0.5) < 1e-12)
    // Large exponents, where the normal approximation is good: mean 0.95, deviation 0.00154.
    #expect(abs(betaQuantile(1e-4, 19_000, 1_000) - 0.944) < 0.001)
    #expect(abs(normalProbability(normalQuantile(0.9)) - 0.9) < 1e-14)
  }

  @Test(
    "gamma quantiles invert probabilities for every shape",
    arguments: [0.05, 0.1, 0.5, 1, 5, 148, 1e7])
  func gammaQuantiles(shape: Double) {
    for probability in [1e-12, 1e-4, 0.05, 0.5, 0.95, 1 - 1e-9] {
      let quantile = gammaQuantile(shape: shape, probability)
      let found = regularizedGamma(shape: shape, quantile)
      #expect(abs(found / probability - 1) < 1e-10, "\(probability): \(quantile)")
    }
    // Shape 1 is exponential of mean 1.
    #expect(abs(gammaQuantile(shape: 1, 0.75) - logarithm(4)) < 1e-14)
  }

  @Test("Sobol's sequence fills halves evenly")
  func sequence() {
    let points = sobolSequence(count: 64, dimensions: 5)

    #expect(points[0] == [0, 0, 0, 0, 0])
    for dimension in 0..<5 {
      #expect(points.filter { $0[dimension] < 0.5 }.count == 32)
    }
  }
}
