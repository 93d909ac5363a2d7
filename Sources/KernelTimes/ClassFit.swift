// The fit of a class: parameters of each of its series, what the others say about them, outliers,
// and tails of errors.

import Numerics
import Units

/// The fitted constants of one series.
struct SeriesFit: Hashable, Sendable {
  /// Parameters at which the law is taken as linear.
  var theta: [Double]
  /// Means and deviations of their logarithms by the other series.
  var means: [Double]
  var deviations: [Double]
  /// A factor on the variance of each row's noise.
  var noiseScale: [Double]

  /// What other series say about the parameters.
  var prior: ParameterPrior { ParameterPrior(means: means, deviations: deviations) }

  /// A series conditioned on the rows of this fit.
  ///
  /// - Parameter places: of the rows that were fitted.
  func conditioned(_ series: Series, _ places: [Int]) -> ConditionedSeries {
    ConditionedSeries(
      series, theta: theta, prior: prior, rows: places, noiseScale: noiseScale)
  }
}

/// The fitted constants of a class.
struct ClassFit: Sendable {
  let kernelClass: MeasuredClass
  /// In the order of the class's series.
  var fits: [SeriesFit]
  /// Errors of rows between measured shapes, and at shapes of which no row is measured.
  var tail: ErrorTail
  var newShapeTail: ErrorTail

  /// Fits a class to rows.
  ///
  /// - Parameter kept: the rows to use of each series, as places; all if nil.
  init(_ kernelClass: MeasuredClass, _ series: [Series], rows kept: [[Int]]? = nil) {
    self.kernelClass = kernelClass
    let places = kept ?? series.map { Array($0.rows.indices) }
    let start = ParameterPrior(kernelClass.constants)
    let used = series.indices.filter { !places[$0].isEmpty }
    let first = used.map {
      (series: series[$0], theta: series[$0].fit(near: start, rows: places[$0]))
    }
    fits = series.indices.map { s in
      let prior = ParameterPrior(for: series[s], from: first)
      let theta =
        places[s].isEmpty
        ? prior.means.map(exponential) : series[s].fit(near: prior, rows: places[s])
      return SeriesFit(
        theta: theta, means: prior.means, deviations: prior.deviations,
        noiseScale: Array(repeating: 1, count: places[s].count))
    }
    for s in used {
      // Twice, because the errors of others depend on what an outlier pulls.
      for _ in 0..<2 {
        let errors = fits[s].conditioned(series[s], places[s]).leaveOneOut()
        fits[s].noiseScale = errors.map {
          let z = $0.error / $0.deviation
          return min(100, max(1, (4 + z * z) / 5))
        }
      }
    }
    (tail, newShapeTail) = (ErrorTail(scale: 1, degrees: 4), ErrorTail(scale: 1, degrees: 4))
    var (alone, blocks): ([Double], [Double]) = ([], [])
    for s in used {
      let conditioned = fits[s].conditioned(series[s], places[s])
      alone += conditioned.leaveOneOut().map { $0.error / $0.deviation }
      for block in series[s].shapes(of: places[s]) {
        blocks += conditioned.leaveOut(block).map { $0.error / $0.deviation }
      }
    }
    guard !alone.isEmpty else { return }
    tail = ErrorTail(fitting: alone)
    newShapeTail = ErrorTail(fitting: blocks)
    tail.scale *= ErrorTail.refitScale
    newShapeTail.scale *= ErrorTail.refitScale
  }
}

extension Series {
  /// Rows grouped by shape: the extents besides rows, tokens or context. Places in `kept`.
  func shapes(of kept: [Int]) -> [[Int]] {
    var (groups, order): ([[Double]: [Int]], [[Double]]) = ([:], [])
    for (place, row) in kept.enumerated() {
      let shape = kernelClass.shape(rows[row].extents)
      if groups[shape] == nil { order.append(shape) }
      groups[shape, default: []].append(place)
    }
    return order.compactMap { groups[$0] }
  }
}

extension MeasuredClass {
  /// The shape of a kernel as a name.
  package func shapeText(_ extents: [Double]) -> String {
    shape(extents).map { "\($0)" }.joined(separator: " ")
  }

  /// The extents that make a shape new: weights of a product, layout of heads, size of an expert
  /// group, batch of a decode kernel.
  func shape(_ extents: [Double]) -> [Double] {
    switch self {
    case .gemm: [extents[1], extents[2]]
    case .grouped: [extents[2], extents[3]]
    case .expertBlock: [extents[1], extents[2], extents[3], extents[4]]
    case .attentionForward, .attentionBackward: Array(extents[1..<5]) + [extents[6]]
    case .decode: [extents[0], extents[2]]
    case .norm, .cast, .lowLatency: [extents[1]]
    case .collective: [extents[1]]
    }
  }
}
