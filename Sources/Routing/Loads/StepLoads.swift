// Token-expert pairs ("rows") that each expert and each GPU of an expert group receives in a step.
//
// A microbatch of the group is what all its GPUs send into a layer at once: tokens per GPU x GPUs x
// top-k pairs. Experts lie on GPUs in order, the same number on each, or follow a placement with
// one slot per expert.
//
// A microbatch deviates from its layer's shares as independent tokens do (multinomial, by its
// normal limit). Real text is clustered by topic and deviates more, which only a trace can show.

import Units

/// Rows by layer, microbatch and GPU.
package struct StepLoads: Hashable, Sendable {
  /// Dimensions of a step's loads.
  package struct Sizes: Hashable, Sendable {
    /// Layers with experts.
    package var layers: Int
    /// Microbatches per step.
    package var microbatches: Int
    /// Routed experts per layer.
    package var experts: Int
    /// GPUs of an expert group; divides `experts`.
    package var gpus: Int
    /// Experts per token.
    package var topK: Int
    /// Tokens that each GPU sends per microbatch.
    package var tokensPerGPU: Int
    /// Sequences that these tokens belong to.
    package var sequencesPerGPU: Int
    /// GPUs of the group that share a scale-up fabric; divides `gpus`.
    package var gpusPerDomain: Int
    /// The kernels that move the tokens.
    package var kernels: ExpertKernels
    /// The last layers, if they belong to prediction modules.
    package var predictionLayers: Int

    /// Puts dimensions together; without `gpusPerDomain`, all GPUs of the group share a fabric.
    package init(
      layers: Int, microbatches: Int, experts: Int, gpus: Int, topK: Int, tokensPerGPU: Int,
      sequencesPerGPU: Int = 1, gpusPerDomain: Int? = nil, kernels: ExpertKernels = .normal,
      predictionLayers: Int = 0
    ) {
      precondition(gpus % (gpusPerDomain ?? gpus) == 0, "whole domains share the experts")
      self.layers = layers
      self.microbatches = microbatches
      self.experts = experts
      self.gpus = gpus
      self.topK = topK
      self.tokensPerGPU = tokensPerGPU
      self.sequencesPerGPU = sequencesPerGPU
      self.gpusPerDomain = gpusPerDomain ?? gpus
      self.kernels = kernels
      self.predictionLayers = predictionLayers
    }

    /// Domains over which the experts are spread.
    package var domainCount: Int { gpus / gpusPerDomain }

    /// Rows of one layer and microbatch over the whole group.
    package var rows: Int { tokensPerGPU * gpus * topK }
    /// Rows that a GPU receives on average.
    package var rowsPerGPU: Int { tokensPerGPU * topK }
  }

  package let sizes: Sizes
  /// The GPU that holds each expert, `[layers, experts]`.
  private let gpuOfExpert: [Int32]
  /// `[layers, microbatches, gpus]`.
  private var gpuRows: [Int32]
  /// `[layers, experts]`, over all microbatches.
  private var expertTotals: [Int]

  /// Draws the loads of a step.
  ///
  /// - Parameters:
  ///   - spec: the source of loads, with the seed of its draws.
  ///   - sizes: dimensions of the step.
  ///   - placement: placement of each layer's experts; nil for experts in order.
  /// - Precondition: `gpus` divides `experts`; a microbatch has fewer than 2^31 rows; a placement
  ///   has all layers and one slot per expert.
  /// - Complexity: O(layers x microbatches x experts).
  package init(_ spec: RoutingSpec, sizes: Sizes, placement: ExpertPlacement? = nil) {
    precondition(sizes.experts % sizes.gpus == 0, "GPUs divide the experts")
    precondition(sizes.rows < Int(Int32.max), "a microbatch has fewer than 2^31 rows")
    self.sizes = sizes
    gpuOfExpert = Self.gpuOfExpert(placement, sizes)
    gpuRows = []
    gpuRows.reserveCapacity(sizes.layers * sizes.microbatches * sizes.gpus)
    expertTotals = []
    let normal = NormalTable()
    let sharing = MicrobatchShares(spec, sizes)
    for layer in 0..<sizes.layers {
      var totals = [Int](repeating: 0, count: sizes.experts)
      var rounding = RowRounding(experts: sizes.experts)
      var stream = RandomStream(seed: spec.seed, purpose: .microbatches, entity: layer)
      for microbatch in 0..<sizes.microbatches {
        let shares = sharing.shares(layer: layer, microbatch: microbatch)
        rounding.fill(shares, sizes, deviation: spec.isUniform ? nil : normal, &stream)
        let start = gpuRows.count
        gpuRows.append(contentsOf: repeatElement(0, count: sizes.gpus))
        for expert in 0..<sizes.experts {
          let gpu = Int(gpuOfExpert[layer * sizes.experts + expert])
          gpuRows[start + gpu] += rounding.counts[expert]
          totals[expert] += Int(rounding.counts[expert])
        }
      }
      expertTotals += totals
    }
  }

  /// The GPU of the expert group that holds an expert of a layer.
  package func gpu(layer: Int, expert: Int) -> Int {
    Int(gpuOfExpert[layer * sizes.experts + expert])
  }

  /// Rows that a GPU receives from one layer and microbatch.
  package func rows(layer: Int, microbatch: Int, gpu: Int) -> Int {
    Int(gpuRows[(layer * sizes.microbatches + microbatch) * sizes.gpus + gpu])
  }

  /// Rows that an expert of a layer receives over all microbatches.
  package func total(layer: Int, expert: Int) -> Int {
    expertTotals[layer * sizes.experts + expert]
  }

  /// The most rows that any GPU receives from one layer and microbatch.
  package var maxRows: Int { Int(gpuRows.max() ?? 0) }

  /// Rows of the most loaded GPU / mean, mean over layers and microbatches.
  package var meanMaxOverMean: Double {
    (0..<sizes.layers).reduce(0) { $0 + maxOverMean(layer: $1) } / Double(sizes.layers)
  }

  /// Rows of a layer's most loaded GPU / mean, mean over microbatches.
  package func maxOverMean(layer: Int) -> Double {
    let sum = (0..<sizes.microbatches).reduce(0) { sum, microbatch in
      let start = (layer * sizes.microbatches + microbatch) * sizes.gpus
      return sum + Int(gpuRows[start..<start + sizes.gpus].max() ?? 0)
    }
    return Double(sum) / Double(sizes.microbatches * sizes.rowsPerGPU)
  }
}

