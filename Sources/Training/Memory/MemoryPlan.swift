// Memory of every rank over a step, derived from the order of cells without any times.
//
// Weights, gradients and optimizer states, or their shards, are held during the whole step.
// Activations are allocated at the start of a forward and freed at the end of the weight gradient.
// Fragmentation is not modelled; the memory of the runtime is assumed. With uneven experts, a rank
// holds the activations of the GPU that receives the most rows; exchange buffers are sized for
// balanced loads.

import Cluster
import ModelCost
import Recording
import Schedules
import Units

/// Peak memory of one rank.
struct RankMemory: Hashable {
  var weights = 0.0
  var gradients = 0.0
  var optimizer = 0.0
  /// States of the optimizer in host memory, and the part of them that returns for the update.
  var onHost = 0.0
  var returning = 0.0
  /// Sharded states at full size while they are used.
  var unsharded = 0.0
  var activations = 0.0
  var workspace = 0.0
  var reserved = 0.0
  /// Its parameters, for the exchanges of replicas.
  var parameters = ShardedParameters()
  /// Parameters outside experts that all GPUs of a tensor group hold.
  var duplicatedParameters = 0.0
  /// Parameters of key and value heads that several of them hold.
  var copiedParameters = 0.0

  /// All kinds together, bytes. States return when activations have gone.
  var total: Double { standing + max(activations, returning) }

  /// Memory held during the whole step, bytes.
  var standing: Double {
    weights + gradients + optimizer + unsharded + workspace + reserved
  }

  /// Bytes by kind, in the order of `MemoryKind`.
  func uses(rank: Int, gpus: Int) -> [MemoryUse] {
    MemoryKind.allCases.map { kind in
      let bytes =
        switch kind {
        case .weights: weights
        case .gradients: gradients
        case .optimizer: optimizer + (returning > activations ? returning : 0)
        case .unsharded: unsharded
        case .activations: returning > activations ? 0 : activations
        case .workspace: workspace
        case .reserved: reserved
        // Training keeps no cache.
        case .kvCache: 0.0
        }
      return MemoryUse(rank: rank, gpus: gpus, kind: kind, bytes: Bytes(bytes))
    }
  }
}

/// The peak memory of all ranks.
struct MemoryPlan {
  /// Memory that CUDA, NCCL and the allocator reserve on a GPU; no figure is published.
  static let assumedReservedBytes = 4.0 * 1024 * 1024 * 1024

  let ranks: [RankMemory]
  /// For each rank, the GPU of its expert group whose memory is planned.
  private let gpus: [Int]
  private let activations: HeldActivations

  /// - Parameter held: what the ranks of the plan hold.
  init(
    spec: TrainingSpec, model: ModelSpec, plan: Plan, held: [HeldWork], stages: [StageContent],
    costs: BlockCosts
  ) {
    let activations = HeldActivations(stages: stages, costs: costs)
    let rules = Rules(
      spec: spec, model: model, plan: plan, stages: stages, costs: costs,
      activations: activations)
    let ranks = zip(plan.cells, held).map { cells, held -> (memory: RankMemory, gpu: Int) in
      var memory = rules.standing(held.stages.sorted())
      let gpu = activations.mostLoadedGPU(of: cells)
      memory.activations = activations.peak(of: cells, held, gpu: gpu)
      return (memory, gpu)
    }
    self.ranks = ranks.map(\.memory)
    gpus = ranks.map(\.gpu)
    self.activations = activations
  }

  /// The largest total, bytes.
  var peak: Double { ranks.map(\.total).max() ?? 0 }

  /// Activations of one microbatch on each stage of its path under balanced loads, bytes.
  var activationBytes: [Double] { activations.balanced }

  /// Activations of a microbatch on a rank, bytes.
  func activationBytes(of work: Work, rank: Int) -> Double {
    activations.bytes(of: work, gpu: gpus[rank])
  }

  /// Memory of a rank that does not change during the step.
  private struct Rules {
    let spec: TrainingSpec
    let model: ModelSpec
    let plan: Plan
    let stages: [StageContent]
    let costs: BlockCosts
    let activations: HeldActivations

