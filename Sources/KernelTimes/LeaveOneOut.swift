// How well each class predicts rows that it has not seen: one row left out, all rows of a shape
// left out, and all rows of a GPU left out.

import Numerics
import Units

/// Sizes of errors of ln time, and how many of them their intervals held.
package struct ErrorSummary: Hashable, Sendable {
  /// Rows that were predicted.
  package var rows: Int
  /// The median of |ln(measured / predicted)|.
  package var median: Double
  /// The 90th percentile.
  package var ninetieth: Double
  /// Rows inside the intervals of `probabilities`.
  package var inside: [Int]
  /// Median half-width of the 90 % intervals, in ln time.
  package var halfWidth: Double

  /// Probabilities of the intervals.
  package static let probabilities = [0.5, 0.8, 0.9, 0.95]

  /// - Parameter errors: with the standard deviation and the tail of each prediction; not empty.
  init(_ errors: [(error: Double, deviation: Double, tail: ErrorTail)]) {
    let sizes = errors.map { abs($0.error) }
    rows = errors.count
    median = quantile(sizes, 0.5)
    ninetieth = quantile(sizes, 0.9)
    var factors: [ErrorTail: [Double]] = [:]
    for (_, _, tail) in errors where factors[tail] == nil {
      factors[tail] = Self.probabilities.map(tail.halfWidth)
    }
    var (inside, halves): ([Int], [Double]) = (Self.probabilities.map { _ in 0 }, [])
    for (error, deviation, tail) in errors {
      guard let widths = factors[tail] else { continue }
      for (place, width) in widths.enumerated() where abs(error) <= width * deviation {
        inside[place] += 1
      }
      halves.append(widths[2] * deviation)
    }
    self.inside = inside
    halfWidth = quantile(halves, 0.5)
  }
}

/// The errors of one class, or of all.
package struct LeaveOneOut: Sendable {
  /// The class; nil for all of them.
  package var kernelClass: MeasuredClass?
  /// Its series.
  package var series: Int
  /// Each row from the others of its series.
  package var row: ErrorSummary
  /// All rows of a shape from the others of their series; nil where rows are all of one shape.
  package var shape: ErrorSummary?
  /// All rows of a GPU from those of other GPUs.
  package var gpu: ErrorSummary

  /// The errors of every class on the compiled rows, then of all classes together.
  package static var all: [LeaveOneOut] {
    let classes = MeasuredClass.allCases.map { Predictions($0) }
    let sum = classes.reduce(into: Predictions()) { $0 += $1 }
    return zip(MeasuredClass.allCases, classes).map { LeaveOneOut($0, $1) }
      + [LeaveOneOut(nil, sum)]
  }

  private init(_ kernelClass: MeasuredClass?, _ predictions: Predictions) {
    self.kernelClass = kernelClass
    series = predictions.series
    row = ErrorSummary(predictions.rows)
    shape = predictions.shapes.isEmpty ? nil : ErrorSummary(predictions.shapes)
    gpu = ErrorSummary(predictions.gpus)
  }
}

/// The predictions of rows that were left out.
private struct Predictions {
  typealias Errors = [(error: Double, deviation: Double, tail: ErrorTail)]
  var series = 0
  var (rows, shapes, gpus): (Errors, Errors, Errors) = ([], [], [])

  init() {}

  init(_ kernelClass: MeasuredClass) {
    let all = Series.all.filter { $0.kernelClass == kernelClass }
    series = all.count
    let fit = ClassFit.compiled.first { $0.kernelClass == kernelClass }
    for (series, constants) in zip(all, fit?.fits ?? []) {
      let places = Array(series.rows.indices)
      let conditioned = constants.conditioned(series, places)
      let tails = KernelLibrary.compiled.tails(kernelClass)
      // Without its only row a series has none: that row is one of those of a GPU.
      if places.count > 1 {
        rows += conditioned.leaveOneOut().map { ($0.error, $0.deviation, tails.tail) }
      }
      let blocks = series.shapes(of: places)
      if kernelClass != .collective {
        for block in blocks {
          shapes += conditioned.leaveOut(block).map { ($0.error, $0.deviation, tails.newShape) }
        }
      }
      let borrowed = KernelModel(
        kernelClass, series.kind.name, on: series.device, sustained: false,
        withheld: series.device.name)
      gpus += series.rows.map { row in
        let predicted = borrowed.microseconds(row.extents, share: row.share)
        let spread = borrowed.spread(row.extents, share: row.share)
        let error = naturalLogarithm(row.microseconds) - naturalLogarithm(predicted)
        return (error, spread.deviation, spread.tail)
      }
    }
  }

  static func += (sum: inout Predictions, other: Predictions) {
    sum.series += other.series
    sum.rows += other.rows
    sum.shapes += other.shapes
    sum.gpus += other.gpus
  }
}
