// How many token-expert pairs each expert, and each GPU, of an expert group receives in a step.
//
// A microbatch of an expert group is what all its GPUs send into a layer at once: tokens of a GPU x
// GPUs x top-k pairs. Experts lie on GPUs in order, equally many on each, or where a placement with
// one slot for each puts them. Around a layer's shares a microbatch deviates as independent tokens
// do (multinomial, by its normal limit); real text comes in topics and deviates more, which only a
// trace can tell.

import Numerics
import Units

/// Token-expert pairs ("rows") by layer, microbatch and GPU.
public struct StepLoads: Hashable, Sendable {
  /// Extents of a step's loads.
  public struct Sizes: Hashable, Sendable {
    /// Layers with experts.
    public var layers: Int
    /// Microbatches of a step.
    public var microbatches: Int
    /// Routed experts of a layer.
    public var experts: Int
    /// GPUs of an expert group; divides `experts`.
    public var gpus: Int
    /// Experts that a token visits.
    public var topK: Int
    /// Tokens that each GPU sends in a microbatch.
    public var tokensPerGPU: Int
    /// Sequences that these tokens belong to.
    public var sequencesPerGPU: Int

    public init(
      layers: Int, microbatches: Int, experts: Int, gpus: Int, topK: Int, tokensPerGPU: Int,
      sequencesPerGPU: Int = 1
    ) {
      self.layers = layers
      self.microbatches = microbatches
      self.experts = experts
      self.gpus = gpus
      self.topK = topK
      self.tokensPerGPU = tokensPerGPU
      self.sequencesPerGPU = sequencesPerGPU
    }

    /// Pairs of one layer and microbatch over the whole group.
    public var rows: Int { tokensPerGPU * gpus * topK }
    /// Pairs that a GPU receives on average.
    public var rowsPerGPU: Int { tokensPerGPU * topK }
  }

  public let sizes: Sizes
  /// The GPU that holds each expert, `[layers, experts]`.
  private let gpuOfExpert: [Int32]
  /// `[layers, microbatches, gpus]`.
  private var gpuRows: [Int32]
  /// `[layers, experts]`, over all microbatches.
  private var expertTotals: [Int]

  /// Draws the loads of a step.
  ///
  /// - Parameter placement: where the experts of each layer lie; nil for in order.
  /// - Precondition: `gpus` divides `experts`; a microbatch has fewer than 2^31 pairs; a placement
  ///   has all layers, and one slot for each expert.
  /// - Complexity: O(layers x microbatches x experts).
  public init(_ spec: RoutingSpec, sizes: Sizes, placement: ExpertPlacement? = nil) {
    precondition(sizes.experts % sizes.gpus == 0, "experts lie evenly on GPUs")
    precondition(sizes.rows < Int(Int32.max), "a microbatch has fewer than 2^31 pairs")
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
  public func gpu(layer: Int, expert: Int) -> Int {
    Int(gpuOfExpert[layer * sizes.experts + expert])
  }

  /// Pairs that a GPU receives of a layer in a microbatch.
  public func rows(layer: Int, microbatch: Int, gpu: Int) -> Int {
    Int(gpuRows[(layer * sizes.microbatches + microbatch) * sizes.gpus + gpu])
  }

  /// Pairs of all GPUs, `[layers, microbatches, gpus]`.
  public var rowsOfGPUs: [Int32] { gpuRows }

  /// Pairs that the fullest GPU receives of a layer in a microbatch.
  public func mostRows(layer: Int, microbatch: Int) -> Int {
    let start = (layer * sizes.microbatches + microbatch) * sizes.gpus
    return Int(gpuRows[start..<start + sizes.gpus].max() ?? 0)
  }

  /// Pairs that an expert receives of a layer over all microbatches.
  public func total(layer: Int, expert: Int) -> Int {
    expertTotals[layer * sizes.experts + expert]
  }

  /// Pairs that a GPU ever receives of one layer in one microbatch, at most.
  public var mostRows: Int { Int(gpuRows.max() ?? 0) }

  /// Rows of the fullest GPU / mean, mean over layers and microbatches.
  public var meanMaxOverMean: Double {
    (0..<sizes.layers).reduce(0) { $0 + maxOverMean(layer: $1) } / Double(sizes.layers)
  }

  /// Rows of the fullest GPU of a layer / mean, mean over microbatches.
  public func maxOverMean(layer: Int) -> Double {
    let sum = (0..<sizes.microbatches).reduce(0) { $0 + mostRows(layer: layer, microbatch: $1) }
    return Double(sum) / Double(sizes.microbatches * sizes.rowsPerGPU)
  }
}

/// The shares of a layer's experts in each microbatch.
private struct MicrobatchShares {
  private let spec: RoutingSpec
  private let sizes: StepLoads.Sizes
  /// By layer, where all microbatches have the same.
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
    precondition(profile.experts == sizes.experts, "a profile has the model's experts")
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

/// Whole rows that sum to the given number exactly.
private struct RowRounding {
  private(set) var counts: [Int32]
  private var exact: [Double]

  init(experts: Int) {
    counts = Array(repeating: 0, count: experts)
    exact = Array(repeating: 0, count: experts)
  }

  /// Rows of one microbatch: the shares, with the deviation of independent draws where asked.
  mutating func fill(
    _ shares: LoadShares, _ sizes: StepLoads.Sizes, deviation: NormalTable?,
    _ stream: inout RandomStream
  ) {
    let rows = Double(sizes.rows)
    var sum = 0.0
    for (expert, share) in shares.values.enumerated() {
      var value = share * rows
      if let deviation {
        // Scaling to the whole takes `share` off the variance of each, which leaves the binomial
        // 1 - share x top-k: a token visits an expert once, and one of full share always.
        let visits = share * Double(sizes.topK)
        let variance = visits < 1 ? value * (1 - visits + share) : 0
        value += variance.squareRoot() * deviation.value(at: stream.next())
      }
      exact[expert] = max(0, value)
      sum += exact[expert]
    }
    // Running sums are rounded, not the parts: so the parts sum to the whole and each is within one
    // of its exact value.
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

/// Standard normal variates by inverse CDF, from a table with linear interpolation.
struct NormalTable: Sendable {
  private static let bits: UInt64 = 12
  private let values: [Double]

  init() {
    let count = 1 << Self.bits
    values = (0...count).map { index in
      // Half a step inside the ends, where the quantile is finite.
      normalQuantile(min(max(Double(index), 0.5), Double(count) - 0.5) / Double(count))
    }
  }

  /// The variate whose rank in 0..<2^64 is `random`; none is further out than 3.7.
  func value(at random: UInt64) -> Double {
    let index = Int(random >> (64 - Self.bits))
    let fraction = Double((random << Self.bits) >> 12) * 0x1p-52
    return values[index] + (values[index + 1] - values[index]) * fraction
  }
}
