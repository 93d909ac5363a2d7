// A sample of tokens for one layer's expert loads, from which network traffic is estimated.
//
// A token's experts are drawn in proportion to their loads and otherwise independently. Real tokens
// choose related experts more often, which only a trace would show.

import Numerics

/// The experts of a sample of tokens in one layer.
package struct TokenSample: Sendable {
  /// Experts per token.
  package let topK: Int
  /// `[tokens, topK]`.
  package let choices: [Int]

  /// Number of tokens.
  package var tokens: Int { choices.count / topK }

  /// - Precondition: a whole number of tokens.
  package init(topK: Int, choices: [Int]) {
    precondition(topK > 0 && choices.count % topK == 0, "each token has top-k experts")
    self.topK = topK
    self.choices = choices
  }

  /// Samples tokens whose choices follow `loads`: the gate runs on the logarithm of the load plus
  /// Gumbel noise. Without a group limit this samples without replacement in proportion to load.
  package static func following(
    _ loads: [Float], gate: Gate, tokens: Int, seed: UInt64
  ) -> TokenSample {
    let noise = GumbelTable()
    var random = SplitMix64(state: seed)
    let least = max(loads.max() ?? 0, 1) * 1e-6
    let logits = loads.map { Float(log2(Double(max($0, least))) * GumbelTable.ln2) }
    var choices = logits
    var selected = [Int](repeating: 0, count: gate.topK)
    var scratch = Gate.Scratch(for: gate)
    var result: [Int] = []
    result.reserveCapacity(tokens * gate.topK)
    for _ in 0..<tokens {
      for expert in logits.indices {
        choices[expert] = logits[expert] + noise.value(at: random.next())
      }
      gate.select(choices, into: &selected, scratch: &scratch)
      result += selected
    }
    return TokenSample(topK: gate.topK, choices: result)
  }

  /// Mean distinct nodes and GPUs that hold a token's experts; replicas are used round-robin.
  package func fanOut(_ placement: LayerPlacement, nodes: Int, gpus: Int) -> TokenFanOut {
    counts(placement, nodes: nodes, gpus: gpus).mean
  }

  /// Tokens and rows by node and GPU; replicas are used round-robin.
  func counts(_ placement: LayerPlacement, nodes: Int, gpus: Int) -> FanOutCounter {
    halves(placement, nodes: nodes, gpus: gpus).whole
  }

  /// The same, and those of the first half of the tokens.
  func halves(
    _ placement: LayerPlacement, nodes: Int, gpus: Int
  ) -> (first: FanOutCounter, whole: FanOutCounter) {
    let slots = placement.slots(width: placement.counts.max() ?? 1)
    let perGPU = placement.experts.count / gpus
    var counter = FanOutCounter(nodeCount: nodes, gpuCount: gpus)
    var first = counter
    for token in 0..<tokens {
      if token == tokens / 2 { first = counter }
      counter.add(
        choices[token * topK..<(token + 1) * topK].lazy.map { choice in
          slots[choice][token % placement.counts[choice]] / perGPU
        })
    }
    return (first, counter)
  }

  /// Mean number of remote nodes that a token is sent to: its InfiniBand messages, one way.
  ///
  /// Tokens originate on the nodes round-robin, and replicas are used round-robin.
  package func remoteNodes(_ placement: LayerPlacement, nodes: Int) -> Double {
    let perNode = placement.experts.count / nodes
    let width = placement.counts.max() ?? 1
    let slots = placement.slots(width: width)
    var lastToken = [Int](repeating: -1, count: nodes)
    var total = 0
    for token in 0..<tokens {
      lastToken[token % nodes] = token
      for choice in choices[token * topK..<(token + 1) * topK] {
        let replica = token / nodes % placement.counts[choice]
        let node = slots[choice][replica] / perNode
        if lastToken[node] != token {
          lastToken[node] = token
          total += 1
        }
      }
    }
    return Double(total) / Double(max(1, tokens))
  }
}
