// Traffic under load shares: the rows of each GPU are given, and a sample of tokens that follows
// the layer's loads says how many distinct tokens they belong to, on each GPU and in each domain.
//
// Validity: tokens choose independently in proportion to the loads, and all GPUs' tokens alike. A
// microbatch has more or fewer tokens on a GPU in proportion to its rows.

/// Distinct tokens per row of one layer.
package struct LayerSample: Hashable, Sendable {
  /// Distinct tokens per row of each GPU, `[gpus]`.
  fileprivate var arrived: RowRatios
  /// Distinct tokens per row of each domain, `[domains]`.
  fileprivate var visits: RowRatios
  /// Domains and GPUs that a token of the sample visits.
  package let fanOut: TokenFanOut

  /// Number of sampled tokens that represent all.
  package static let sampledTokens = 2048

  /// Samples tokens that follow the loads of a layer.
  package init(
    _ loads: [Float], gate: Gate, placement: LayerPlacement, sizes: StepLoads.Sizes, seed: UInt64
  ) {
    let (first, whole) = TokenSample.following(
      loads, gate: gate, tokens: Self.sampledTokens, seed: seed
    ).halves(placement, nodes: sizes.domainCount, gpus: sizes.gpus)
    func domainRows(_ counter: FanOutCounter) -> [Int] {
      (0..<sizes.domainCount).map { domain in
        let perDomain = sizes.gpusPerDomain
        return counter.rows[domain * perDomain..<(domain + 1) * perDomain].reduce(0, +)
      }
    }
    arrived = RowRatios(
      tokens: whole.arrivals, rows: whole.rows, half: (first.arrivals, first.rows))
    visits = RowRatios(
      tokens: whole.visits, rows: domainRows(whole), half: (first.visits, domainRows(first)))
    fanOut = whole.mean
  }
}

/// Distinct tokens per row of the GPUs, or the domains, of a layer.
private struct RowRatios: Hashable {
  /// 1 where the sample has no rows.
  var values: [Double]
  /// That of all together.
  let mean: Double
  /// Sum of the squared deviations of the values from the mean, and what chance contributes to it,
  /// by the two halves of the sample.
  let (scatter, noise): (Double, Double)

  init(tokens: [Int], rows: [Int], half: (tokens: [Int], rows: [Int])) {
    func ratio(_ tokens: Int, _ rows: Int) -> Double {
      rows > 0 ? Double(tokens) / Double(rows) : 1
    }
    let mean = ratio(tokens.reduce(0, +), rows.reduce(0, +))
    values = zip(tokens, rows).map(ratio)
    var (scatter, noise) = (0.0, 0.0)
    for index in rows.indices where half.rows[index] > 0 && half.rows[index] < rows[index] {
      let first = ratio(half.tokens[index], half.rows[index])
      let second = ratio(
        tokens[index] - half.tokens[index], rows[index] - half.rows[index])
      scatter += (values[index] - mean) * (values[index] - mean)
      noise += (first - second) * (first - second) / 4
    }
    self.mean = mean
    (self.scatter, self.noise) = (scatter, noise)
  }
}

extension [LayerSample] {
  /// The samples without what chance adds to the differences between GPUs, which all wait for the
  /// most visited one: ratios are drawn to their layer's mean by the share of chance in their
  /// scatter over all layers (W. James, C. Stein, "Estimation with quadratic loss", 1961).
  fileprivate var withoutChance: [LayerSample] {
    func kept(_ ratios: (LayerSample) -> RowRatios) -> Double {
      let scatter = reduce(0) { $0 + ratios($1).scatter }
      let noise = reduce(0) { $0 + ratios($1).noise }
      return scatter > noise ? 1 - noise / scatter : 0
    }
    let (arrived, visits) = (kept(\.arrived), kept(\.visits))
    return map { sample in
      var sample = sample
      sample.arrived.draw(keeping: arrived)
      sample.visits.draw(keeping: visits)
      return sample
    }
  }
}

extension RowRatios {
  /// Draws the values to their mean.
  fileprivate mutating func draw(keeping share: Double) {
    for index in values.indices { values[index] = mean + share * (values[index] - mean) }
  }
}

/// Traffic of drawn or expected rows.
package struct SampledTraffic: ExpertTrafficSource {
  package let sizes: StepLoads.Sizes
  private let rows: Rows
  private let samples: [LayerSample]

  private enum Rows: Sendable {
    case drawn(StepLoads)
    /// Relative to the mean of the GPUs, `[layers * gpus]`.
    case expected([Double])
  }

  /// - Parameter samples: one for each layer.
  init(_ loads: StepLoads, samples: [LayerSample]) {
    sizes = loads.sizes
    rows = .drawn(loads)
    self.samples = samples.withoutChance
  }

  /// - Parameters:
  ///   - loads: rows of each GPU relative to the mean, the same in all microbatches,
  ///     `[layers * gpus]`.
  ///   - samples: one for each layer.
  ///   - sizes: dimensions of the step.
  package init(expected loads: [Double], samples: [LayerSample], sizes: StepLoads.Sizes) {
    self.sizes = sizes
    rows = .expected(loads)
    self.samples = samples.withoutChance
  }

  package func layer(_ layer: Int, microbatch: Int) -> LayerTraffic {
    let rows = rows(layer, microbatch)
    let sample = samples[layer]
    let tokens = Double(sizes.tokensPerGPU * sizes.gpus)
    let arrived = rows.indices.map { min(tokens, rows[$0] * sample.arrived.values[$0]) }
    let perDomain = sizes.gpusPerDomain
    let visits = (0..<sizes.domainCount).map { domain -> Double in
      let members = domain * perDomain..<(domain + 1) * perDomain
      // At least the tokens of any of its GPUs, at most those of all.
      let (most, all) = (arrived[members].max() ?? 0, arrived[members].reduce(0, +))
      let estimate = rows[members].reduce(0, +) * sample.visits.values[domain]
      return min(tokens, max(most, min(all, estimate)))
    }
    return .alike(rows: rows, arrived: arrived, visits: visits, sizes)
  }

  private func rows(_ layer: Int, _ microbatch: Int) -> [Double] {
    switch rows {
    case .drawn(let loads):
      return (0..<sizes.gpus).map {
        Double(loads.rows(layer: layer, microbatch: microbatch, gpu: $0))
      }
    case .expected(let loads):
      let mean = Double(sizes.rowsPerGPU)
      return loads[layer * sizes.gpus..<(layer + 1) * sizes.gpus].map { $0 * mean }
    }
  }
}
