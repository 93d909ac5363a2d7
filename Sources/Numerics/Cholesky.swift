// The Cholesky factorisation of small symmetric matrices.
//
// Written out, because a BLAS chooses its kernels by the processor, and results must not depend on
// it. A matrix of 150 rows takes about a millisecond.

/// A symmetric positive definite matrix K as L L', with the solutions of its linear systems.
package struct Cholesky: Sendable {
  /// Rows of the matrix.
  package let size: Int
  /// L by rows; the part above the diagonal is unused.
  private var lower: [Double]

  /// - Parameters:
  ///   - size: rows and columns of the matrix.
  ///   - entry: the matrix; called for each row and each column up to the row.
  /// - Precondition: the matrix is positive definite.
  package init(size: Int, entry: (Int, Int) -> Double) {
    self.size = size
    lower = Array(repeating: 0, count: size * size)
    for i in 0..<size {
      for j in 0...i {
        var sum = entry(i, j)
        for k in 0..<j { sum -= lower[i * size + k] * lower[j * size + k] }
        if i == j {
          precondition(sum > 0, "the matrix is not positive definite")
          lower[i * size + i] = sum.squareRoot()
        } else {
          lower[i * size + j] = sum / lower[j * size + j]
        }
      }
    }
  }

  /// L^-1 b.
  private func forward(_ b: [Double]) -> [Double] {
    var x = b
    for i in 0..<size {
      var sum = x[i]
      for k in 0..<i { sum -= lower[i * size + k] * x[k] }
      x[i] = sum / lower[i * size + i]
    }
    return x
  }

  /// K^-1 b.
  package func solve(_ b: [Double]) -> [Double] {
    var x = forward(b)
    for i in (0..<size).reversed() {
      var sum = x[i]
      for k in (i + 1)..<max(size, i + 1) { sum -= lower[k * size + i] * x[k] }
      x[i] = sum / lower[i * size + i]
    }
    return x
  }

  /// b' K^-1 b.
  package func squaredLength(_ b: [Double]) -> Double {
    forward(b).reduce(0) { $0 + $1 * $1 }
  }

  /// A column of K^-1.
  package func inverseColumn(_ column: Int) -> [Double] {
    var unit = Array(repeating: 0.0, count: size)
    unit[column] = 1
    return solve(unit)
  }

  /// The diagonal of K^-1: column by column of L^-1, from the diagonal down.
  package func inverseDiagonal() -> [Double] {
    var diagonal = Array(repeating: 0.0, count: size)
    var x = diagonal
    for column in 0..<size {
      var sum = 0.0
      for i in column..<size {
        var value = i == column ? 1.0 : 0
        for k in column..<i { value -= lower[i * size + k] * x[k] }
        x[i] = value / lower[i * size + i]
        sum += x[i] * x[i]
      }
      diagonal[column] = sum
    }
    return diagonal
  }
}
