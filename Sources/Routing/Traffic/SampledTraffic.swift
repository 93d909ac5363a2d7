// Traffic under load shares: the rows of each GPU are given, and a sample of tokens that follows
// the layer's loads says how many distinct tokens they belong to, on each GPU and in each domain.
//
// Validity: tokens choose independently in proportion to the loads, and all GPUs' tokens alike. A
// microbatch has more or fewer tokens on a GPU in proportion to its rows.

/// Distinct tokens per row of one layer.
package struct LayerSample: Hashable, Sendable {
  /// Distinct tokens per row of each GPU, `[gpus]`.
  let arrivedPerRow: [Double]
  /// Distinct tokens per row of each domain, `[domains]`.
  let visitsPerRow: [Double]
  /// Domains and GPUs that a token of the sample visits.
  package let fanOut: TokenFanOut

  /// Number of sampled tokens that represent all.
  package static let sampledTokens = 2048

  /// Samples tokens that follow the loads of a layer.
  package init(
    _ loads: [Float], gate: Gate, placement: LayerPlacement, sizes: StepLoads.Sizes, seed: UInt64
  ) {
    let counter = TokenSample.following(
      loads, gate: gate, tokens: Self.sampledTokens, seed: seed
    ).counts(placement, nodes: sizes.domainCount, gpus: sizes.gpus)
    func ratios(_ tokens: [Int], _ rows: [Int]) -> [Double] {
      zip(tokens, rows).map { $1 > 0 ? Double($0) / Double($1) : 1 }
    }
    let perDomain = sizes.gpusPerDomain
    let domainRows = (0..<sizes.domainCount).map { domain in
      counter.rows[domain * perDomain..<(domain + 1) * perDomain].reduce(0, +)
    }
    arrivedPerRow = ratios(counter.arrivals, counter.rows)
    visitsPerRow = ratios(counter.visits, domainRows)
    fanOut = counter.mean
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
    self.samples = samples
  }

  /// - Parameters:
  ///   - loads: rows of each GPU relative to the mean, the same in all microbatches,
  ///     `[layers * gpus]`.
  ///   - samples: one for each layer.
  ///   - sizes: dimensions of the step.
  package init(expected loads: [Double], samples: [LayerSample], sizes: StepLoads.Sizes) {
    self.sizes = sizes
    rows = .expected(loads)
    self.samples = samples
  }

  package func layer(_ layer: Int, microbatch: Int) -> LayerTraffic {
    let rows = rows(layer, microbatch)
    let sample = samples[layer]
    let tokens = Double(sizes.tokensPerGPU * sizes.gpus)
    let arrived = rows.indices.map { min(tokens, rows[$0] * sample.arrivedPerRow[$0]) }
    let perDomain = sizes.gpusPerDomain
    let visits = (0..<sizes.domainCount).map { domain -> Double in
      let members = domain * perDomain..<(domain + 1) * perDomain
      // At least the tokens of any of its GPUs, at most those of all.
      let (most, all) = (arrived[members].max() ?? 0, arrived[members].reduce(0, +))
      let estimate = rows[members].reduce(0, +) * sample.visitsPerRow[domain]
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
