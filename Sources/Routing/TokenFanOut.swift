// Token fan-out: how many distinct nodes and GPUs hold a token's experts.
//
// For balanced loads it is sampled: the real gate runs over independent scores, sigmoids of normal
// logits. There is no closed form, because groups are kept for their high scores, so a kept group
// is hit more often than a random one.

import Units

/// Mean counts over tokens.
package struct TokenFanOut: Hashable, Sendable {
  /// Distinct scale-up domains that hold at least one of a token's experts.
  package var nodes: Double
  /// Distinct GPUs that hold at least one of a token's experts.
  package var gpus: Double

  package init(nodes: Double, gpus: Double) {
    self.nodes = nodes
    self.gpus = gpus
  }

  /// The counts as a clause, without domains if there is only one.
  package var sentence: String {
    let domains = nodes > 1 ? "\(significantText(nodes)) scale-up domains and " : ""
    return "a token visits \(domains)\(significantText(gpus)) GPUs"
  }

  /// The expectation under independent scores.
  ///
  /// - Parameters:
  ///   - gate: the rule that selects a token's experts.
  ///   - placement: placement of each layer with one slot per expert; tokens cycle through the
  ///     layers. Nil for experts in order.
  ///   - nodeCount: nodes that share the experts.
  ///   - gpuCount: GPUs that share the experts; a multiple of `nodeCount`, divides the experts.
  ///   - tokens: sample size; 16,384 give the means to 0.01.
  package static func expected(
    _ gate: Gate, placement: ExpertPlacement? = nil, nodeCount: Int, gpuCount: Int,
    tokens: Int = 16_384
  ) -> TokenFanOut {
    precondition(gate.experts % gpuCount == 0, "GPUs divide the experts")
    var random = SplitMix64(state: 0x6473_7633)
    let scores = ScoreTable()
    var choices = [Float](repeating: 0, count: gate.experts)
    var selected = [Int](repeating: 0, count: gate.topK)
    var scratch = Gate.Scratch(for: gate)
    let layers = placement?.layers ?? [.contiguous(experts: gate.experts)]
    let gpusOfLayers = layers.map { $0.gpus(slotsPerGPU: gate.experts / gpuCount) }
    var counter = FanOutCounter(nodeCount: nodeCount, gpuCount: gpuCount)
    for token in 0..<tokens {
      for expert in 0..<gate.experts { choices[expert] = scores.score(at: random.next()) }
      gate.select(choices, into: &selected, scratch: &scratch)
      let gpuOfExpert = gpusOfLayers[token % layers.count]
      counter.add(selected.lazy.map { gpuOfExpert[$0] })
    }
    return counter.mean
  }
}

/// Counts the rows, and the distinct nodes and GPUs, of tokens by the GPUs of their experts.
struct FanOutCounter {
  private let nodeCount: Int
  private let gpuCount: Int
  /// The last token that visited each node, then each GPU.
  private var last: [Int]
  private(set) var tokens = 0
  /// Distinct tokens of each node.
  private(set) var visits: [Int]
  /// Distinct tokens of each GPU.
  private(set) var arrivals: [Int]
  /// Token-expert pairs of each GPU.
  private(set) var rows: [Int]

  /// - Precondition: `nodeCount` divides `gpuCount`.
  init(nodeCount: Int, gpuCount: Int) {
    precondition(gpuCount % nodeCount == 0, "nodes divide the GPUs")
    self.nodeCount = nodeCount
    self.gpuCount = gpuCount
    last = Array(repeating: -1, count: nodeCount + gpuCount)
    visits = Array(repeating: 0, count: nodeCount)
    arrivals = Array(repeating: 0, count: gpuCount)
    rows = arrivals
  }

  /// Adds a token by the GPUs of its experts; repeated GPUs count once, except in rows.
  mutating func add(_ gpusOfExperts: some Sequence<Int>) {
    for gpu in gpusOfExperts {
      let node = gpu * nodeCount / gpuCount
      rows[gpu] += 1
      if last[node] != tokens {
        last[node] = tokens
        visits[node] += 1
      }
      if last[nodeCount + gpu] != tokens {
        last[nodeCount + gpu] = tokens
        arrivals[gpu] += 1
      }
    }
    tokens += 1
  }

  /// Means over the tokens.
  var mean: TokenFanOut {
    let count = Double(max(1, tokens))
    return TokenFanOut(
      nodes: Double(visits.reduce(0, +)) / count, gpus: Double(arrivals.reduce(0, +)) / count)
  }
}
