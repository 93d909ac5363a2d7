// How many nodes and GPUs a token visits when expert loads are balanced.
//
// The real gate runs over independent scores, sigmoids of normal logits. There is no closed form:
// groups are kept because they hold high scores, so a kept group is hit more often than a random
// one.

import Numerics

/// Mean counts over tokens.
public struct TokenCopies: Hashable, Sendable {
  /// Distinct nodes that hold at least one of a token's experts.
  public var nodes: Double
  /// Distinct GPUs that hold at least one of a token's experts.
  public var gpus: Double

  public init(nodes: Double, gpus: Double) {
    self.nodes = nodes
    self.gpus = gpus
  }

  /// The expectation under independent scores.
  ///
  /// - Parameters:
  ///   - placement: where the experts of each layer lie, one slot each; tokens take the layers in
  ///     turn. Nil for experts in order.
  ///   - nodeCount: nodes that share the experts.
  ///   - gpuCount: GPUs that share the experts; a multiple of `nodeCount`, divides the experts.
  ///   - tokens: sample size; 16,384 give the means to 0.01.
  public static func expected(
    _ gate: Gate, placement: ExpertPlacement? = nil, nodeCount: Int, gpuCount: Int,
    tokens: Int = 16_384
  ) -> TokenCopies {
    precondition(gpuCount % nodeCount == 0 && gate.experts % gpuCount == 0, "an even layout")
    var random = SplitMix64(state: 0x6473_7633)
    let scores = ScoreTable()
    var choices = [Float](repeating: 0, count: gate.experts)
    var selected = [Int](repeating: 0, count: gate.topK)
    var scratch = Gate.Scratch(for: gate)
    var lastToken = [Int](repeating: -1, count: nodeCount + gpuCount)
    let expertsPerGPU = gate.experts / gpuCount
    let layers = placement?.layers ?? [.contiguous(experts: gate.experts)]
    let gpusOfLayers = layers.map { $0.gpus(slotsPerGPU: expertsPerGPU) }
    var (nodes, gpus) = (0, 0)
    for token in 0..<tokens {
      for expert in 0..<gate.experts { choices[expert] = scores.score(at: random.next()) }
      gate.select(choices, into: &selected, scratch: &scratch)
      let gpuOfExpert = gpusOfLayers[token % layers.count]
      for expert in selected {
        let gpu = gpuOfExpert[expert]
        let node = gpu * nodeCount / gpuCount
        if lastToken[node] != token {
          lastToken[node] = token
          nodes += 1
        }
        if lastToken[nodeCount + gpu] != token {
          lastToken[nodeCount + gpu] = token
          gpus += 1
        }
      }
    }
    return TokenCopies(
      nodes: Double(nodes) / Double(tokens), gpus: Double(gpus) / Double(tokens))
  }
}

/// Steele, Lea and Flood's generator (OOPSLA 2014): enough for a fixed sample.
struct SplitMix64 {
  /// The seed, and then the position in the sequence.
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Sigmoids of normal logits by inverse CDF, from a table with linear interpolation.
struct ScoreTable {
  private static let bits: UInt64 = 14
  private let values: [Float]

  init() {
    let count = 1 << Self.bits
    values = (0...count).map { index in
      // Half a step inside the ends, where the quantile is finite.
      let probability = min(max(Double(index), 0.5), Double(count) - 0.5) / Double(count)
      return Float(0.5 * (1 + hyperbolicTangent(normalQuantile(probability) / 2)))
    }
  }

  /// The score whose rank in 0..<2^64 is `random`.
  func score(at random: UInt64) -> Float {
    let index = Int(random >> (64 - Self.bits))
    let fraction = Float((random << Self.bits) >> 40) * 0x1p-24
    return values[index] + (values[index + 1] - values[index]) * fraction
  }
}
