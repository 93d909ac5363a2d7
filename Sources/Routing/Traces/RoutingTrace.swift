// What the routers of a real model decided: for every traced step and layer the experts of each
// token with their gate scores, and for every token its byte and its domain.

/// Decisions of a training run's routers.
public struct RoutingTrace: Hashable, Sendable {
  /// Where a trace came from: enough to make it again.
  public struct Origin: Hashable, Sendable {
    /// Preset of the model.
    public var preset: String
    /// Seed of weights and batches.
    public var seed: UInt64
    /// Steps of training when the trace ended.
    public var trainedSteps: Int
    /// The rule that balanced the experts.
    public var balance: String
    /// SHA-256 of the corpus, hexadecimal.
    public var corpusHash: String
    /// Version of the program that trained.
    public var programVersion: String
    /// The command that made the trace.
    public var command: String
    /// Tokens that the prediction module drafted after training; 0 where there is none.
    public var drafts: Int
    /// Those of them that the main model would have chosen.
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

  /// What one router decided in one step.
  public struct Decisions: Hashable, Sendable {
    /// Rows of each sequence; fewer than its tokens where a prediction module leaves out the last.
    public var rowsPerSequence: Int
    /// `[sequences x rowsPerSequence, topK]`, best first.
    public var experts: [UInt16]
    /// Sigmoid scores without bias of these, in 255ths: `[sequences x rowsPerSequence, topK]`.
    public var scores: [UInt8]

    public init(rowsPerSequence: Int, experts: [UInt16], scores: [UInt8]) {
      self.rowsPerSequence = rowsPerSequence
      self.experts = experts
      self.scores = scores
    }
  }

  /// One traced step.
  public struct Step: Hashable, Sendable {
    /// The step of training, from 0.
    public var number: Int
    /// The byte of each token `[sequences, sequenceLength]`.
    public var tokens: [UInt8]
    /// The domain of each sequence.
    public var domains: [UInt8]
    /// In the order of the trace's layers.
    public var layers: [Decisions]

    public init(number: Int, tokens: [UInt8], domains: [UInt8], layers: [Decisions]) {
      self.number = number
      self.tokens = tokens
      self.domains = domains
      self.layers = layers
    }
  }

  public var origin: Origin
  /// The rule of every router.
  public var gate: Gate
  /// Names of the domains.
  public var domains: [String]
  /// Tokens of a sequence.
  public var sequenceLength: Int
  /// Names of the routers: `L3` in the main model, `M0` of a prediction module.
  public var layers: [String]
  /// In the order of training.
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

  /// Tokens of all steps.
  public var tokenCount: Int { steps.reduce(0) { $0 + $1.tokens.count } }

  /// What is wrong with the trace; nil where every decision is one that its gate could take.
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

  /// What a hash of the trace is taken over: all but its origin.
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
  /// Calls a body for every row of one layer: its place in the trace, domain and experts.
  ///
  /// - Parameter body: domain; experts of the row; experts of the row before it in the same
  ///   sequence, empty for the first.
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