    /// - Parameter held: the stages of the rank in order.
    func standing(_ held: [Int]) -> RankMemory {
      var memory = RankMemory()
      let blocks = held.flatMap { stages[$0].blocks.map(\.kind) }
      for kind in blocks {
        memory.parameters.add(costs[kind].parameters)
        memory.duplicatedParameters += costs[kind].duplicatedParameters
        memory.copiedParameters += costs[kind].copiedParameters
      }
      // Embedding and head are held once, even if several blocks of the rank use them.
      let share = spec.layout.weightShare(of: model)
      var ends: [WeightTensor] = []
      if blocks.contains(.embedding) || blocks.contains(.mtp) {
        ends += model.weights(of: .embedding, share)
      }
      if blocks.contains(.head) {
        // A tied head is the embedding, behind a norm of its own.
        let isShared = model.tiesEmbedding && !ends.isEmpty
        ends += model.weights(of: .head, share).filter { !isShared || $0.rows == 1 }
      }
      memory.parameters.add(ends, spec.precision)
      memory.duplicatedParameters += Double(ends.elements(.whole))
      let groups = ReplicaCounts(spec: spec, plan: plan)
      memory.parameters.outsideShards = groups.replicated / spec.sharding.replicas
      memory.parameters.expertShards = groups.expert / spec.sharding.replicas
      memory.parameters.largestUnit = blocks.map { costs[$0].unitParameters.total }.max() ?? 0
      if model.tiesEmbedding, blocks.contains(.embedding), blocks.contains(.head) {
        memory.parameters.outerUnit = costs[.embedding].unitParameters.total
        memory.parameters.largestInnerUnit =
          blocks.map { costs[$0].unitWithoutMatrix.total }.max() ?? 0
      }
      let states = ShardedStates(memory.parameters, spec.sharding, spec.precision)
      memory.weights = states.weights
      memory.gradients = states.gradients
      memory.onHost = states.optimizer * (spec.offload?.share ?? 0)
      memory.optimizer = states.optimizer - memory.onHost
      memory.returning = spec.offload?.updater == .gpu ? memory.onHost : 0
      memory.unsharded = states.unsharded
      memory.workspace =
        (blocks.contains { $0.hasExperts } ? exchangeBuffers : 0) + groupBuffers
        + (held.map { activations.workingSets[$0] }.max() ?? 0)
        + (blocks.contains(.head) ? lossBuffers : 0)
      memory.reserved = MemoryPlan.assumedReservedBytes
      return memory
    }

    /// One gathered input of a column-parallel product (Megatron Core's global memory buffer). For
    /// a context group also keys and values and their gradients: incoming and outgoing along the
    /// ring, or all of them for whole sequences.
    private var groupBuffers: Double {
      let sharding = spec.layout.sharding
      let width = Double(model.hidden * Precision.bf16.bytes)
      let gathered = sharding.tokenShards > 1 ? Double(spec.contextTokens) * width : 0
      guard sharding.context > 1 else { return gathered }
      let shares =
        switch sharding.contextExchange {
        case .ring: 4
        case .gather: 2 * sharding.context
        case .headExchange: 2
        }
      return gathered + Double(shares) * costs.keyValueBytes
    }

    /// The logits of a microbatch in FP32 while its loss is computed, besides their gradient, which
    /// is kept (megatron/core/tensor_parallel/cross_entropy.py).
    private var lossBuffers: Double {
      let vocabulary = model.tensorShare(spec.layout.tensor).vocabulary
      return Double(vocabulary * spec.contextTokens * Precision.fp32.bytes)
    }

    /// Arrived tokens, their sorted copy and the outputs of one layer, for both directions at once.
    private var exchangeBuffers: Double {
      let hidden = Double(model.hidden)
      let arrived = Double(costs.work.arrivedTokens)
      let rows = Double(costs.work.expertRows)
      let dispatch = Double(spec.precision.dispatch.bytes)
      let combine = Double(spec.precision.combine.bytes)
      return (plan.overlaps ? 2 : 1) * hidden * (arrived + rows) * (dispatch + combine)
    }
  }
}

/// How many GPUs hold the same parameters.
struct ReplicaCounts {
  /// Replicas of everything outside routed experts.
  let replicated: Int
  /// Replicas of a routed expert.
  let expert: Int

  init(spec: TrainingSpec, plan: Plan) {
    replicated = spec.layout.data * spec.layout.context * plan.weightCopies
    expert = spec.layout.expertReplicas * plan.weightCopies
  }
}

extension Plan {
  /// Whether any cell overlaps a forward with a backward.
  var overlaps: Bool {
    cells.contains { rank in
      rank.contains { cell in
        if case .overlapped = cell { true } else { false }
      }
    }
  }
}
