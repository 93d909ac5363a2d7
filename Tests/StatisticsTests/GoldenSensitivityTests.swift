// Designs and estimators against analytic indices and a separate implementation's arithmetic.

import Foundation
import Testing

@testable import Statistics

@Suite("Sensitivity equals the golden one")
struct GoldenSensitivityTests {
  private func vector(_ function: String) throws -> GoldenVector {
    try #require(
      GoldenVector.all(in: "sensitivity").first {
        $0.inputs["function"].text?.hasPrefix(function) == true
      })
  }

  /// Checks estimates against analytic indices, by the estimates' own bootstrap spread.
  private func check(
    _ vector: GoldenVector, dimensions: Int, _ function: ([Double]) -> Double
  ) throws {
    let sobol = Sobol(dimensions: dimensions, rows: 4096, seed: 7)

    let indices = sobol.indices(sobol.points.map(function), resamples: 200)

    for (index, (first, total)) in zip(
      indices, zip(vector.expected["first_order"].numbers, vector.expected["total"].numbers))
    {
      // Quasi-random points err less than the bootstrap of independent rows says; twice its
      // interval is generous, and 1e-4 covers indices of 7e-5.
      let widths = (
        index.firstInterval.high - index.firstInterval.low + 1e-4,
        index.totalInterval.high - index.totalInterval.low + 1e-4
      )
      #expect(abs(index.first - first) < widths.0, "first \(index) against \(first)")
      #expect(abs(index.total - total) < widths.1, "total \(index) against \(total)")
      #expect(widths.0 < 0.2 && widths.1 < 0.2)
    }
  }

  @Test("Ishigami's function")
  func ishigami() throws {
    try check(vector("Ishigami"), dimensions: 3) { point in
      let x = point.map { (2 * $0 - 1) * Double.pi }
      return sin(x[0]) + 7 * pow(sin(x[1]), 2) + 0.1 * pow(x[2], 4) * sin(x[0])
    }
  }

  @Test("Sobol's g function of eight inputs")
  func gFunction() throws {
    let vector = try vector("Sobol g")
    let a = vector.inputs["a"].numbers
    try check(vector, dimensions: 8) { point in
      zip(point, a).reduce(1) { $0 * (abs(4 * $1.0 - 2) + $1.1) / (1 + $1.1) }
    }
  }

  @Test("a linear function, by Sobol, Morris and tornado")
  func linear() throws {
    let vector = try vector("linear")
    func linear(_ x: [Double]) -> Double { 3 * x[0] - 2 * x[1] + 0.5 * x[2] }
    try check(vector, dimensions: 3, linear)

    let morris = Morris(dimensions: 3, trajectories: 10, seed: 3)
    let effects = morris.effects(morris.points.map(linear))
    let tornado = Tornado(dimensions: 3, ends: Interval(0, 1))
    let swings = tornado.swings(tornado.points.map(linear))

    for (input, effect) in effects.enumerated() {
      #expect(abs(effect.mean - vector.expected["morris_mu"].numbers[input]) < 1e-12)
      #expect(abs(effect.meanSize - vector.expected["morris_mu_star"].numbers[input]) < 1e-12)
      #expect(abs(effect.standardDeviation) < 1e-12)
      #expect(
        abs((swings[input] ?? .nan) - vector.expected["tornado_swing"].numbers[input]) < 1e-12)
    }
  }

  @Test("a constant added to the result changes no index")
  func constant() {
    let sobol = Sobol(dimensions: 2, rows: 512, seed: 1)
    let values = sobol.points.map { $0[0] + $0[0] * $0[1] }

    let (plain, shifted) = (sobol.indices(values), sobol.indices(values.map { $0 + 1e6 }))

    for (a, b) in zip(plain, shifted) {
      #expect(abs(a.first - b.first) < 1e-8 && abs(a.total - b.total) < 1e-8)
    }
  }

  @Test("results that are missing take their row, their step or their swing out, and no other")
  func missing() throws {
    let sobol = Sobol(dimensions: 2, rows: 8, seed: 1)
    let full = sobol.points.map { $0[0] + $0[0] * $0[1] }
    var part: [Double?] = full
    part[8 + 2] = nil
    part[3 * 8 + 5] = nil
    let whole = sobol.wholeRows(part)
    let morris = Morris(dimensions: 2, trajectories: 2, seed: 3)
    var path: [Double?] = morris.points.map { 3 * $0[0] - $0[1] }
    path[0] = nil
    let tornado = Tornado(dimensions: 2)

    let effects = morris.effects(path)
    let swings = tornado.swings([5, nil, 7, nil, nil])

    #expect(whole == [0, 1, 3, 4, 6, 7] && sobol.indices(part).allSatisfy { $0.total.isFinite })
    #expect(sobol.indices([Double?](repeating: nil, count: 32)).allSatisfy { $0.first == 0 })
    #expect(effects.map(\.count).reduce(0, +) == 3)
    #expect(effects.allSatisfy { $0.count == 0 || $0.standardDeviation < 1e-12 })
    #expect(swings == [2, nil])
    #expect(
      tornado.swings([5, 7, 7, 4, 6]) == [2, 2], "both ends of the first are above the middle")
  }

  @Test("the estimators' arithmetic")
  func arithmetic() throws {
    let vector = try vector("x1^2")
    let sobol = Sobol(
      first: vector.inputs["A"].list.map(\.numbers), second: vector.inputs["B"].list.map(\.numbers))

    let indices = sobol.indices(
      sobol.points.map { $0[0] * $0[0] + $0[0] * $0[1] + $0[1] / 2 }, centred: false,
      resamples: 1)

    for (index, expected) in zip(indices, vector.expected["first_order_saltelli_2010"].numbers) {
      #expect(abs(index.first / expected - 1) < 1e-12)
    }
    for (index, expected) in zip(indices, vector.expected["total_jansen"].numbers) {
      #expect(abs(index.total / expected - 1) < 1e-12)
    }
  }

  @Test("Latin hypercubes from given uniforms")
  func latinHypercube() throws {
    var count = 0
    for vector in try GoldenVector.all(in: "sensitivity") {
      let size = vector.inputs["latin_hypercube"]
      guard let points = size["points"].number, let dimensions = size["dimensions"].number else {
        continue
      }
      count += 1
      var uniforms = vector.inputs["uniforms_in_order"].numbers[...]

      let design = LatinHypercube(count: Int(points), dimensions: Int(dimensions)) {
        uniforms.removeFirst()
      }

      for (point, expected) in zip(design.points, vector.expected["points"].list) {
        for (value, expected) in zip(point, expected.numbers) {
          #expect(abs(value / expected - 1) < 1e-12)
        }
      }
      #expect(uniforms.isEmpty)
    }
    #expect(count == 3)
  }
}
