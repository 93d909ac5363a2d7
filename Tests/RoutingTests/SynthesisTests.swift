// Scaling a trace up, on a trace that a synthetic layer of known strength has written.

import Testing

@testable import Routing

@Suite("Scaling a trace up")
struct SynthesisTests {
  private static let gate = Gate(experts: 32, groups: 8, groupLimit: 4, topK: 4)

  /// Text of four domains that use bytes of their own, 16 sequences of 32 tokens.
  private static var text: RoutedText {
    var tokens: [UInt8] = []
    for sequence in 0..<16 {
      tokens += (0..<32).map { UInt8(sequence % 4 * 64 + ($0 * 7 + sequence) % 20) }
    }
    return RoutedText(tokens: tokens, domains: (0..<16).map { UInt8($0 % 4) }, domainCount: 4)
  }

  private func route(_ domain: Double, _ context: Double, seed: UInt64 = 1) -> SynthesisOutcome {
    SyntheticLayer(Self.gate, text: Self.text, seed: seed, entity: 0)
      .route(
        SynthesisStrengths(domain: domain, context: context), nodeCount: 8, gpuCount: 32)
  }

  @Test("a stronger domain makes experts more uneven in it, and tells more about it")
  func domain() {
    let outcomes = [0, 0.4, 1.0].map { route($0, 0.5) }

    for (weak, strong) in zip(outcomes, outcomes.dropFirst()) {
      #expect(strong.domainSigma > weak.domainSigma)
      #expect(strong.mutualInformation > weak.mutualInformation)
    }
  }

  @Test("a stronger context makes neighbours more alike")
  func context() {
    #expect(route(0.3, 2).neighbourJaccard > route(0.3, 0.2).neighbourJaccard + 0.05)
  }

