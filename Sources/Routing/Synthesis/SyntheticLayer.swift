// Synthetic gate inputs that imitate a trained layer, for a layer of any size.
//
//   logit_i = a_d <D, e_i> + a_k <K, e_i> + a_c <C_t, e_i> + noise
//
//   e_i  the expert's vector          K    the vector of the token's byte
//   D    the vector of the domain     C_t  the context, a first-order autoregression over tokens
//
// All vectors are normal; the noise is normal with unit variance. Domains and bytes come from a
// real trace, and a_d and a_c are fitted to its statistics. The real gate runs on the sigmoids of
// the logits. Its selection bias is trained by the loss-free rule (arXiv 2408.15664) on the mix of
// all domains, then frozen.
//
// Validity: layers are independent, so hot GPUs do not persist from one layer to the next. Experts
// have no structure beyond these vectors. Only two numbers per layer are fitted.

import Numerics
import Units

/// Real text for synthetic layers to route: bytes, and the domain of each sequence.
package struct RoutedText: Hashable, Sendable {
  /// `[sequences, length]`.
  package let tokens: [UInt8]
  /// The domain of each sequence.
  package let domains: [UInt8]
  /// Tokens per sequence.
  package let length: Int
  /// Number of domains.
  package let domainCount: Int

  /// - Precondition: all sequences have the same length.
  init(tokens: [UInt8], domains: [UInt8], domainCount: Int) {
    precondition(!domains.isEmpty && tokens.count % domains.count == 0, "sequences of one length")
    self.tokens = tokens
    self.domains = domains
    self.domainCount = domainCount
    length = tokens.count / domains.count
  }

  /// The first sequences of a trace's text.
  package init(_ trace: RoutingTrace, sequences limit: Int) {
    let domains = Array(trace.steps.flatMap(\.domains).prefix(limit))
    let tokens = trace.steps.flatMap(\.tokens).prefix(domains.count * trace.sequenceLength)
    self.init(
      tokens: Array(tokens), domains: domains, domainCount: trace.domains.count)
  }
}

/// How strongly domain and context move the logits; bytes and noise have strength 1.
package struct SynthesisStrengths: Hashable, Sendable {
  /// a_d, the strength of the domain.
  package var domain: Double
  /// a_c, the strength of the context.
  package var context: Double
}

/// Statistics of a text that a synthetic layer has routed.
package struct SynthesisOutcome: Hashable, Sendable {
  /// Visits by domain, `[domains][experts]`.
  package let visits: [[Int]]
  /// Mean Jaccard index of neighbouring tokens: experts that both visit / experts of either.
  package let neighbourJaccard: Double
  /// Mean distinct nodes and GPUs per token.
  package let fanOut: TokenFanOut

  /// Standard deviation of ln load, mean over the domains with text.
  package var domainSigma: Double {
    guard let sigma = RoutingStatistics.domainSigma(visits) else {
      preconditionFailure("a text was routed")
    }
    return sigma
  }

  /// Largest expert load over all domains / mean - 1.
  package var maxViolation: Double {
    RoutingStatistics.maxOverMean(
      visits[0].indices.map { expert in visits.reduce(0) { $0 + $1[expert] } }) - 1
  }

  /// Mutual information of expert and domain, bits.
  package var mutualInformation: Double { RoutingStatistics.mutualInformation(visits) }
}

/// The random vectors and noise of one layer; each routing chooses its own strengths.
struct SyntheticLayer {
  private let gate: Gate
  private let text: RoutedText
  /// Scalar products with every expert: `[domains, experts]`, `[256, experts]`,
  /// `[tokens, experts]`.
  private let domainParts: [Float]
  private let byteParts: [Float]
  private let contextParts: [Float]
  private let noise: [Float]

  /// Dimensions of each vector.
  static let assumedDimensions = 16
  /// Correlation of the contexts of neighbouring tokens.
  static let assumedContextMemory = 0.9
  /// Passes of the loss-free rule over the text, and its first and last step size.
  private static let biasPasses = 40
  private static let biasSteps = (first: 0.05, last: 0.001)

  /// Draws a layer.
  ///
  /// - Parameter entity: the layer's random stream.
  /// - Complexity: tokens x experts x dimensions.
  init(_ gate: Gate, text: RoutedText, seed: UInt64, entity: Int) {
    self.gate = gate
    self.text = text
    let normal = NormalTable()
    let dimensions = Self.assumedDimensions
    var stream = RandomStream(seed: seed, purpose: .synthesis, entity: entity)
    func vectors(_ count: Int) -> [Float] {
      (0..<count * dimensions).map { _ in Float(normal.value(at: stream.next())) }
    }
    // Of unit length on average, so that a scalar product with a unit normal vector is normal.
    let scale = Float(1 / Double(dimensions).squareRoot())
    let experts = vectors(gate.experts).map { $0 * scale }
    func products(_ vectors: [Float]) -> [Float] {
      var result = [Float](repeating: 0, count: vectors.count / dimensions * gate.experts)
      for row in 0..<vectors.count / dimensions {
        for expert in 0..<gate.experts {
          var sum: Float = 0
          for place in 0..<dimensions {
            sum += vectors[row * dimensions + place] * experts[expert * dimensions + place]
          }
          result[row * gate.experts + expert] = sum
        }
      }
      return result
    }
    domainParts = products(vectors(text.domainCount))
    byteParts = products(vectors(256))
    var contexts: [Float] = []
    let memory = Float(Self.assumedContextMemory)
    let fresh = (1 - memory * memory).squareRoot()
    for token in text.tokens.indices {
      let next = vectors(1)
      if token % text.length == 0 {
        contexts += next
      } else {
        let before = contexts.suffix(dimensions)
        contexts += zip(before, next).map { memory * $0 + fresh * $1 }
      }
    }
    contextParts = products(contexts)
    noise = (0..<text.tokens.count * gate.experts).map { _ in
      Float(normal.value(at: stream.next()))
    }
  }

