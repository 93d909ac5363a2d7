// A routing trace: the experts and gate scores that the routers of a real model chose for each
// token, by training step and layer, with the token's byte and its sequence's domain.

/// Routing decisions of a training run.
public struct RoutingTrace: Hashable, Sendable {
  /// Provenance of a trace: enough to reproduce it.
  public struct Origin: Hashable, Sendable {
    /// Preset of the model.
    public var preset: String
    /// Seed of weights and batches.
    public var seed: UInt64
    /// Training steps at the end of the trace.
    public var trainedSteps: Int
    /// Load-balancing rule of the experts.
    public var balance: String
    /// SHA-256 of the corpus, hexadecimal.
    public var corpusHash: String
    /// Version of the program that trained the model.
    public var programVersion: String
    /// The command that made the trace.
    public var command: String
    /// Tokens that the prediction module drafted after training; 0 without such a module.
    public var drafts: Int
    /// Drafts that the main model accepted.
    public var acceptedDrafts: Int

    public init(
      preset: String, seed: UInt64, trainedSteps: Int, balance: String, corpusHash: String,
      programVersion: String, command: String, drafts: Int = 0, acceptedDrafts: Int = 0
    ) {
      self.preset = preset
      self.seed = seed
      self.trainedSteps = trainedSteps
      self.balance = balance
      self.corpusHash = corpusHash
      self.programVersion = programVersion
      self.command = command
      self.drafts = drafts
      self.acceptedDrafts = acceptedDrafts
    }
  }

  /// Decisions of one router in one step.
  public struct Decisions: Hashable, Sendable {
    /// Rows per sequence; fewer than its tokens in a prediction module, which skips the last ones.
    public var rowsPerSequence: Int
    /// `[sequences x rowsPerSequence, topK]`, best first.
    public var experts: [UInt16]
    /// Sigmoid scores of these experts, without bias, in units of 1/255:
    /// `[sequences x rowsPerSequence, topK]`.
    public var scores: [UInt8]

    public init(rowsPerSequence: Int, experts: [UInt16], scores: [UInt8]) {
      self.rowsPerSequence = rowsPerSequence
      self.experts = experts
      self.scores = scores
    }
  }

  /// One traced step.
  public struct Step: Hashable, Sendable {
    /// The training step, from 0.
    public var number: Int
    /// The byte of each token, `[sequences, sequenceLength]`.
    public var tokens: [UInt8]
    /// The domain of each sequence.
    public var domains: [UInt8]
    /// Decisions by layer, in the order of the trace's layers.
    public var layers: [Decisions]

    public init(number: Int, tokens: [UInt8], domains: [UInt8], layers: [Decisions]) {
      self.number = number
      self.tokens = tokens
      self.domains = domains
      self.layers = layers
    }
  }

  public var origin: Origin
  /// The gate of every router.
  public var gate: Gate
  /// Names of the domains.
  public var domains: [String]
  /// Tokens per sequence.
  public var sequenceLength: Int
  /// Names of the routers: `L3` in the main model, `M0` in a prediction module.
  public var layers: [String]
  /// Traced steps, in training order.
  public var steps: [Step]

  public init(
    origin: Origin, gate: Gate, domains: [String], sequenceLength: Int, layers: [String],
    steps: [Step]
  ) {
    self.origin = origin
    self.gate = gate
    self.domains = domains
    self.sequenceLength = sequenceLength
    self.layers = layers
    self.steps = steps
  }

  /// Total tokens of all steps.
  public var tokenCount: Int { steps.reduce(0) { $0 + $1.tokens.count } }

  /// What is wrong with the trace; nil if its sizes are consistent and all its experts exist.
  ///
  /// - Complexity: linear in the decisions.
  public var problem: String? {
    guard sequenceLength > 0, !layers.isEmpty, !domains.isEmpty else { return "has no layer" }
    for step in steps {
      let sequences = step.domains.count
      guard step.tokens.count == sequences * sequenceLength, step.layers.count == layers.count,
        step.domains.allSatisfy({ $0 < domains.count })
      else { return "step \(step.number) does not have the sizes of the trace" }
      for (name, layer) in zip(layers, step.layers) {
        let count = sequences * layer.rowsPerSequence * gate.topK
        guard (1...sequenceLength).contains(layer.rowsPerSequence), layer.experts.count == count,
          layer.scores.count == count, layer.experts.allSatisfy({ $0 < gate.experts })
        else { return "step \(step.number), layer \(name) does not have the sizes of the trace" }
      }
    }
    return nil
  }

  /// The bytes that a hash of the trace covers: everything but its origin.
  public var identity: [UInt8] {
    let head =
      "\(gate.experts) \(gate.groups) \(gate.groupLimit) \(gate.topK) \(sequenceLength) "
      + "\(domains.joined(separator: ",")) \(layers.joined(separator: ","))\n"
    var bytes = Array(head.utf8)
    for step in steps {
      bytes += "\(step.number) \(step.tokens.count)\n".utf8
      bytes += step.tokens
      bytes += step.domains
      for layer in step.layers {
        for expert in layer.experts { bytes += [UInt8(expert & 0xff), UInt8(expert >> 8)] }
        bytes += layer.scores
      }
    }
    return bytes
  }
}

extension RoutingTrace {
  /// Calls `body` for every row of one layer.
  ///
  /// - Parameter body: receives the domain, the row's experts, and the experts of the previous row
  ///   of the same sequence (empty for the first).
  func forEachRow(
    ofLayer layer: Int, _ body: (Int, ArraySlice<UInt16>, ArraySlice<UInt16>) -> Void
  ) {
    for step in steps {
      let decisions = step.layers[layer]
      for row in 0..<step.domains.count * decisions.rowsPerSequence {
        let start = row * gate.topK
        let isFirst = row % decisions.rowsPerSequence == 0
        body(
          Int(step.domains[row / decisions.rowsPerSequence]),
          decisions.experts[start..<start + gate.topK],
          isFirst ? [] : decisions.experts[start - gate.topK..<start])
      }
    }
  }
}
