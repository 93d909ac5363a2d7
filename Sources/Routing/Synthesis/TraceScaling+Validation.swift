// Support for validating the scaling against trained models: synthetic traces, analysed like real
// ones, and traces with one domain held out.

extension RoutingTrace {
  /// The trace without the sequences of one domain.
  ///
  /// - Precondition: the trace has this domain and at least one other.
  package func without(domain left: Int) -> RoutingTrace {
    precondition(domains.count > 1 && domains.indices.contains(left), "a domain stays")
    var trace = self
    trace.domains.remove(at: left)
    trace.steps = steps.map { step in
      let kept = step.domains.indices.filter { Int(step.domains[$0]) != left }
      func rows<Value>(_ values: [Value], _ perSequence: Int) -> [Value] {
        kept.flatMap { values[$0 * perSequence..<($0 + 1) * perSequence] }
      }
      return Step(
        number: step.number, tokens: rows(step.tokens, sequenceLength),
        domains: kept.map {
          Int(step.domains[$0]) > left ? step.domains[$0] - 1 : step.domains[$0]
        },
        layers: step.layers.map {
          Decisions(
            rowsPerSequence: $0.rowsPerSequence,
            experts: rows($0.experts, $0.rowsPerSequence * gate.topK),
            scores: rows($0.scores, $0.rowsPerSequence * gate.topK))
        })
    }
    return trace
  }
}

extension TraceScaling {
  /// The trace of new synthetic layers routing the text, one layer per element of `strengths`.
  ///
  /// Their vectors differ from the fitted layers'. Gate scores are not modelled and stay zero.
  ///
  /// - Complexity: one routing of the text per layer.
  package func synthetic(_ strengths: [SynthesisStrengths], gate: Gate) -> RoutingTrace {
    let layers = strengths.enumerated().map { index, strengths in
      var experts: [UInt16] = []
      experts.reserveCapacity(text.tokens.count * gate.topK)
      SyntheticLayer(gate, text: text, seed: seed, entity: Self.firstScaledLayer + index)
        .decide(strengths) { experts += $0.map { UInt16($0) } }
      return RoutingTrace.Decisions(
        rowsPerSequence: text.length, experts: experts,
        scores: [UInt8](repeating: 0, count: experts.count))
    }
    var origin = trace.origin
    origin.preset = "synthetic"
    return RoutingTrace(
      origin: origin, gate: gate, domains: trace.domains, sequenceLength: text.length,
      layers: strengths.indices.map { "L\($0 + 1)" },
      steps: [
        RoutingTrace.Step(number: 0, tokens: text.tokens, domains: text.domains, layers: layers)
      ])
  }
}
