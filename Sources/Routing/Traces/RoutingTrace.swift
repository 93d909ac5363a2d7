// A routing trace: the experts and gate scores that the routers of a real model chose for each
// token, by training step and layer, with the token's byte and its sequence's domain.

import Text

/// Routing decisions of a training run.
package struct RoutingTrace: Hashable, Sendable {
  /// Provenance of a trace: enough to reproduce it.
  package struct Origin: Hashable, Sendable {
    /// Preset of the model.
    package var preset: String
    /// Seed of weights and batches.
    package var seed: UInt64
    /// Training steps at the end of the trace.
    package var trainedSteps: Int
    /// Load-balancing rule of the experts.
    package var balance: String
    /// SHA-256 of the corpus, hexadecimal.
    package var corpusHash: String
    /// Version of the program that trained the model.
    package var programVersion: String
    /// The command that made the trace.
    package var command: String
    /// Tokens that the prediction module drafted after training; 0 without such a module.
    package var drafts: Int
    /// Drafts that the main model accepted.
    package var acceptedDrafts: Int

    package init(
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
  package struct Decisions: Hashable, Sendable {
    /// Rows per sequence; fewer than its tokens in a prediction module, which skips the last ones.
    package var rowsPerSequence: Int
    /// `[sequences x rowsPerSequence, topK]`, best first.
    package var experts: [UInt16]
    /// Sigmoid scores of these experts, without bias, in units of 1/255:
    /// `[sequences x rowsPerSequence, topK]`.
    package var scores: [UInt8]

    package init(rowsPerSequence: Int, experts: [UInt16], scores: [UInt8]) {
      self.rowsPerSequence = rowsPerSequence
      self.experts = experts
      self.scores = scores
    }
  }

  /// One traced step.
  package struct Step: Hashable, Sendable {
    /// The training step, from 0.
    package var number: Int
    /// The byte of each token, `[sequences, sequenceLength]`.
    package var tokens: [UInt8]
    /// The domain of each sequence.
    package var domains: [UInt8]
    /// Decisions by layer, in the order of the trace's layers.
    package var layers: [Decisions]

    package init(number: Int, tokens: [UInt8], domains: [UInt8], layers: [Decisions]) {
      self.number = number
      self.tokens = tokens
      self.domains = domains
      self.layers = layers
    }
  }

  package var origin: Origin
  /// The gate of every router.
  package var gate: Gate
  /// Names of the domains.
  package var domains: [String]
  /// Tokens per sequence.
  package var sequenceLength: Int
  /// Names of the routers: `L3` in the main model, `M0` in a prediction module.
  package var layers: [String]
  /// Traced steps, in training order.
  package var steps: [Step]

  package init(
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
  package var tokenCount: Int { steps.reduce(0) { $0 + $1.tokens.count } }

  /// The fewest first sequences with text of every domain; nil if a domain has none.
  package var sequencesOfAllDomains: Int? {
    var missing = Set(domains.indices)
    for (index, domain) in steps.lazy.flatMap(\.domains).enumerated() {
      missing.remove(Int(domain))
      if missing.isEmpty { return index + 1 }
    }
    return nil
  }

  /// What a trace lacks if a domain has no text, and a remedy; nil if all have some.
  package var lackOfText: Explanation? {
    let seen = Set(steps.flatMap(\.domains))
    let silent = domains.indices.filter { !seen.contains(UInt8($0)) }
    guard !silent.isEmpty else { return nil }
    // Sequences take domains in turn, so this many steps have one of each.
    let perStep = max(1, steps.first?.domains.count ?? 1)
    let enough = (domains.count + perStep - 1) / perStep
    return Explanation(
      "its trace has no text of \(silent.map { domains[$0] }.joined(separator: ", "))",
      advice: [
        "expected: text of all \(domains.count) domains, as moe trace --traced-steps \(enough)"
          + " keeps it"
      ])
  }

  /// What is wrong with the trace; nil if its sizes are consistent and all its experts exist.
  ///
  /// - Complexity: linear in the decisions.
  package var problem: String? {
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
  package var identity: [UInt8] {
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
