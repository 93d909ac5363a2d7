// Follows tokens of a trace to the bytes on the ports of the GPUs that hold their experts.

import Execution
import ModelCost
import Recording
import Routing
import Testing
import Units

@testable import Training

@Suite("Replayed tokens in a training step")
struct ReplayedTokensTests {
  /// A step on two nodes, whose 16 GPUs hold four experts each and are all of one rank.
  private func scenario(_ trace: RoutingTrace, _ fidelity: Fidelity) throws -> SmallScenario {
    var scenario = try SmallScenario(
      schedule: "1f1b", pipeline: 1, microbatches: 2, layers: 4, gpus: 16, expert: 16)
    scenario.spec.routing = RoutingSpec(.replay(ReplayedTrace(trace, hash: "a")), seed: 1)
    scenario.spec.fidelity = fidelity
    return scenario
  }

  /// A trace of one layer, with sequences of one token.
  private func trace(_ tokens: [[UInt16]]) -> RoutingTrace {
    RoutingTrace(
      origin: RoutingTrace.Origin(
        preset: "hand", seed: 0, trainedSteps: 0, balance: "none", corpusHash: "",
        programVersion: "0", command: "none"),
      gate: Gate(experts: 64, groups: 8, groupLimit: 4, topK: 8), domains: ["a"],
      sequenceLength: 1, layers: ["L1"],
      steps: [
        RoutingTrace.Step(
          number: 0, tokens: tokens.map { _ in 1 }, domains: tokens.map { _ in 0 },
          layers: [
            RoutingTrace.Decisions(
              rowsPerSequence: 1, experts: tokens.flatMap { $0 },
              scores: Array(repeating: 9, count: 8 * tokens.count))
          ])
      ])
  }

  /// Experts on GPUs 0 (two), 2, 10, 11 (two) and 15 (two).
  static let token: [UInt16] = [0, 1, 9, 40, 44, 47, 62, 63]

  /// Bytes through a port of each simulated GPU in exchanges of tokens. Everything else is the same
  /// for all GPUs of the only rank.
  private func bytes(_ result: SimulationResult, _ link: LinkClass) -> [Double] {
    let others = result.network.traffic.reduce(0) { sum, row in
      row.link == link && row.kind != .dispatch && row.kind != .combine
        ? sum + row.bytesPerGPU.value : sum
    }
    let members = Set(result.rankTimes.map(\.member)).count
    return (0..<members).map { member in
      let row = result.network.links.first { use in
        if case .gpu(_, member, _) = use.owner { use.link == link } else { false }
      }
      return (row?.bytes.value ?? 0) - others
    }
  }

  private func count(_ result: SimulationResult, _ kind: TrafficKind) -> Double {
    Double(
      result.trafficTimes.reduce(0) { $0 + ($1.kind == kind && $1.member == 0 ? $1.count : 0) })
  }

  @Test("one token goes to exactly the nodes and GPUs that hold its experts")
  func oneToken() throws {
    let scenario = try scenario(trace([Self.token]), .everyGPU)
    let result = try scenario.step().run()
    let message = ExpertMessages(
      hidden: scenario.model.hidden, topK: 8, dispatch: scenario.spec.precision.dispatch,
      combine: scenario.spec.precision.combine)
    let dispatched = count(result, .dispatch) * 1024 * Double(message.dispatchPayload)
    let combined = count(result, .combine) * 1024 * Double(message.combinePayload)
    let holders = [0: 2, 2: 1, 10: 1, 11: 2, 15: 2]

    let ports = Dictionary(
      uniqueKeysWithValues: [LinkClass.nicOut, .nicIn, .scaleUpOut, .scaleUpIn].map {
        ($0, bytes(result, $0))
      })
    for gpu in 0..<16 {
      // Each GPU sends one copy to the other node and receives one from its peer there.
      // Of both it makes copies for the holders in its own node, except for itself.
      let near = holders.keys.filter { $0 / 8 == gpu / 8 && $0 != gpu }
      let out = Double(2 * near.count)
      // A holder receives the tokens of all 16 GPUs, two of them without NVLink.
      let into = holders[gpu] == nil ? 0.0 : 14
      let expected: [(LinkClass, Double)] = [
        (.nicOut, dispatched + combined), (.nicIn, dispatched + combined),
        (.scaleUpOut, out * dispatched + into * combined),
        (.scaleUpIn, into * dispatched + out * combined),
      ]
      for (link, bytes) in expected {
        let found = try #require(ports[link]?[gpu])
        #expect(abs(found - bytes) <= 1e-9 * bytes + 1, "GPU \(gpu), \(link.rawValue)")
      }
    }
    #expect(count(result, .dispatch) > 0)
    // Two microbatches of 1,024 tokens of 16 GPUs at each of the token's experts.
    for load in result.expertLoads {
      let isChosen = Self.token.contains(UInt16(load.expert))
      #expect(load.rows == (isChosen ? 2 * 1024 * 16 : 0))
      #expect(load.gpu == load.expert / 4)
    }
  }

  @Test("folded and every GPU's bytes are those of all tokens, in `traffic` and in `link`")
  func allTokens() throws {
    let tokens: [[UInt16]] = [
      Self.token, [0, 4, 8, 12, 16, 20, 24, 28], [32, 33, 34, 35, 36, 37, 38, 39],
      [3, 5, 30, 31, 50, 51, 60, 61],
    ]
    for fidelity in [Fidelity.everyGPU, .folded, .members(3)] {
      let step = try scenario(trace(tokens), fidelity).step()
      let result = step.run()
      let loads = try #require(step.costs.loads)
      let sum = (0..<2).reduce(GPUTraffic()) {
        $0 + loads.source.layer(0, microbatch: $1).sum
      }
      let message = ExpertMessages(
        hidden: step.model.hidden, topK: 8, dispatch: step.spec.precision.dispatch,
        combine: step.spec.precision.combine)
      for (kind, size) in [
        (TrafficKind.dispatch, message.dispatchPayload), (.combine, message.combinePayload),
      ] {
        // The forward and the backward pass of each of the two microbatches.
        let passes = count(result, kind) / 2
        for (link, copies) in [(LinkClass.nicOut, sum.networkOut), (.scaleUpIn, sum.scaleUpIn)] {
          let row = result.network.traffic.first { $0.kind == kind && $0.link == link }
          let bytes = passes * copies * Double(size) / 16
          #expect(abs((row?.bytesPerGPU.value ?? 0) - bytes) <= 1e-9 * bytes)
        }
      }
      #expect(result.network.isConserved)
      for link in [LinkClass.nicOut, .nicIn, .scaleUpOut, .scaleUpIn] {
        let ports = result.network.links.reduce(0) {
          $1.link == link ? $0 + $1.bytes.value * Double($1.gpus) : $0
        }
        let rows = result.network.traffic.reduce(0) {
          $1.link == link ? $0 + $1.bytesPerGPU.value * 16 : $0
        }
        #expect(abs(ports - rows) <= 1e-9 * rows)
      }
    }
  }
}
