// Interpolation: exact at measured points, bounded everywhere else.

import Testing

@testable import Numerics

@Suite("Interpolation")
struct InterpolationTests {
  let points: [(coordinates: [Double], value: Double)] = [
    ([0, 0], 1), ([1, 0], 3), ([0, 2], 7),
  ]

  @Test("the inverse-distance mean is exact at every measured point")
  func exactAtPoints() {
    for point in points {
      #expect(inverseDistanceMean(of: points, at: point.coordinates) == point.value)
    }
  }

  @Test("the inverse-distance mean stays within the measured range")
  func bounded() {
    for x in stride(from: -4.0, through: 4.0, by: 0.37) {
      let value = inverseDistanceMean(of: points, at: [x, 1 - x])
      #expect((1...7).contains(value))
    }
  }

  @Test("midway between two equally distant points, the mean is the midpoint")
  func middle() {
    let two: [(coordinates: [Double], value: Double)] = [([0], 2), ([2], 6)]
    #expect(inverseDistanceMean(of: two, at: [1]) == 4)
  }

  @Test("log2 of a power of two is its exponent")
  func powers() {
    #expect(log2(4096) == 12)
  }
}
