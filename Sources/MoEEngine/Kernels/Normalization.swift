// RMSNorm: y = gain x / sqrt(mean(x^2) + epsilon) for each row.
// Legend: r = 1 / sqrt(mean(x^2) + epsilon), saved for each row; n = x r.

import Units

/// RMSNorm with a learned gain.
struct Normalization {
  /// Added to the mean square.
  let epsilon: Float
  let workers: Workers
  /// Rows per part.
  private static let blockRows = 64

  /// The number of parts, each of which has its own partial gradient of the gain.
  static func parts(of rows: Int) -> Int { (rows + blockRows - 1) / blockRows }

  /// Normalises each row.
  ///
  /// - Parameters:
  ///   - x, y: `[rows, width]`.
  ///   - gain: `[1, width]`.
  ///   - inverse: `[1, rows]`, receives r.
  func forward(_ x: Matrix, gain: Matrix, into y: Matrix, inverse: Matrix) {
    let width = x.columns
    workers.run(x.rows, by: Self.blockRows) { rows in
      for row in rows {
        let (x, y) = (x.row(row), y.row(row))
        let r = 1 / (dot(x, x, width) / Float(width) + epsilon).squareRoot()
        inverse.start[row] = r
        forEachLanes(width) {
          y.set(x.lanes($0) * r * gain.start.lanes($0), $0)
        } tail: {
          y.setTail(x.tail($0, width) * r * gain.start.tail($0, width), $0, width)
        }
      }
    }
  }

  /// The gradients of the input and the gain.
  ///
  /// dx = r (dy gain - n mean(dy gain n)). dgain is the sum over rows of dy n: first within each
  /// part, then over the parts in order.
  ///
  /// - Parameters:
  ///   - dy, x, dx: `[rows, width]`.
  ///   - gain, dgain: `[1, width]`.
  ///   - inverse: `[1, rows]`, the r that `forward` saved.
  ///   - partials: scratch, at least `[parts(of: rows), width]`.
  ///   - accumulate: whether the gradient is added to `dx` or overwrites it.
  func backward(
    _ dy: Matrix, _ x: Matrix, gain: Matrix, inverse: Matrix, into dx: Matrix, dgain: Matrix,
    partials: FloatBuffer, accumulate: Bool
  ) {
    let width = x.columns
    let parts = Self.parts(of: x.rows)
    let partials = partials.matrix(parts, width)
    workers.run(x.rows, by: Self.blockRows) { rows in
      let partial = partials.row(rows.lowerBound / Self.blockRows)
      partial.update(repeating: 0, count: width)
      for row in rows {
        backwardRow(
          dy.row(row), x.row(row), gain: gain.start, r: inverse.start[row], into: dx.row(row),
          partial: partial, width: width, accumulate: accumulate)
      }
    }
    dgain.clear()
    for part in 0..<parts { addScaled(1, partials.row(part), to: dgain.start, width) }
  }

  private func backwardRow(
    _ dy: UnsafeMutablePointer<Float>, _ x: UnsafeMutablePointer<Float>,
    gain: UnsafeMutablePointer<Float>, r: Float, into dx: UnsafeMutablePointer<Float>,
    partial: UnsafeMutablePointer<Float>, width: Int, accumulate: Bool
  ) {
    var sum = Lanes(repeating: 0)
    forEachLanes(width) {
      let slope = dy.lanes($0) * x.lanes($0) * r
      partial.set(partial.lanes($0) + slope, $0)
      sum += slope * gain.lanes($0)
    } tail: {
      let slope = dy.tail($0, width) * x.tail($0, width) * r
      partial.setTail(partial.tail($0, width) + slope, $0, width)
      sum += slope * gain.tail($0, width)
    }
    let mean = sum.laneSum / Float(width)
    forEachLanes(width) {
      let slope = r * (dy.lanes($0) * gain.lanes($0) - x.lanes($0) * r * mean)
      dx.set(accumulate ? dx.lanes($0) + slope : slope, $0)
    } tail: {
      let slope =
        r * (dy.tail($0, width) * gain.tail($0, width) - x.tail($0, width) * r * mean)
      dx.setTail(accumulate ? dx.tail($0, width) + slope : slope, $0, width)
    }
  }
}
