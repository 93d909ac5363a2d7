// Parameters, activations and bytes of published and typical training layouts against the vectors.

import Cluster
import Execution
import ModelCost
import Testing

@testable import Training

@Suite("Vectors of training layouts")
struct LayoutVectorsTests {
  private static let legal = (try? LayoutVector.all(refused: false)) ?? []

  @Test("all legal layouts of the vectors are read")
  func coverage() {
    #expect(Self.legal.count == 27)
  }

  @Test("GPUs, microbatches and replicas", arguments: legal)
  func counts(vector: LayoutVector) throws {
    let step = try vector.step()
    let counts = ReplicaCounts(spec: step.spec, plan: step.plan)
    let shards = vector.expected["shards"]

    #expect(Double(step.spec.layout.gpuCount) == vector.expected["gpus"].number)
    #expect(Double(step.spec.microbatches) == vector.expected["microbatches"].number)
    // Replicas of a shard are not shards.
    let copies = vector.size("replicate")
    #expect(shards["outside_experts"].number == Double(counts.replicated / copies))
    if let experts = shards["experts"].number {
      #expect(experts == Double(counts.expert / copies))
    }
  }

  @Test("parameters of the ranks, shared and whole, and of experts", arguments: legal)
  func parameters(vector: LayoutVector) throws {
    let step = try vector.step()

    for (rank, values) in vector.ranks {
      let memory = step.memory.ranks[rank]
      let expected = values["parameters"]
      #expect(
        memory.parameters.outside - memory.duplicatedParameters == expected["shared"].number,
        "rank \(rank)")
      #expect(memory.duplicatedParameters == expected["replicated"].number, "rank \(rank)")
      #expect(memory.parameters.experts == expected["experts"].number, "rank \(rank)")
    }
  }

  @Test("every kept tensor of a layer", arguments: legal)
  func layers(vector: LayoutVector) throws {
    let step = try vector.step()
    let policy = step.spec.activations

    for (kind, values) in vector.expected["layer_activation"].members {
      let kept = step.model.keptActivations(
        isExpertLayer: kind == "experts", policy: policy, recipe: step.spec.precision.recipe,
        sharding: step.spec.layout.sharding
      ).filter { !policy.recompute.contains(.full) || $0.name == "residual_in" }
      #expect(kept.count == values.members.count, "\(kept.map(\.name))")
      for (name, bytes) in kept {
        let short = name.replacing("_fp32_x2", with: "")
        #expect(bytes * Double(step.spec.contextTokens) == values[short].number, "\(kind) \(name)")
      }
    }
  }

  /// Activations of the layers of each stage.
  private func layerBytes(_ step: TrainingStep) -> [Double] {
    zip(step.stages, step.memory.activationBytes).map { stage, bytes in
      stage.blocks.reduce(bytes) {
        LayerKind.layers.contains($1.kind) ? $0 : $0 - step.costs[$1.kind].activationBytes
      }
    }
  }

  @Test("activations of a microbatch in each chunk, and of those in flight", arguments: legal)
  func activations(vector: LayoutVector) throws {
    let step = try vector.step()
    let bytes = layerBytes(step)
    let pipeline = step.spec.layout.pipeline

    for (rank, values) in vector.ranks {
      let chunks = stride(from: rank, to: bytes.count, by: pipeline).map { bytes[$0] }
      #expect(chunks == values["activation_per_microbatch"].items.compactMap(\.number))
      guard let peak = values["activation_peak_1f1b"].number else { continue }
      let inFlight = step.memory.ranks[rank].activations / step.memory.activationBytes[rank]
      #expect(inFlight.rounded() * bytes[rank] == peak, "rank \(rank)")
    }
  }

  /// Bytes that one GPU of a rank sends in operations of some kinds.
  private func sent(
    _ program: StepProgram, rank: Int, _ kinds: Set<OperationKind>
  ) -> Double {
    var bytes = 0.0
    for (index, operation) in program.operations.enumerated() where operation.rank == rank {
      guard kinds.contains(program.labels[index].kind), case .sends(let sending) = operation.effort
      else { continue }
      let transfer = program.streams.transfers[sending.transfer.index]
      for leg in transfer.phases.flatMap(\.legs) { bytes += leg.bytes }
    }
    return bytes
  }

  private static let kinds: [(name: String, kinds: Set<OperationKind>)] = [
    ("tp", [.tensorGather, .tensorScatter, .tensorSum]),
    ("etp", [.expertGather, .expertScatter]),
    ("cp", [.contextExchange, .contextGather, .contextScatter, .headExchange]),
    ("pp", [.send]),
  ]

  @Test("bytes that one GPU sends within its groups in a step", arguments: legal)
  func bytes(vector: LayoutVector) throws {
    // Every microbatch sends the same.
    let few = vector.size("pipeline")
    let program = try vector.step(microbatches: few).program()
    let step = try vector.step()
    let times = Double(vector.microbatches) / Double(few)

    for (rank, values) in vector.ranks {
      let expected = values["sent_per_step"]
      for (name, kinds) in Self.kinds {
        let bytes = sent(program, rank: rank, kinds) * times
        #expect(bytes == expected[name].number ?? 0, "rank \(rank) \(name)")
      }
      #expect(
        sent(program, rank: rank, [.copySum]) == expected["embedding_copies"].number ?? 0,
        "rank \(rank)")
      let layout = step.spec.layout
      if layout.sharding.tokenShards > 1 {
        let gradients = step.memory.ranks[rank].duplicatedParameters * Double(vector.gradientBytes)
        let sum = CollectiveOperation.allReduce.ring(ranks: layout.tensor, bytes: gradients).bytes
        #expect(sum == expected["replicated_gradients"].number, "rank \(rank)")
      }
      #expect(
        exchanged(program, step, rank: rank) * times == expected["ep"].number ?? 0,
        "rank \(rank) ep")
    }
  }

  /// Bytes of dispatches and combines as plain all-to-alls of every row in BF16, with a probability
  /// beside each dispatched row; the simulated kernels send one copy to each GPU instead.
  private func exchanged(_ program: StepProgram, _ step: TrainingStep, rank: Int) -> Double {
    let rows = Double(step.spec.ownTokens * (step.model.experts?.topK ?? 0))
    let hidden = Double(step.model.hidden)
    var bytes = 0.0
    for (index, operation) in program.operations.enumerated() where operation.rank == rank {
      switch program.labels[index].kind {
      case .dispatch: bytes += rows * (2 * hidden + 4)
      case .combine: bytes += rows * 2 * hidden
      default: continue
      }
    }
    let expert = Double(step.spec.layout.expert)
    return bytes * (expert - 1) / expert
  }
}

@Suite("Groups of the two grids")
struct RankGridTests {
  @Test("members of every kind of group, against vectors made by an independent program")
  func members() throws {
    for vector in try JSONNode.fixture("groups").items {
      func size(_ key: String) -> Int { vector["layout"][key].number.map { Int($0) } ?? 1 }
      let layout = ParallelLayout(
        pipeline: size("pipeline"), expert: size("expert"), data: size("data"),
        sharding: LayerSharding(
          tensor: size("tensor"), context: size("context"), expertTensor: size("expert_tensor")))

      #expect(Double(layout.gpuCount) == vector["gpus"].number)
      for (name, groups) in vector["groups"].members {
        let kind = try #require(ParallelGroup(rawValue: name))
        let expected = groups.items.map { $0.items.compactMap(\.number).map { Int($0) } }
        let found = layout.groups(kind)
        #expect(Array(found.prefix(4)) == expected, "\(vector["name"].text ?? "") \(name)")
        #expect(found.flatMap { $0 }.sorted() == Array(0..<layout.gpuCount))
        #expect(layout.firstGroup(kind) == found[0])
      }
    }
  }
}
