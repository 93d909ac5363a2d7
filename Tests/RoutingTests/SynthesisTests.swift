// Scaling a trace up, tested on traces of synthetic layers with known strengths.

import Testing

@testable import Routing

@Suite("Scaling a trace up")
struct SynthesisTests {
  private func route(_ domain: Double, _ context: Double) -> SynthesisOutcome {
    SyntheticLayer(SyntheticTrace.gate(32), text: SyntheticTrace.text, seed: 1, entity: 0)
      .route(
        SynthesisStrengths(domain: domain, context: context), nodeCount: 8, gpuCount: 32)
  }

  @Test("a stronger domain makes its experts more uneven and more informative")
  func domain() {
    let outcomes = [0, 0.4, 1.0].map { route($0, 0.5) }

    for (weak, strong) in zip(outcomes, outcomes.dropFirst()) {
      #expect(strong.domainSigma > weak.domainSigma)
      #expect(strong.mutualInformation > weak.mutualInformation)
    }
  }

  @Test("a stronger context makes neighbouring tokens more alike")
  func context() {
    #expect(route(0.3, 2).neighbourJaccard > route(0.3, 0.2).neighbourJaccard + 0.05)
  }

  @Test("the loss-free rule balances the mix, however strongly domains prefer experts")
  func balance() {
    // 512 tokens with top-4 give each of 32 experts 64 visits; the last bias step is 0.001.
    for domain in [0.2, 0.7] { #expect(route(domain, 0.5).maxViolation < 0.25) }
  }

  @Test("a token visits nearly all nodes that the limit allows, and no more")
  func nodes() {
    let fanOut = route(0.4, 0.5).fanOut

    // Published for 256 experts: 3.2 in a trained model, 3.97 with independent scores.
    #expect((3.0...4).contains(fanOut.nodes))
    #expect(fanOut.gpus == 4, "every expert has its own GPU")
  }

  @Test("the fit reproduces the traced layer's unevenness and the similarity of its neighbours")
  func fit() throws {
    let trace = SyntheticTrace.make(experts: 32, layers: 1)
    #expect(trace.problem == nil)
    let scaling = TraceScaling(trace, sequences: 16, nodeCount: 8, gpuCount: 32, seed: 3)

    let fit = try #require(scaling.fits(level: nil).first)
    let (profile, outcomes) = scaling.profile(layers: 3, fits: [fit], notes: ["a note"])

    #expect(abs(fit.outcome.domainSigma / fit.measuredSigma - 1) < 0.1)
    #expect(abs(fit.outcome.neighbourJaccard / fit.measuredJaccard - 1) < 0.15)
    // Each layer draws its own vectors. With four domains and 16 visits per expert in each, one
    // draw may be half as uneven as another of the same strength.
    let ratios = outcomes.map { $0.domainSigma / fit.measuredSigma }
    #expect(ratios.allSatisfy { (0.5...2).contains($0) }, "\(ratios)")
    #expect(profile.layers == 3 && profile.notes == ["a note"])
    for layer in profile.shares {
      for domain in layer { #expect(abs(domain.reduce(0, +) - 1) < 1e-4) }
    }
  }

  @Test("means are over the domains with text, and notes count the sequences that were routed")
  func provenance() {
    let trace = RoutingStatisticsTests.trace([0, 1, 0, 4, 0, 4, 2, 3, 2, 3, 2, 3])
    var silent = trace
    silent.domains.append("c")

    let scaled = [trace, silent].map {
      TraceScaling.scale($0, hash: "ab", layers: 1, level: nil, sequences: 64, seed: 1)
    }

    #expect(scaled[0].fits.map(\.measuredSigma) == scaled[1].fits.map(\.measuredSigma))
    let outcome = SynthesisOutcome(
      visits: [[4, 1], [0, 0]], neighbourJaccard: 0, fanOut: TokenFanOut(nodes: 1, gpus: 1))
    #expect(abs(outcome.domainSigma - 0.693_147_180_559_945) < 1e-12)
    #expect(
      scaled[0].profile.notes.last
        == "synthesised: 1 layers, 2 sequences routed by the real gate, seed 1")
  }

  @Test("strengths are interpolated linearly between fitted layers")
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

  @Test("a profile survives a round trip through text")
  func text() throws {
    #expect(try LoadProfile(text: profile.text) == profile)
  }

  @Test(
    "malformed text is refused with the line number",
    arguments: [
      ("1,2\n", "line 1: shares before the domains"), ("domains a\n1,x\n", "line 2: a share"),
      ("domains a\n1,2\n3\n", "line 3: 1 experts where others have 2"),
      ("domains a\n0,0\n", "line 2: no expert has a share"),
      ("domains a,b\n1,2\n", "1 rows do not divide into 2 domains"),
      ("domains a,b\n1,2\ndomains \n3,4\n", "line 3: the domains again"),
      ("domains ,\n1,2\n", "line 1: no name of a domain"),
    ])
  func refused(file: (text: String, message: String)) {
    do throws(LoadProfileProblem) {
      _ = try LoadProfile(text: file.text)
      Issue.record("\(file.text) was accepted")
    } catch {
      #expect(error.description.hasPrefix(file.message), "\(error)")
    }
  }

  @Test("a mix averages the domains' shares, and layers are matched by relative depth")
  func mix() {
    #expect(profile.shares(ofLayer: 0, of: 2, mix: [0.5, 0.5]) == [0.25, 0.25, 0.125, 0.375])
    #expect(profile.shares(ofLayer: 3, of: 4, mix: [0, 1]) == [1, 0, 0, 0])
    #expect(profile.shares(ofLayer: 1, of: 4, mix: [1, 0]) == [0.5, 0.5, 0, 0])
  }

  @Test("INV-6: a step conserves rows under a profile; more sequences even out its microbatches")
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
    // In layer 0 domain a visits GPU 0 and b GPU 1; two sequences often have the same domain.
    #expect(loads(100).meanMaxOverMean < few.meanMaxOverMean)
    #expect((0..<50).contains { few.rows(layer: 0, microbatch: $0, gpu: 0) == 2000 })
  }

  @Test("the compiled-in profile has the layers and experts of DeepSeek-V3")
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
