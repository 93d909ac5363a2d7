// The tools that validate trace scaling, tested on synthetic traces with known strengths.

import Testing

@testable import Routing

/// Traces of synthetic layers with known strengths.
enum SyntheticTrace {
  /// Text of four domains with disjoint bytes: 16 sequences of 32 tokens.
  static var text: RoutedText {
    var tokens: [UInt8] = []
    for sequence in 0..<16 {
      tokens += (0..<32).map { UInt8(sequence % 4 * 64 + ($0 * 7 + sequence) % 20) }
    }
    return RoutedText(tokens: tokens, domains: (0..<16).map { UInt8($0 % 4) }, domainCount: 4)
  }

  static func gate(_ experts: Int) -> Gate {
    Gate(experts: experts, groups: 8, groupLimit: 4, topK: 4)
  }

  /// Layers with domain strength 0.6 and context strength 1.
  static func make(experts: Int, layers: Int) -> RoutingTrace {
    let (gate, text) = (gate(experts), text)
    let decisions = (0..<layers).map { layer in
      var experts: [UInt16] = []
      SyntheticLayer(gate, text: text, seed: 99, entity: layer).decide(
        SynthesisStrengths(domain: 0.6, context: 1)
      ) { experts += $0.map { UInt16($0) } }
      return RoutingTrace.Decisions(
        rowsPerSequence: 32, experts: experts, scores: experts.map { _ in 128 })
    }
    return RoutingTrace(
      origin: RoutingTrace.Origin(
        preset: "synthetic", seed: 99, trainedSteps: 0, balance: "loss-free", corpusHash: "",
        programVersion: "0", command: "none"),
      gate: gate, domains: ["a", "b", "c", "d"], sequenceLength: 32,
      layers: (0..<layers).map { "L\($0)" },
      steps: [
        RoutingTrace.Step(
          number: 0, tokens: text.tokens, domains: text.domains, layers: decisions)
      ])
  }
}

@Suite("Validation of trace scaling")
struct ScalingValidationTests {
  private func sigma(_ trace: RoutingTrace) -> Double {
    let sigmas = trace.layers.indices.compactMap { layer in
      RoutingStatistics(trace, layer: layer, nodeCount: 8, gpuCount: 16).domainSigma
    }
    return sigmas.reduce(0, +) / Double(sigmas.count)
  }

  @Test("strengths fitted with 32 experts predict how uneven 64 experts are")
  func transfer() {
    let scaling = TraceScaling(
      SyntheticTrace.make(experts: 32, layers: 1), sequences: 16, nodeCount: 8, gpuCount: 16,
      seed: 3)

    let fits = scaling.fits(level: nil)
    let predicted = scaling.synthetic(
      (0..<4).map { _ in fits[0].strengths }, gate: SyntheticTrace.gate(64))

    #expect(predicted.problem == nil)
    #expect(predicted.steps[0].tokens == SyntheticTrace.text.tokens)
    // Means over four layers, because a single draw of four domain vectors varies by a third.
    let ratio = sigma(predicted) / sigma(SyntheticTrace.make(experts: 64, layers: 4))
    #expect(abs(ratio - 1) < 0.25, "\(ratio)")
  }

  @Test("removing a domain keeps the other sequences in order and renumbers their domains")
  func without() {
    let trace = SyntheticTrace.make(experts: 32, layers: 1)

    let left = trace.without(domain: 1)

    #expect(left.problem == nil)
    #expect(left.domains == ["a", "c", "d"])
    let kept = (0..<16).filter { $0 % 4 != 1 }
    func rows<Value>(_ values: [Value], _ width: Int) -> [Value] {
      kept.flatMap { values[$0 * width..<($0 + 1) * width] }
    }
    let (before, after) = (trace.steps[0], left.steps[0])
    #expect(after.domains == kept.map { [0, 9, 1, 2][$0 % 4] })
    #expect(after.tokens == rows(before.tokens, 32))
    #expect(after.layers[0].experts == rows(before.layers[0].experts, 128))
  }

  @Test("a domain's shares are proportional to its visits and sum to one in every layer")
  func shares() {
    let trace = SyntheticTrace.make(experts: 32, layers: 2)

    let shares = trace.domainShares

    #expect(shares.count == 4)
    for layer in 0..<2 {
      let visits = RoutingStatistics(trace, layer: layer, nodeCount: 8, gpuCount: 16).visits
      for domain in 0..<4 {
        let row = shares[domain][layer * 32..<(layer + 1) * 32]
        #expect(abs(row.reduce(0, +) - 1) < 1e-12)
        // Four sequences of 32 tokens with four visits each.
        #expect(zip(row, visits[domain]).allSatisfy { abs($0 * 512 - Double($1)) < 1e-9 })
      }
    }
  }
}
