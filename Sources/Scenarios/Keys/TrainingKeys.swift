// The keys of a whole scenario and those under `training`.

import Cluster
import Execution
import ModelCost
import Routing
import Training
import Units

/// Top-level keys of a scenario.
enum ScenarioKeys {
  static let name = Key<String>("name", .text, .required, "Name in results.")
  static let seed = Key<Int>(
    "seed", .integer(0...Int.max), fallback: 1, "Seed of every random stream.")
  static let cluster = Key<Fields>(
    "cluster", .record(ClusterKeys.record), .required, "The machine.")
  static let model = Key<NameOrFields>(
    "model", .entry(catalogue: ModelSpec.catalogue.map(\.name), ModelKeys.record), .required,
    "A model of the catalogue, or a description; with base it changes some fields of one.")
  static let measurements = Key<[String]>(
    "measurements", .oneOrMore(.text, limit: 64),
    "Files of your own kernel times, written by dsv3sim calibrate, relative to the scenario's"
      + " folder; one name or a list.")
  static let training = Key<Fields>(
    "training", .record(TrainingKeys.record), "The training step to simulate; or inference.")
  static let inference = Key<Fields>(
    "inference", .record(InferenceKeys.record), "The inference step to simulate; or training.")
  /// The blocks of questions; a scenario has one of them.
  static let questions = [training, inference, service, run]
  static let record = Record(
    [
      name.declaration, seed.declaration, cluster.declaration, model.declaration,
      measurements.declaration,
    ]
      + questions.map(\.declaration), exactlyOne: [questions.map(\.name)])
}