  @Test("the loss-free rule balances the mix, whatever domains prefer")
  func balance() {
    // 512 tokens at top-4 give each of 32 experts 64 visits; the last steps are 0.001 of a score.
    for domain in [0.2, 0.7] { #expect(route(domain, 0.5).maxViolation < 0.25) }
  }

  @Test("a token visits at most the nodes of the limit, and nearly all of them")
  func nodes() {
    let copies = route(0.4, 0.5).copies

    // Published range for 256 experts: 3.2 of a trained model to 3.97 of independent scores.
    #expect((3.0...4).contains(copies.nodes))
    #expect(copies.gpus == 4, "every expert is a GPU of its own")
  }

  @Test("the fit finds a layer as uneven and as alike as the traced one")
  func fit() throws {
    let trace = RoutingTrace(
      origin: RoutingTrace.Origin(
        preset: "synthetic", seed: 7, trainedSteps: 0, balance: "loss-free", corpusHash: "",
        programVersion: "0", command: "none"),
      gate: Self.gate, domains: ["a", "b", "c", "d"], sequenceLength: 32, layers: ["L1"],
      steps: [Self.step(strength: 0.6)])
    #expect(trace.problem == nil)
    let scaling = TraceScaling(trace, sequences: 16, nodeCount: 8, gpuCount: 32, seed: 3)

    let fit = try #require(scaling.fits(level: nil).first)
    let (profile, outcomes) = scaling.profile(layers: 3, fits: [fit], notes: ["a note"])

    #expect(abs(fit.outcome.domainSigma / fit.measuredSigma - 1) < 0.1)
    #expect(abs(fit.outcome.neighbourJaccard / fit.measuredJaccard - 1) < 0.15)
    // Layers draw vectors of their own. With four domains and 16 visits of an expert in each, one
    // draw may be half as uneven as another of the same strength.
    let ratios = outcomes.map { $0.domainSigma / fit.measuredSigma }
    #expect(ratios.allSatisfy { (0.5...2).contains($0) }, "\(ratios)")
    #expect(profile.layers == 3 && profile.notes == ["a note"])
    for layer in profile.shares {
      for domain in layer { #expect(abs(domain.reduce(0, +) - 1) < 1e-4) }
    }
  }

  /// A step whose router is a synthetic layer of another seed.
  private static func step(strength: Double) -> RoutingTrace.Step {
    var experts: [UInt16] = []
    SyntheticLayer(gate, text: text, seed: 99, entity: 5).decide(
      SynthesisStrengths(domain: strength, context: 1)
    ) { experts += $0.map { UInt16($0) } }
    return RoutingTrace.Step(
      number: 0, tokens: text.tokens, domains: text.domains,
      layers: [
        RoutingTrace.Decisions(
          rowsPerSequence: 32, experts: experts, scores: experts.map { _ in 128 })
      ])
  }

  @Test("strengths between fitted layers lie on a line, and end at the ends")
  func between() {
    func fit(_ domain: Double) -> TraceScaling.Fit {
      TraceScaling.Fit(
        layer: "L", measuredSigma: 1, targetSigma: 1, measuredJaccard: 0,
        strengths: SynthesisStrengths(domain: domain, context: 0), outcome: route(0, 0))
    }
    let fits = [fit(0), fit(1), fit(3)]

    let domains = (0..<5).map { TraceScaling.strengths(at: $0, of: 5, fits).domain }

    #expect(domains == [0, 0.5, 1, 2, 3])
    #expect(TraceScaling.strengths(at: 0, of: 1, fits).domain == 0)
  }
}

@Suite("Load profiles")
struct LoadProfileTests {
  private let profile = LoadProfile(
    domains: ["a", "b"], experts: 4,
    shares: [
      [[0.5, 0.5, 0, 0], [0, 0, 0.25, 0.75]], [[0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]],
    ],
    notes: ["measured: nothing", "made: by hand"])

  @Test("a profile comes back from its text")
  func text() throws {
    #expect(try LoadProfile(text: profile.text) == profile)
  }

  @Test(
    "a text that is no profile is refused with its line",
    arguments: [
      ("1,2\n", "line 1: shares before the domains"), ("domains a\n1,x\n", "line 2: a share"),
      ("domains a\n1,2\n3\n", "line 3: 1 experts where others have 2"),
      ("domains a\n0,0\n", "line 2: no expert has a share"),
      ("domains a,b\n1,2\n", "1 rows do not divide into 2 domains"),
    ])
  func refused(file: (text: String, message: String)) {
    do throws(LoadProfileProblem) {
      _ = try LoadProfile(text: file.text)
      Issue.record("\(file.text) is no profile")
    } catch {
      #expect(error.description.hasPrefix(file.message), "\(error)")
    }
  }

  @Test("a mix of domains has the mean of their shares; layers go by relative depth")
  func mix() {
    #expect(profile.shares(ofLayer: 0, of: 2, mix: [0.5, 0.5]) == [0.25, 0.25, 0.125, 0.375])
    #expect(profile.shares(ofLayer: 3, of: 4, mix: [0, 1]) == [1, 0, 0, 0])
    #expect(profile.shares(ofLayer: 1, of: 4, mix: [1, 0]) == [0.5, 0.5, 0, 0])
  }

  @Test("INV-6: a step under a profile keeps its rows; more sequences even its microbatches out")
  func step() {
    func loads(_ sequences: Int) -> StepLoads {
      StepLoads(
        RoutingSpec(.profile(profile), seed: 1),
        sizes: StepLoads.Sizes(
          layers: 2, microbatches: 50, experts: 4, gpus: 2, topK: 1, tokensPerGPU: 1000,
          sequencesPerGPU: sequences))
    }
    let few = loads(1)
    for microbatch in 0..<50 {
      let rows = (0..<2).map { few.rows(layer: 0, microbatch: microbatch, gpu: $0) }
      #expect(rows.reduce(0, +) == 2000)
    }
    // Layer 0: domain a lies on GPU 0, domain b on GPU 1; two sequences are often of one domain.
    #expect(loads(100).meanMaxOverMean < few.meanMaxOverMean)
    #expect((0..<50).contains { few.rows(layer: 0, microbatch: $0, gpu: 0) == 2000 })
  }

  @Test("the profile that is compiled in has the layers and experts of DeepSeek-V3")
  func builtin() {
    let builtin = LoadProfile.builtin

    #expect(builtin.layers == 58)
    #expect(builtin.experts == 256)
    #expect(builtin.domains == ["english", "chinese", "code", "mathematics"])
    for word in ["measured:", "published:", "fitted:", "assumed:", "synthesised:"] {
      #expect(builtin.notes.contains { $0.hasPrefix(word) })
    }
  }
}