  /// Routes the text: computes scores, trains the bias by the loss-free rule, then runs the gate
  /// with that bias frozen.
  func route(_ strengths: SynthesisStrengths, nodeCount: Int, gpuCount: Int) -> SynthesisOutcome {
    let scores = scores(strengths)
    return outcome(scores, bias(scores), nodeCount: nodeCount, gpuCount: gpuCount)
  }

  /// Routes the text and calls `body` with the experts of each token in turn.
  func decide(_ strengths: SynthesisStrengths, _ body: ([Int]) -> Void) {
    let scores = scores(strengths)
    forEachToken(scores, bias(scores)) { body($1) }
  }

  /// The selection bias that the loss-free rule arrives at on the whole text.
  private func bias(_ scores: [Float]) -> [Float] {
    var bias = [Float](repeating: 0, count: gate.experts)
    let (first, last) = Self.biasSteps
    for pass in 0..<Self.biasPasses {
      let share = Double(pass) / Double(Self.biasPasses - 1)
      let step = Float(first * exponential(share * naturalLogarithm(last / first)))
      var loads = [Int](repeating: 0, count: gate.experts)
      forEachToken(scores, bias) { _, experts in
        for expert in experts { loads[expert] += 1 }
      }
      let mean = Double(text.tokens.count * gate.topK) / Double(gate.experts)
      for expert in 0..<gate.experts where Double(loads[expert]) != mean {
        bias[expert] += Double(loads[expert]) < mean ? step : -step
      }
    }
    return bias
  }

  private func outcome(
    _ scores: [Float], _ bias: [Float], nodeCount: Int, gpuCount: Int
  ) -> SynthesisOutcome {
    var visits = Array(
      repeating: Array(repeating: 0, count: gate.experts), count: text.domainCount)
    var counter = FanOutCounter(nodeCount: nodeCount, gpuCount: gpuCount)
    var (before, jaccard, neighbours) = ([Int](), 0.0, 0)
    forEachToken(scores, bias) { token, experts in
      let domain = Int(text.domains[token / text.length])
      for expert in experts { visits[domain][expert] += 1 }
      counter.add(experts.lazy.map { $0 * gpuCount / gate.experts })
      if token % text.length > 0 {
        let shared = experts.count { before.contains($0) }
        jaccard += Double(shared) / Double(2 * gate.topK - shared)
        neighbours += 1
      }
      before = experts
    }
    return SynthesisOutcome(
      visits: visits, neighbourJaccard: jaccard / Double(max(1, neighbours)),
      fanOut: counter.mean)
  }

  /// `[tokens, experts]`.
  private func scores(_ strengths: SynthesisStrengths) -> [Float] {
    let (domain, context) = (Float(strengths.domain), Float(strengths.context))
    var scores = noise
    for token in text.tokens.indices {
      let row = token * gate.experts
      let domainRow = Int(text.domains[token / text.length]) * gate.experts
      let byteRow = Int(text.tokens[token]) * gate.experts
      for expert in 0..<gate.experts {
        let logit =
          scores[row + expert] + domain * domainParts[domainRow + expert]
          + byteParts[byteRow + expert] + context * contextParts[row + expert]
        scores[row + expert] = 0.5 * (1 + Float(hyperbolicTangent(Double(logit) / 2)))
      }
    }
    return scores
  }

  private func forEachToken(
    _ scores: [Float], _ bias: [Float], _ body: (Int, [Int]) -> Void
  ) {
    var choices = [Float](repeating: 0, count: gate.experts)
    var selected = [Int](repeating: 0, count: gate.topK)
    var scratch = Gate.Scratch(for: gate)
    for token in text.tokens.indices {
      let row = token * gate.experts
      for expert in 0..<gate.experts { choices[expert] = scores[row + expert] + bias[expert] }
      gate.select(choices, into: &selected, scratch: &scratch)
      body(token, selected)
    }
  }
}

extension RandomPurpose {
  /// Vectors and noise of synthetic layers.
  static let synthesis = RandomPurpose("routing.synthesis")
  /// Draws of the domains of a microbatch's sequences.
  static let sequences = RandomPurpose("routing.sequences")
}