/// Keys of `training`.
enum TrainingKeys {
  static let schedule = Key<String>(
    "schedule", .schedule,
    "Pipeline schedule; `dsv3sim schedules` lists them; or schedule_file.")
  static let scheduleFile = Key<String>(
    "schedule_file", .text,
    "File with your own order, in the notation of docs/schedules.md or as PyTorch's CSV, relative"
      + " to the scenario's folder; or schedule.")
  static let chunks = Key<Int>(
    "chunks", .integer(1...1024),
    "Model chunks per rank, for schedules that let you choose; absent: the schedule's default.")
  static let sequenceLength = Key<Int>(
    "sequence_length", .count(noun: "tokens", 1...16_777_216, isWhole: true), .required,
    "Tokens per sequence.")
  static let microbatch = Key<Int>(
    "microbatch", .count(noun: "sequences", 1...65_536, isWhole: true), fallback: 1,
    "Sequences per microbatch on one GPU.")
  static let microbatches = Key<Int>(
    "microbatches", .integer(1...65_536),
    "Microbatches per pipeline and step; or global_batch.")
  static let globalBatch = Key<Int>(
    "global_batch", .count(noun: "sequences", 1...1e9, isWhole: true),
    "Sequences per step over all pipelines; or microbatches.")
  static let runTokens = Key<Double>(
    "run_tokens", .count(noun: "tokens", 1...1e18, isWhole: false), fallback: 1e12,
    "Tokens of the whole run, for its duration and cost.")
  static let trainMTP = Key<Bool>(
    "train_mtp", .flag, "Whether the MTP modules are trained; absent: yes if the model has any.")
  static let communicationSMs = Key<Int>(
    "communication_sms", .integer(0...4095),
    "Streaming multiprocessors that dispatch and combine occupy while they run; absent: 20 if"
      + " experts are spread over GPUs (DeepSeek-V3 report, section 3.2.2), or all but one if the"
      + " GPU has fewer; else 0.")
  static let kernelRelease = Key<KernelRelease>(
    "kernel_release", .choice(KernelRelease.allCases.map(\.rawValue)),
    fallback: .february2025, "Release of the measured kernels to predict with.")
  static let nodeLimit = Key<OrNone<Int>>(
    "node_limit", .either(word: "none", .integer(1...131_072)),
    "Nodes, or scale-up domains of several nodes, over which a token's experts may be spread; none"
      + " lifts the limit; absent: the model's.")
  static let fidelity = Key<Fidelity>(
    "fidelity", Fidelity.kind, fallback: .folded,
    "Number of simulated GPUs: folded, one for all identical ones and eight of each group with"
      + " uneven experts; a number, that many of each such group; every-gpu, all GPUs.")
  static let partition = Key<[Int]>(
    "partition", .list(.integer(0...1024), isSet: false, count: 1...1024),
    "Layers per stage, with the embedding first and head and MTP modules last; or stages; absent:"
      + " chosen to balance time within memory.")
  static let stages = Key<String>(
    "stages", .stages,
    "Contents of the stages in Megatron-LM's notation, for example Et*3|(tt|)*29,mL: embedding E,"
      + " layers t, MTP modules m, head and loss L, next stage |; or partition.")
  static let firstLayers = Key<Int>(
    "num_layers_in_first_pipeline_stage", .integer(0...1024),
    "Layers of the first pipeline rank, in Megatron-LM's sense; the others divide the rest evenly.")
  static let lastLayers = Key<Int>(
    "num_layers_in_last_pipeline_stage", .integer(0...1024),
    "Layers of the last pipeline rank; the others divide the rest evenly.")
  static let parallel = Key<Fields>(
    "parallel", .record(ParallelKeys.record), .required, "Dimensions of parallelism.")
  static let sharding = Key<Fields>(
    "sharding", .record(ShardingKeys.record),
    "States that data-parallel GPUs divide; absent: those of the optimizer (ZeRO-1).")
  static let offload = Key<Fields>(
    "offload", .record(OffloadKeys.record),
    "States of the optimizer in host memory; absent: none.")
  static let precision = Key<Fields>(
    "precision", .record(PrecisionKeys.record), "Number formats.")
  static let activations = Key<Fields>(
    "activations", .record(ActivationKeys.record), "Activations kept for the backward pass.")
  static let routing = Key<Fields>(
    "routing", .record(RoutingKeys.record),
    "Source of expert loads; absent: every expert receives the same number of tokens.")
  static let planner = Key<ExpertPlanner>(
    "planner", .choice(ExpertPlanner.allCases.map(\.rawValue)), fallback: .inOrder,
    "Placement policy for the mean expert loads of routing, one slot per expert.")
  static let record = Record(
    [
      schedule.declaration, scheduleFile.declaration, chunks.declaration,
      sequenceLength.declaration, microbatch.declaration,
      microbatches.declaration, globalBatch.declaration, runTokens.declaration,
      trainMTP.declaration, communicationSMs.declaration, kernelRelease.declaration,
      nodeLimit.declaration, fidelity.declaration, partition.declaration, stages.declaration,
      firstLayers.declaration, lastLayers.declaration, parallel.declaration, sharding.declaration,
      offload.declaration, precision.declaration, activations.declaration, routing.declaration,
      planner.declaration, JitterKeys.jitter.declaration, HostKeys.trainingStack.declaration,
      HostKeys.trainingHost.declaration,
    ], exactlyOne: [["schedule", "schedule_file"], ["microbatches", "global_batch"]],
    atMostOne: [
      ["partition", "stages"], ["partition", firstLayers.name], ["partition", lastLayers.name],
      ["stages", firstLayers.name], ["stages", lastLayers.name],
    ], aliases: MegatronNames.all)
}

/// Keys of `training.parallel`.
enum ParallelKeys {
  static let pipeline = Key<Int>(
    "pipeline", .integer(1...1024), .required, "Pipeline ranks.")
  static let expert = Key<Int>(
    "expert", .integer(1...16_384),
    "GPUs over which a layer's experts are spread, neighbours in any dimension but the pipeline;"
      + " required for a model with experts, else 1.")
  static let expertTensor = Key<Int>(
    "expert_tensor", .integer(1...1024), fallback: 1,
    "GPUs that share the width of each routed expert; expert counts their groups. Megatron-LM's"
      + " own default is tensor.")
  static let data = Key<Int>(
    "data", .integer(1...1_048_576),
    "Pipelines that process different data; absent: all GPUs divided by pipeline, tensor and"
      + " context.")
  static let tensor = Key<Int>(
    "tensor", .integer(1...1024), fallback: 1,
    "GPUs of a node or scale-up domain that share the heads and widths of a layer, as Megatron-LM"
      + " divides them.")
  static let sequence = Key<Bool>(
    "sequence", .flag,
    "Whether a tensor group also divides tokens outside the tensors that it shares; absent: yes"
      + " if tensor is above 1.")
  static let overlap = Key<TensorOverlap>(
    "overlap", .choice(TensorOverlap.allCases.map(\.rawValue)), fallback: .absent,
    "Whether collectives of a tensor group overlap with the products around them, in pieces; needs"
      + " sequence.")
  static let context = Key<Int>(
    "context", .integer(1...16_384), fallback: 1,
    "GPUs that share each sequence.")
  static let contextExchange = Key<ContextExchange>(
    "context_exchange", .choice(ContextExchange.allCases.map(\.rawValue)), fallback: .ring,
    "How attention meets all tokens of a context group: keys and values go along a ring during it,"
      + " or are gathered before it, or tokens are exchanged for heads around it (a2a).")
  static let record = Record(
    [
      pipeline.declaration, expert.declaration, expertTensor.declaration, data.declaration,
      tensor.declaration, sequence.declaration, overlap.declaration, context.declaration,
      contextExchange.declaration,
    ], aliases: MegatronNames.all)
}

