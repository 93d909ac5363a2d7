// What sharded units send: groups of layers that run again, matrices that several blocks use, and
// the figures that count them.

import Cluster
import Execution
import ModelCost
import Recording
import Testing
import Units

@testable import Training

extension StepProgram {
  /// Bytes of gradients and parameters that a GPU of rank 0 sends.
  var exchangedBytes: Double {
    operations.enumerated().reduce(0) { sum, entry in
      let kind = self[label: OperationID(entry.offset)].kind.traffic
      guard kind == .gradients || kind == .parameters, entry.element.rank == 0,
        case .sends(let sending) = entry.element.effort
      else { return sum }
      let phases = streams.transfers[sending.transfer.index].phases
      return sum + phases.reduce(0) { $0 + $1.legs.reduce(0) { $0 + $1.bytes } }
    }
  }
}

@Suite("Exchanges of sharded units")
struct UnitExchangeTests {
  /// A dense model on one rank, whose states 16 GPUs divide.
  private func dense(_ sharding: StateSharding, modules: Int = 0) throws -> SmallScenario {
    var scenario = try SmallScenario.dense(pipeline: 1, layers: 8, sharding: .none)
    scenario.spec.sharding = sharding
    scenario.model.mtpModules = modules
    scenario.spec.trainsMTP = modules > 0
    return scenario
  }

  /// What the GPUs of a rank send of what they exchange.
  private func moved(_ bytes: Double) -> Double {
    let moved = ReplicaGroup(gpusPerDomain: 8, domainCount: 2).movedBytes(bytes)
    return moved.nvlink + moved.network
  }

  @Test(
    "layers that run again together are gathered for that, but for the last", arguments: [1, 4])
  func groups(size: Int) throws {
    var scenario = try dense(StateSharding(states: .parameters))
    scenario.spec.activations = ActivationPolicy(
      recompute: [.full], cached: .bf16, wholeLayers: .uniform(size))
    let step = try scenario.step()
    let program = step.program()

    // Embedding, eight layers and head, in both directions.
    let again = 8 / size * (size - 1)
    let gathers = program.labels.count { $0.kind == .unitGather }
    #expect(gathers == step.spec.microbatches * (2 * 10 + again))
    let figure = try #require(step.run().value(.replicaExchangeBytes))
    #expect(abs(program.exchangedBytes / moved(figure) - 1) < 1e-9)
  }

  @Test(
    "a matrix that several blocks use is reduced once",
    arguments: [StateSharding.States.none, .optimizer], [false, true])
  func sharedMatrices(states: StateSharding.States, isTied: Bool) throws {
    func bytes(overlaps: Bool) throws -> (program: Double, figure: Double?) {
      var scenario = try dense(
        StateSharding(states: states, overlapsReduction: overlaps), modules: 2)
      scenario.model.tiesEmbedding = isTied
      let step = try scenario.step()
      return (step.program().exchangedBytes, step.run().value(.replicaExchangeBytes))
    }
    let (after, beside) = (try bytes(overlaps: false), try bytes(overlaps: true))

    #expect(abs(beside.program / after.program - 1) < 1e-12)
    #expect(beside.figure == after.figure)
  }

  @Test("modules gather the embedding and the head that they use again, and the figure counts it")
  func modules() throws {
    let step = try dense(StateSharding(states: .parameters), modules: 1).step()
    let figure = try #require(step.run().value(.replicaExchangeBytes))

    #expect(abs(step.program().exchangedBytes / moved(figure) - 1) < 1e-9)
  }

  @Test("all communication holds what is exposed of it", arguments: StateSharding.States.allCases)
  func communication(states: StateSharding.States) throws {
    for overlaps in [false, true] where !overlaps || states <= .optimizer {
      let result = try dense(
        StateSharding(states: states, overlapsReduction: overlaps)
      ).step().run()
      let all = try #require(result.value(.communicationTime))
      let exposed = try #require(result.value(.exposedCommunicationTime))
      #expect(exposed <= all)
      #expect((all > 0) == (overlaps || states >= .gradients))
    }
  }

  @Test("copies of a matrix are summed by shards where its gradients are there as shards")
  func copies() throws {
    func bytes(_ states: StateSharding.States) throws -> [Double] {
      var scenario = try SmallScenario.dense(sharding: .none)
      scenario.model.tiesEmbedding = true
      scenario.spec.sharding = StateSharding(states: states)
      return try scenario.step().copies.map(\.bytes)
    }
    let matrix = 32_000 * 2048 * 4.0

    #expect(try bytes(.optimizer) == [matrix])
    #expect(try bytes(.gradients) == [matrix / 8])
  }

  @Test("GPUs with copies of a key and value head sum its gradients")
  func keyValueCopies() throws {
    func bytes(kvHeads: Int) throws -> Double {
      var scenario = try SmallScenario.dense(
        pipeline: 1, gpus: 8, sharding: LayerSharding(tensor: 8))
      scenario.model.attention = .grouped(
        GroupedAttention(heads: 16, kvHeads: kvHeads, headSize: 128))
      return try scenario.step().program().exchangedBytes
    }

    // One GPU for each part of a tensor: nothing else is exchanged. A ring of two sends half twice.
    #expect(try bytes(kvHeads: 8) == 0)
    #expect(try bytes(kvHeads: 4) == 4 * 2 * 128 * 2048 * 4.0)
  }
}
