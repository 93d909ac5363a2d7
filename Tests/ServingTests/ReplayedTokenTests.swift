// Follows a token of a trace to the bytes on the ports of the GPUs of an inference step.

import Cluster
import Execution
import ModelCost
import Recording
import Routing
import Testing

@testable import Serving

@Suite("Replayed tokens in an inference step")
struct ReplayedTokenTests {
  /// Experts on GPUs 0 (two), 2, 10, 11 (two) and 15 (two), of four experts each.
  static let token: [UInt16] = [0, 1, 9, 40, 44, 47, 62, 63]
  static let holders = [0: 2.0, 2: 1, 10: 1, 11: 2, 15: 2]

  private func run(
    _ phase: InferenceSpec.Phase, _ fidelity: Fidelity
  ) throws -> (result: SimulationResult, hidden: Int) {
    var model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
    model.layers = model.denseLayers + 1
    model.experts?.routed = 64
    let trace = RoutingTrace(
      origin: RoutingTrace.Origin(
        preset: "hand", seed: 0, trainedSteps: 0, balance: "none", corpusHash: "",
        programVersion: "0", command: "none"),
      gate: Gate(experts: 64, groups: 8, groupLimit: 4, topK: 8), domains: ["a"],
      sequenceLength: 1, layers: ["L1"],
      steps: [
        RoutingTrace.Step(
          number: 0, tokens: [1], domains: [0],
          layers: [
            RoutingTrace.Decisions(
              rowsPerSequence: 1, experts: Self.token, scores: Array(repeating: 9, count: 8))
          ])
      ])
    let spec = InferenceSpec(
      phase: phase, batch: phase == .decode ? 64 : 2, context: 128, expertParallel: 16,
      redundantExperts: 0, microbatches: 2, kvCache: .bf16, gemm: .fp8, mtpAcceptance: nil,
      communicationSMs: phase.usualCommunicationSMs,
      routing: RoutingSpec(.replay(ReplayedTrace(trace, hash: "a")), seed: 1),
      planner: .inOrder, kernelRelease: .april2025, fidelity: fidelity)
    let cluster = ClusterSpec(node: try #require(NodeSpec.catalogue.first), nodeCount: 2)
    return (try InferenceStep(spec: spec, model: model, cluster: cluster).run(), model.hidden)
  }

  private func bytes(_ result: SimulationResult, _ link: LinkClass, _ gpu: Int) -> Double {
    let row = result.network.links.first { use in
      if case .gpu(_, gpu, _) = use.owner { use.link == link } else { false }
    }
    return row?.bytes.value ?? 0
  }

  /// Copies that a GPU dispatches and receives of one token of each GPU.
  private func copies(_ gpu: Int, _ phase: InferenceSpec.Phase) -> [LinkClass: Double] {
    let near = Self.holders.filter { $0.key / 8 == gpu / 8 && $0.key != gpu }
    let own = Self.holders[gpu] ?? 0
    switch phase {
    case .prefill:
      return [
        .nicOut: 1, .nicIn: 1, .scaleUpOut: 2 * Double(near.count), .scaleUpIn: own > 0 ? 14 : 0,
      ]
    case .decode:
      let nearRows = near.reduce(0) { $0 + $1.value }
      return [
        .nicOut: 8 - nearRows - own, .nicIn: 8 * own, .scaleUpOut: nearRows, .scaleUpIn: 7 * own,
      ]
    }
  }

  static let mirror: [(LinkClass, LinkClass)] = [
    (.nicOut, .nicIn), (.nicIn, .nicOut), (.scaleUpOut, .scaleUpIn), (.scaleUpIn, .scaleUpOut),
  ]

  @Test(
    "one token goes to exactly the nodes and GPUs that hold its experts",
    arguments: [InferenceSpec.Phase.prefill, .decode])
  func oneToken(phase: InferenceSpec.Phase) throws {
    let (result, hidden) = try run(phase, .everyGPU)
    let message = ExpertMessages(hidden: hidden, topK: 8, dispatch: .fp8, combine: .bf16)
    // 64 sequences of one token, or two of 128; in both microbatches together.
    let tokens = phase == .decode ? 64.0 : 256
    for gpu in 0..<16 {
      let copies = copies(gpu, phase)
      for (link, other) in Self.mirror {
        let (sent, returned) = (try #require(copies[link]), try #require(copies[other]))
        let expected =
          tokens
          * (sent * Double(message.dispatchPayload) + returned * Double(message.combinePayload))
        let found = bytes(result, link, gpu)
        #expect(abs(found - expected) <= 1e-9 * expected, "GPU \(gpu), \(link.rawValue)")
      }
    }
  }

  @Test(
    "members carry, weighted, the bytes of all GPUs",
    arguments: [InferenceSpec.Phase.prefill, .decode])
  func folded(phase: InferenceSpec.Phase) throws {
    let (all, _) = try run(phase, .everyGPU)
    for fidelity in [Fidelity.folded, .members(3)] {
      let (folded, _) = try run(phase, fidelity)
      func sum(_ result: SimulationResult, _ link: LinkClass) -> Double {
        result.network.links.reduce(0) {
          $1.link == link ? $0 + $1.bytes.value * Double($1.gpus) : $0
        }
      }
      #expect(folded.network.isConserved)
      for (link, _) in Self.mirror {
        #expect(abs(sum(folded, link) - sum(all, link)) <= 1e-9 * sum(all, link))
      }
    }
  }
}
