// The model: its configuration, its weights, and the selection biases, which have no gradient.

import Units

/// A small DeepSeek-V3.
package final class Transformer {
  package let configuration: ModelConfiguration
  /// The layout of `parameters`.
  package let layout: ParameterLayout
  /// All weights.
  package let parameters: FloatBuffer
  /// Selection biases `[routers, experts]`.
  package let biases: FloatBuffer

  /// A model with random weights.
  ///
  /// Matrices are uniform with standard deviation 1 / sqrt(inputs), which preserves the variance of
  /// activations. The last matrix of each residual branch is divided by sqrt(2 x layers), so that
  /// the variance of the residual stream does not grow with depth. Gains are 1, biases 0.
  ///
  /// - Precondition: the configuration is valid.
  package init(_ configuration: ModelConfiguration, seed: UInt64) {
    precondition(configuration.problems.isEmpty, "\(configuration.problems)")
    self.configuration = configuration
    layout = ParameterLayout(configuration)
    parameters = FloatBuffer(layout.count)
    biases = FloatBuffer(configuration.routers * configuration.gate.experts)
    for (index, entry) in layout.entries.enumerated() {
      fill(entry, seed: seed, index: index)
    }
  }

  private func fill(_ entry: ParameterLayout.Entry, seed: UInt64, index: Int) {
    let start = parameters.start + entry.offset
    guard !entry.isGain else {
      start.update(repeating: 1, count: entry.count)
      return
    }
    var deviation = 1 / Float(entry.columns).squareRoot()
    if entry.name == "embed" { deviation = 1 }
    if entry.name.hasSuffix("wo") || entry.name.hasSuffix("w_down") {
      deviation /= Float(2 * configuration.layers).squareRoot()
    }
    // A uniform variate between -1 and 1 has a standard deviation of 1 / sqrt(3).
    let reach = deviation * Float(3).squareRoot()
    var stream = RandomStream(
      seed: seed, purpose: RandomPurpose("engine.weights"), entity: index)
    for place in 0..<entry.count {
      // The midpoint of one of 2^24 equal cells: exact in Float32.
      let cell = Float(stream.next() >> 40) + 0.5
      start[place] = (cell * 0x1p-23 - 1) * reach
    }
  }

  /// The selection bias of a router `[experts]`.
  func bias(_ router: Int) -> UnsafeMutablePointer<Float> {
    biases.matrix(configuration.routers, configuration.gate.experts).row(router)
  }

  /// The index of the router of a layer of the main model; nil for a dense layer.
  func router(ofLayer layer: Int) -> Int? {
    layer < configuration.denseLayers ? nil : layer - configuration.denseLayers
  }
}
