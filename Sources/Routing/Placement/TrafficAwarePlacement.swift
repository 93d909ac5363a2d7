// Balance against InfiniBand: whole groups on nodes mean few nodes a token, free experts mean
// even GPUs. Tokens drawn for the loads and routed by the real gate tell what each costs.
//
// A token's experts are drawn with probability following their loads, independent otherwise; real
// tokens choose related experts more often, which a trace would show. Replicas take turns.

import Numerics

/// The experts of sampled tokens of one layer, `[tokens, topK]`.
public struct TokenSample: Sendable {
  /// Experts that a token visits.
  public let topK: Int
  /// Experts of the tokens, one after the other.
  public let choices: [Int]

  /// Sampled tokens.
  public var tokens: Int { choices.count / topK }

  /// - Precondition: a whole number of tokens.
  public init(topK: Int, choices: [Int]) {
    precondition(topK > 0 && choices.count % topK == 0, "each token has top-k experts")
    self.topK = topK
    self.choices = choices
  }

  /// Tokens whose choices follow `loads`: Gumbel noise on the logarithm of the load, through the
  /// gate. Without a group limit that is sampling without replacement in proportion to the load.
  public static func following(
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

  /// Mean counts of distinct nodes and GPUs that hold a token's experts; replicas take turns.
  public func copies(_ placement: LayerPlacement, nodes: Int, gpus: Int) -> TokenCopies {
    let slots = placement.slots(width: placement.counts.max() ?? 1)
    let perGPU = placement.experts.count / gpus
    var lastToken = [Int](repeating: -1, count: nodes + gpus)
    var (onNodes, onGPUs) = (0, 0)
    for token in 0..<tokens {
      for choice in choices[token * topK..<(token + 1) * topK] {
        let gpu = slots[choice][token % placement.counts[choice]] / perGPU
        if lastToken[nodes + gpu] != token {
          lastToken[nodes + gpu] = token
          onGPUs += 1
        }
        let node = gpu * nodes / gpus
        if lastToken[node] != token {
          lastToken[node] = token
          onNodes += 1
        }
      }
    }
    let count = Double(max(1, tokens))
    return TokenCopies(nodes: Double(onNodes) / count, gpus: Double(onGPUs) / count)
  }

  /// Mean count of nodes that a token is sent to beside its own: messages over InfiniBand.
  ///
  /// Tokens start on the nodes in turn, and replicas of an expert take turns.
  public func remoteNodes(_ placement: LayerPlacement, nodes: Int) -> Double {
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

/// Values of the standard Gumbel distribution by inverse CDF, from a table.
private struct GumbelTable {
  static let ln2 = 0.693_147_180_559_945_3
  private static let bits: UInt64 = 14
  private let values: [Float]

  init() {
    let count = 1 << Self.bits
    values = (0..<count).map { index in
      let probability = (Double(index) + 0.5) / Double(count)
      return Float(-log2(-log2(probability) * Self.ln2) * Self.ln2)
    }
  }

  func value(at random: UInt64) -> Float { values[Int(random >> (64 - Self.bits))] }
}

/// Chooses, layer by layer, between whole groups on nodes and free experts.
public struct TrafficAwarePlacement: Sendable {
  public var sizes: PlacementSizes
  public var gate: Gate
  /// Time that one token-expert pair takes on its GPU.
  public var secondsPerRow: Double
  /// Time that one token takes on a NIC, there and back.
  public var secondsPerMessage: Double
  /// Tokens that stand for all.
  public var sampledTokens: Int

  public init(
    sizes: PlacementSizes, gate: Gate, secondsPerRow: Double, secondsPerMessage: Double,
    sampledTokens: Int = 2048
  ) {
    self.sizes = sizes
    self.gate = gate
    self.secondsPerRow = secondsPerRow
    self.secondsPerMessage = secondsPerMessage
    self.sampledTokens = sampledTokens
  }

  /// One way to place a layer, with what it costs a GPU for each of its tokens.
  public struct Choice: Sendable {
    public var placement: LayerPlacement
    /// Whether whole groups stay on nodes.
    public var keepsGroups: Bool
    /// Largest GPU load over the mean.
    public var imbalance: Double
    /// InfiniBand messages a token, one way.
    public var remoteNodes: Double
    /// Time on the fullest GPU plus time on the NIC, for one token of each GPU.
    public var secondsPerToken: Double
  }

  /// The ways to place a layer, the cheapest first.
  public func choices(_ loads: [Float], seed: UInt64) -> [Choice] {
    let sample = TokenSample.following(loads, gate: gate, tokens: sampledTokens, seed: seed)
    var free = sizes
    (free.groups, free.nodes) = (1, 1)
    let variants = sizes.isHierarchical ? [(sizes, true), (free, false)] : [(free, false)]
    return variants.map { sizes, keepsGroups in
      let placement = BestPlacement.plan(loads, sizes)
      let imbalance = placement.imbalance(loads, gpus: sizes.gpus)
      let nodes = sample.remoteNodes(placement, nodes: self.sizes.nodes)
      return Choice(
        placement: placement, keepsGroups: keepsGroups, imbalance: imbalance, remoteNodes: nodes,
        secondsPerToken: Double(gate.topK) * imbalance * secondsPerRow
          + nodes * secondsPerMessage)
    }.sorted { $0.secondsPerToken < $1.secondsPerToken }
  }
}
