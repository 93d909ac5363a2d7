// Steps of groups whose unit has other loads than their own, steps with prompts and decoding
// sequences, and several drafts: what must equal an ordinary step does, to the picosecond.

import Cluster
import ModelCost
import Recording
import Routing
import Testing
import Units

@testable import Serving

@Suite("Loads of a unit, and mixed steps")
struct UnitLoadTests {
  private let model: ModelSpec
  private let cluster: ClusterSpec

  init() throws {
    model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
    cluster = ClusterSpec(
      node: try #require(NodeSpec.catalogue.first { $0.name == "h800-sxm" }), nodeCount: 4)
  }

  private func spec(
    _ phase: InferenceSpec.Phase, _ layout: InferenceLayout = InferenceLayout(data: 32),
    batch: Int = 32, context: Int = 2000, microbatches: Int = 1, drafts: Double? = nil,
    loads: RoutingSpec = .uniform
  ) -> InferenceSpec {
    InferenceSpec(
      phase: phase, batch: batch, context: context, layout: layout, redundantExperts: 0,
      microbatches: microbatches, kvCache: .bf16, formats: ProductFormats(.fp8),
      mtpAcceptance: drafts, communicationSMs: phase.usualCommunicationSMs, routing: loads,
      planner: .inOrder, kernelRelease: .april2025)
  }

  private func time(_ spec: InferenceSpec) -> SimDuration {
    SimulatedStep(InferenceCosts(spec: spec, model: model, cluster: cluster)).makespan
  }

  private static let layouts = [
    InferenceLayout(data: 32), InferenceLayout(tensor: 4, data: 8),
    InferenceLayout(tensor: 8, data: 4, exchange: .gather), InferenceLayout(tensor: 16),
    InferenceLayout(tensor: 8, data: 2, experts: .divided), InferenceLayout(tensor: 8, pipeline: 2),
  ]

  @Test(
    "a unit whose groups all have the step's own tokens is an ordinary step",
    arguments: layouts, InferenceSpec.Phase.allCases)
  func ordinary(layout: InferenceLayout, phase: InferenceSpec.Phase) {
    for microbatches in [1, 2] {
      let own = spec(phase, layout, batch: 8, microbatches: microbatches)
      var unit = own
      unit.unit = UnitLoad(tokens: Double(8 * own.queries))

      #expect(time(unit) == time(own))
    }
  }

  @Test("only the product of a unit's tokens and its imbalance matters, if tokens are exchanged")
  func product() {
    var (busy, uneven, both) = (spec(.decode), spec(.decode), spec(.decode))
    busy.unit = UnitLoad(tokens: 48)
    uneven.unit = UnitLoad(tokens: 32, maxOverMean: 1.5)
    both.unit = UnitLoad(tokens: 40, maxOverMean: 1.2)

    #expect(time(busy) == time(uneven) && time(both) == time(uneven))
    #expect(time(busy) > time(spec(.decode)))
    #expect(time(busy) < time(spec(.decode, batch: 48)))
  }

  @Test("an imbalance costs what uneven loads cost when the same GPU is late in every layer")
  func uneven() throws {
    let loads = RoutingSpec(.logNormal(sigma: 0.5), seed: 4)
    let sampled = spec(.decode, batch: 64, loads: loads)
    let costs = InferenceCosts(spec: sampled, model: model, cluster: cluster)
    let ratios = costs.traffic.maxOverMean
    var unit = spec(.decode, batch: 64)
    unit.unit = UnitLoad(
      tokens: 64, maxOverMean: ratios.reduce(0, +) / Double(ratios.count))

    let (one, other) = (time(unit).seconds, time(sampled).seconds)
    #expect(abs(one / other - 1) < 0.05, "\(one / other)")
    #expect(time(spec(.decode, batch: 64)).seconds < one)
  }

  @Test("no decoding sequences, or as many prompt tokens as there are, change nothing")
  func wholePrompts() {
    for microbatches in [1, 2] {
      let own = spec(.prefill, batch: 2, context: 2048, microbatches: microbatches)
      var counted = own
      counted.promptTokens = 4096
      var empty = own
      empty.decoding = DecodeRows(sequences: 0, queries: 1, context: 100)

      #expect(time(counted) == time(own))
      #expect(time(empty) == time(own))
    }
  }

  @Test("a mixed step takes longer than its prompts, and less than both apart")
  func mixed() {
    for layout in [InferenceLayout(tensor: 16), InferenceLayout(data: 32)] {
      let prompts = spec(.prefill, layout, batch: 1, context: 1984)
      let decoding = spec(.decode, layout, batch: 64, context: 4000)
      var both = prompts
      both.decoding = DecodeRows(sequences: 64, queries: 1, context: 4000)

      #expect(time(both) > time(prompts))
      #expect(time(both) < time(prompts) + time(decoding))
    }
  }

  @Test("a longer context of decoding sequences costs a mixed step what it costs a decode step")
  func mixedContext() {
    // Nothing overlaps attention in a tensor group.
    let layout = InferenceLayout(tensor: 16)
    func mixed(_ context: Int) -> SimDuration {
      var spec = spec(.prefill, layout, batch: 1, context: 1984)
      spec.decoding = DecodeRows(sequences: 64, queries: 1, context: context)
      return time(spec)
    }
    func decode(_ context: Int) -> SimDuration {
      time(spec(.decode, layout, batch: 64, context: context))
    }

    let difference = (mixed(6000) - mixed(3000)) - (decode(6000) - decode(3000))
    // Durations of pieces are rounded to whole picoseconds.
    #expect(abs(difference.picoseconds) <= 4 * Int64(model.layers))
  }

  @Test("each further draft adds a pass of one token per sequence, and a row to verify")
  func drafts() {
    func drafted(_ count: Int) -> SimDuration {
      var spec = spec(.decode, drafts: 0.8)
      spec.draftLength = count
      return time(spec)
    }
    let steps = (1...4).map(drafted)

    #expect(steps[0] == time(spec(.decode, drafts: 0.8)))
    for (fewer, more) in zip(steps, steps.dropFirst()) { #expect(more > fewer) }
  }

  @Test("tokens of a step with drafts are those of independent acceptances")
  func accepted() {
    var spec = spec(.decode, batch: 10, drafts: 0.5)
    spec.draftLength = 3

    #expect(spec.queries == 4)
    #expect(spec.tokensPerStep == 10 * (1 + 0.5 + 0.25 + 0.125))
  }

  @Test("caches and activations of decoding sequences count in a mixed step's memory")
  func memory() throws {
    var spec = spec(.prefill, batch: 1, context: 1984)
    let alone = try InferenceStep(spec: spec, model: model, cluster: cluster).memory
    spec.decoding = DecodeRows(sequences: 64, queries: 1, context: 1000)
    let both = try InferenceStep(spec: spec, model: model, cluster: cluster).memory

    #expect(both.total > alone.total + 64 * 1000 * 70_272)
    spec.decoding?.context = 1_000_000
    #expect(throws: InferenceRefusal.self) {
      try InferenceStep(spec: spec, model: model, cluster: cluster)
    }
  }
}
