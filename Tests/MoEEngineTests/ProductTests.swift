// Matrix products against sums in Double, for shapes that are tiled in different ways.

import Testing
import Units

@testable import MoEEngine

@Suite("Matrix product")
struct ProductTests {
  /// m, n, k: small shapes, few rows, more than one tile of columns, of the sum and of rows,
  /// partial tiles in every dimension, and empty sums.
  static let shapes = [
    (5, 7, 3), (20, 80, 33), (3, 500, 700), (40, 300, 200), (20, 70, 900), (700, 50, 40),
    (130, 257, 65), (4, 4, 0),
  ]

  @Test("every layout and tiling gives the sum of products", arguments: shapes)
  func sums(_ shape: (m: Int, n: Int, k: Int)) {
    let (m, n, k) = shape
    var random = RandomStream(seed: 1, purpose: RandomPurpose("tests.products"))
    func filled(_ count: Int) -> FloatBuffer {
      let buffer = FloatBuffer(count)
      buffer[0..<count] = (0..<count).map { _ in Float(random.uniform()) - 0.5 }
      return buffer
    }
    let (left, right, before) = (filled(m * k), filled(k * n), filled(m * n))
    for transposition in [Transposition.neither, .first, .second] {
      let a = transposition == .first ? left.matrix(k, m) : left.matrix(m, k)
      let b = transposition == .second ? right.matrix(n, k) : right.matrix(k, n)
      for isAdded in [false, true] {
        let (whole, cut) = (FloatBuffer(m * n), FloatBuffer(m * n))
        whole[0..<m * n] = before.values
        cut[0..<m * n] = before.values

        multiply(
          a, b, transposing: transposition, into: whole.matrix(m, n), scale: 0.5,
          accumulate: isAdded)
        Workers.one.multiply(
          a, b, transposing: transposition, into: cut.matrix(m, n), accumulate: isAdded)

        var worst = 0.0
        for row in 0..<m {
          for column in 0..<n {
            var sum = 0.0
            for index in 0..<k {
              let first = transposition == .first ? a.row(index)[row] : a.row(row)[index]
              let second = transposition == .second ? b.row(column)[index] : b.row(index)[column]
              sum += Double(first) * Double(second)
            }
            let place = row * n + column
            let old = isAdded ? Double(before.start[place]) : 0
            worst = max(worst, abs(Double(whole.start[place]) - (old + 0.5 * sum)))
            worst = max(worst, abs(Double(cut.start[place]) - (old + sum)))
          }
        }
        // k products of at most 1/4 each; every addition rounds by at most 2^-24 of the sum.
        #expect(worst <= Double(k + 1) * 0.25 * 0x1p-22, "\(transposition), added: \(isAdded)")
      }
    }
  }
}