/// Keys of `training.precision`; defaults are the DeepSeek-V3 report's or, with another recipe,
/// Megatron-LM's.
///
/// On a GPU without FP8, a key whose default is FP8 is required.
enum PrecisionKeys {
  private static let formats = TrainingPrecision.deepseekV3
  /// No products in FP4 are measured.
  private static let recipes = PrecisionRecipe.allCases.filter { $0 != .nvfp4 }
  static let recipe = Key<PrecisionRecipe>(
    "recipe", Kind.choice(recipes.map(\.rawValue)),
    "How products are computed in narrow formats: bf16 for none; deepseek for DeepSeek-V3's tiles;"
      + " fp8_tensor with one scale a tensor, fp8_tensor_delayed with that of earlier steps,"
      + " fp8_tile, mxfp8 as Transformer Engine does; absent: deepseek, or bf16 if gemm is.")
  static let primary = Key<PrimaryWeights>(
    "primary", Kind.choice(PrimaryWeights.allCases.map(\.rawValue)), fallback: .bf16,
    "Weights besides those that products read: bf16, or quantised for none.")
  static let gemm = Key<Precision>(
    "gemm", Kind.choice(narrow), fallback: formats.gemm,
    "Inputs of the linear layers' matrix products; required on a GPU without FP8.")
  static let dispatch = Key<Precision>(
    "dispatch", Kind.choice(narrow), fallback: formats.dispatch,
    "Dispatched tokens, and their gradients; absent: bf16 if products are, or with another recipe"
      + " than deepseek.")
  static let combine = Key<Precision>(
    "combine", Kind.choice(narrow), fallback: formats.combine,
    "Combined expert outputs.")
  static let weights = Key<Precision>(
    "weights", Kind.choice(narrow + wide.suffix(1)), fallback: formats.weights,
    "The weights that kernels read; products convert fp32.")
  static let gradients = Key<Precision>(
    "gradients", Kind.choice(wide), fallback: formats.gradients, "Gradients.")
  static let master = Key<OrNone<Precision>>(
    "master", .either(word: "none", Kind.choice(wide)), fallback: OrNone(formats.master),
    "Master weights of the optimizer; none if the weights themselves, in fp32, are updated.")
  static let moments = Key<Precision>(
    "moments", Kind.choice(narrow.prefix(1) + wide), fallback: formats.moments,
    "Each of AdamW's two moments.")
  static let narrow = [Precision.fp8.rawValue, Precision.bf16.rawValue]
  static let wide = [Precision.bf16.rawValue, Precision.fp32.rawValue]
  static let record = Record([
    recipe.declaration, primary.declaration, gemm.declaration, dispatch.declaration,
    combine.declaration, weights.declaration,
    gradients.declaration, master.declaration, moments.declaration,
  ])
}

