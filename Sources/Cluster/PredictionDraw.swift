// One draw of what is not known exactly: kernels, clocks, links. Each figure is a function of the
// seed, the number of the draw and its own name, never of the order of questions, so that variants
// of a scenario draw alike.

import Units

/// The number of a draw.
package struct PredictionDraw: Hashable, Sendable {
  private let seed: UInt64
  private let number: Int

  /// Deviation of ln time of exchanges that no row of their constants measured: rows of the normal
  /// kernels that were not used are met within 7 %.
  package static let assumedExchangeSpread = 0.07
  /// ln of the longest call of a normal exchange kernel over the kernel that it launches; calls
  /// that run ahead hide all of it, and rows are of kernels.
  package static let assumedExchangeCalls = 0.35

  /// - Parameters:
  ///   - seed: that of the scenario, which all of its draws share.
  ///   - number: number of the draw, from 0.
  package init(seed: UInt64, number: Int) {
    self.seed = seed
    self.number = number
  }

  /// A uniform number between 0 and 1 with a name.
  package func uniform(_ name: String) -> Double {
    var random = RandomStream(
      seed: seed, purpose: RandomPurpose("prediction." + name), entity: number)
    return random.uniform()
  }
}

/// Times of exchange kernels over those at the rates of their rows.
package struct ExchangeError: Hashable, Sendable {
  /// Of all exchange kernels.
  package var kernels: Double
  /// Of normal kernels as they are called.
  package var calls: Double

  /// At the rates of the rows.
  package static let none = ExchangeError(kernels: 1, calls: 1)
}

extension ClusterSpec {
  /// The cluster of a draw: links that carry somewhat more or less than expected, and exchange
  /// kernels that take longer or not as long.
  ///
  /// - Parameters:
  ///   - draw: the draw, which the cluster keeps.
  ///   - exchangeDeviation: of ln time of exchange kernels on its GPUs.
  ///   - normalQuantile: of the standard normal distribution.
  ///   - exponential: e to a power.
  package func drawn(
    _ draw: PredictionDraw, exchangeDeviation: Double, normalQuantile: (Double) -> Double,
    exponential: (Double) -> Double
  ) -> ClusterSpec {
    func factor(_ name: String) -> Double {
      exponential(PredictionDraw.assumedExchangeSpread * normalQuantile(draw.uniform(name)))
    }
    var cluster = self
    cluster.draw = draw
    cluster.node.exchangeError = ExchangeError(
      kernels: exponential(exchangeDeviation * normalQuantile(draw.uniform("exchanges"))),
      calls: exponential(
        PredictionDraw.assumedExchangeCalls * draw.uniform("calls of exchanges")))
    cluster.node.nicPerDirection = BytesPerSecond(
      node.nicPerDirection.value * factor("scale-out links"))
    cluster.node.gpu.nvlinkPerDirection = BytesPerSecond(
      node.gpu.nvlinkPerDirection.value * factor("scale-up links"))
    return cluster
  }
}