extension StepLoads {
  /// Expected expert loads of each layer: all that a placement planned before the step can use.
  ///
  /// - Precondition: counts and profiles have the experts of `sizes`.
  package static func expected(_ spec: RoutingSpec, sizes: Sizes) -> ExpertLoads {
    if case .replay(let trace) = spec.source { return trace.expectedLoads(sizes) }
    let shares = (0..<sizes.layers).map { layer in
      LoadShares.shares(
        of: spec, layer: layer, layers: sizes.layers, experts: sizes.experts, topK: sizes.topK)
    }
    // Scaled to a total of a million per layer, so that Float32 resolves the smallest loads.
    return ExpertLoads(
      layers: sizes.layers, experts: sizes.experts,
      values: shares.flatMap { $0.values.map { Float($0 * 1e6) } })
  }

  /// The GPU that holds each expert, `[layers, experts]`; in order without a placement.
  private static func gpuOfExpert(_ placement: ExpertPlacement?, _ sizes: Sizes) -> [Int32] {
    let perGPU = sizes.experts / sizes.gpus
    let placement =
      placement
      ?? ExpertPlacement(
        layers: Array(repeating: .contiguous(experts: sizes.experts), count: sizes.layers))
    precondition(placement.layers.count == sizes.layers, "every layer has a placement")
    return placement.layers.flatMap { $0.gpus(slotsPerGPU: perGPU).map(Int32.init) }
  }
}

/// The shares of a layer's experts in each microbatch.
private struct MicrobatchShares {
  private let spec: RoutingSpec
  private let sizes: StepLoads.Sizes
  /// Shares by layer if all microbatches have the same; otherwise empty.
  private let common: [LoadShares]
  /// Share of each domain by microbatch, the same in all layers; empty without domains.
  private let mixes: [[Double]]

  init(_ spec: RoutingSpec, _ sizes: StepLoads.Sizes) {
    self.spec = spec
    self.sizes = sizes
    guard case .profile(let profile) = spec.source else {
      common = (0..<sizes.layers).map {
        LoadShares.shares(of: spec, layer: $0, experts: sizes.experts, topK: sizes.topK)
      }
      mixes = []
      return
    }
    precondition(profile.experts == sizes.experts, "profile and model have the same experts")
    common = []
    let sequences = sizes.gpus * sizes.sequencesPerGPU
    mixes = (0..<sizes.microbatches).map { microbatch in
      var stream = RandomStream(seed: spec.seed, purpose: .sequences, entity: microbatch)
      var counts = [Int](repeating: 0, count: profile.domains.count)
      for _ in 0..<sequences { counts[stream.index(below: counts.count)] += 1 }
      return counts.map { Double($0) / Double(sequences) }
    }
  }

  func shares(layer: Int, microbatch: Int) -> LoadShares {
    guard case .profile(let profile) = spec.source else { return common[layer] }
    return LoadShares(
      proportionalTo: profile.shares(ofLayer: layer, of: sizes.layers, mix: mixes[microbatch]),
      largest: 1 / Double(sizes.topK))
  }
}

/// Rounds rows to whole numbers with an exact total.
private struct RowRounding {
  private(set) var counts: [Int32]
  private var exact: [Double]

  init(experts: Int) {
    counts = Array(repeating: 0, count: experts)
    exact = Array(repeating: 0, count: experts)
  }

  /// Draws the rows of one microbatch: its shares, plus the deviation of independent tokens unless
  /// `deviation` is nil.
  mutating func fill(
    _ shares: LoadShares, _ sizes: StepLoads.Sizes, deviation: NormalTable?,
    _ stream: inout RandomStream
  ) {
    let rows = Double(sizes.rows)
    var sum = 0.0
    for (expert, share) in shares.values.enumerated() {
      var value = share * rows
      if let deviation {
        // Visits are binomial, because a token visits an expert at most once: the variance per row
        // is 1 - share x top-k. Scaling to the exact total takes off another `share`, added here.
        let visits = share * Double(sizes.topK)
        let variance = visits < 1 ? value * (1 - visits + share) : 0
        value += variance.squareRoot() * deviation.value(at: stream.next())
      }
      exact[expert] = max(0, value)
      sum += exact[expert]
    }
    // Rounding running sums keeps the total exact and each part within one of its exact value.
    var before: Int32 = 0
    var running = 0.0
    for expert in exact.indices {
      running += exact[expert]
      let upTo = Int32((running / sum * rows).rounded())
      counts[expert] = upTo - before
      before = upTo
    }
  }
}