/// Keys of `training.sharding`.
enum ShardingKeys {
  private static let stateNames = StateSharding.States.allCases.map(\.rawValue)
  static let states = Key<StateSharding.States>(
    "states", .choice(stateNames), fallback: .optimizer,
    "States that data-parallel GPUs divide: none; optimizer, ZeRO-1; gradients too, ZeRO-2, reduced"
      + " in every microbatch; parameters too, ZeRO-3 or FSDP, gathered layer by layer.")
  static let replicate = Key<Int>(
    "replicate", .integer(1...1_048_576), fallback: 1,
    "Replicas of every shard (hybrid sharding); divides data x context.")
  static let reduce = Key<Precision>(
    "reduce", .choice(PrecisionKeys.wide),
    "Format in which gradients are reduced; absent: that of precision.gradients.")
  static let reshard = Key<Bool>(
    "reshard", .flag,
    "Whether gathered parameters are freed between forward and backward; absent: yes unless there"
      + " are several pipeline ranks.")
  static let prefetch = Key<Bool>(
    "prefetch", .flag, fallback: true,
    "Whether the parameters of the next layer are gathered while a layer computes.")
  static let overlap = Key<Bool>(
    "overlap_gradients", .flag, fallback: false,
    "Whether gradients that are reduced once a step are reduced layer by layer during the last"
      + " backward of each stage.")
  static let record = Record([
    states.declaration, replicate.declaration, reduce.declaration, reshard.declaration,
    prefetch.declaration, overlap.declaration,
  ])
}

/// Keys of `training.offload`.
enum OffloadKeys {
  static let share = Key<Double>(
    "share", .number(0.001...1), fallback: 1, "Share of the states that lies in host memory.")
  static let updater = Key<OptimizerOffload.Updater>(
    "updater", .choice(OptimizerOffload.Updater.allCases.map(\.rawValue)), fallback: .host,
    "Where these states are updated: host moves gradients down and weights up; gpu moves the states"
      + " up before the update and down beside the next forward.")
  static let overlap = Key<Bool>(
    "overlap", .flag, fallback: true,
    "Whether chunks move while others are updated on the host.")
  static let link = Key<BytesPerSecond>(
    "link", .quantity(BytesPerSecond.self, "rate", from: "100 MB/s", to: "10 TB/s"),
    fallback: OptimizerOffload.hostLink,
    "Bandwidth of a GPU's link to its host in one direction; absent: PCIe 5.0 x16.")
  static let hostMemory = Key<BytesPerSecond>(
    "host_memory", .quantity(BytesPerSecond.self, "rate", from: "100 MB/s", to: "100 TB/s"),
    fallback: OptimizerOffload.assumedHostMemory,
    "Bandwidth of host memory for the update of one GPU's states; absent: assumedHostMemory.")
  static let record = Record([
    share.declaration, updater.declaration, overlap.declaration, link.declaration,
    hostMemory.declaration,
  ])
}

/// Keys of `training.activations`; defaults are the DeepSeek-V3 report's.
enum ActivationKeys {
  private static let all = ActivationPolicy.Recompute.allCases
  static let recompute = Key<[ActivationPolicy.Recompute]>(
    "recompute", .list(.choice(all.map(\.rawValue)), isSet: true, count: 0...all.count),
    fallback: all.filter(ActivationPolicy.deepseekV3.recompute.contains),
    "What the backward pass recomputes, so that it is not kept: single outputs, feed-forwards of"
      + " dense layers (mlp) or with experts (moe), or whole layers (full, alone).")
  static let method = Key<RecomputeMethod>(
    "recompute_method", .choice(RecomputeMethod.allCases.map(\.rawValue)), fallback: .uniform,
    "The layers that full recomputes: all, in groups that keep one input (uniform), the first of"
      + " each stage (block), or every n-th of the model (every).")
  static let layers = Key<Int>(
    "recompute_num_layers", .integer(1...1024), fallback: 1,
    "Number of layers of recompute_method: of a group, of each stage, or n.")
  static let cached = Key<Precision>(
    "cached", .choice(PrecisionKeys.narrow), fallback: ActivationPolicy.deepseekV3.cached,
    "Format of the kept dispatched tokens and SwiGLU inputs; required on a GPU without FP8.")
  static let record = Record([
    recompute.declaration, method.declaration, layers.declaration, cached.declaration,
  ])
}

/// The choice of the layers that are recomputed as a whole, by Megatron-LM's names.
enum RecomputeMethod: String, CaseIterable, Sendable, KeyValue {
  case uniform
  case block
  case every

  /// The layers, for a number of them.
  func layers(_ count: Int) -> ActivationPolicy.WholeLayers {
    switch self {
    case .uniform: .uniform(count)
    case .block: .first(count)
    case .every: .every(count)
    }
  }
}
