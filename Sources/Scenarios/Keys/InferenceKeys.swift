// The keys under `inference`.

import Execution
import ModelCost
import Routing
import Serving
import Units

/// Keys of `inference`.
enum InferenceKeys {
  static let phase = Key<InferenceSpec.Phase>(
    "phase", .choice(InferenceSpec.Phase.allCases.map(\.rawValue)), .required,
    "prefill computes prompts; decode, one token per sequence.")
  static let batch = Key<Int>(
    "batch", .count(noun: "sequences", 1...65_536, isWhole: true), .required,
    "Sequences that a step computes in each attention group, which is a GPU unless tensor is above"
      + " 1; each stage of a pipeline works on as many. In prefill, batch x context is the chunk of"
      + " tokens.")
  static let context = Key<Int>(
    "context", .count(noun: "tokens", 1...16_777_216, isWhole: true), .required,
    "Tokens per prompt (prefill), or mean cached tokens per sequence (decode).")
  static let cachedPrefix = Key<Int>(
    "cached_prefix", .count(noun: "tokens", 0...16_777_216, isWhole: true), fallback: 0,
    "Tokens of each prompt before those of context that are in the KV cache (prefill): a prefix"
      + " seen before, or earlier chunks. They are read, not computed.")
  static let expertParallel = Key<Int>(
    "expert_parallel", .integer(1...16_384),
    "GPUs that share the experts of every layer: tensor x data; absent: as data says.")
  static let tensor = Key<Int>(
    "tensor", .integer(1...1024), fallback: 1,
    "GPUs of an attention group: they share heads and widths, and sum their results.")
  static let data = Key<Int>(
    "data", .integer(1...16_384),
    "Attention groups of a stage, which work on different sequences; absent: all GPUs of the stage"
      + " divided by tensor.")
  static let pipeline = Key<Int>(
    "pipeline", .integer(1...1024), fallback: 1,
    "Stages that hold some of the layers each and work on a batch one after another.")
  static let partition = Key<[Int]>(
    "partition", .list(.integer(1...1024), isSet: false, count: 1...1024),
    "Layers of each stage; absent: equally many, and the rest from the last stage but one"
      + " backwards, as vLLM divides them.")
  static let experts = Key<InferenceLayout.Experts>(
    "experts", .choice(InferenceLayout.Experts.allCases.map(\.rawValue)), fallback: .whole,
    "Division of experts over the GPUs of a stage: ep, whole ones; tp, a part of each one's width.")
  static let exchange = Key<InferenceLayout.Exchange>(
    "exchange", .choice(InferenceLayout.Exchange.allCases.map(\.rawValue)),
    "How several attention groups reach the experts: all_to_all, each token to the GPUs of its"
      + " experts; gather, all tokens to all GPUs; absent: all_to_all with ep, gather with tp.")
  static let weights = Key<Fields>(
    "weights", .record(ServedWeightKeys.record),
    "Format in which weights are stored and read; absent: the published one if it has as many bits"
      + " as gemm or fewer, else fp8_tile or bf16.")
  static let absorbedCopy = Key<Bool>(
    "absorbed_copy", .flag, fallback: false,
    "Whether each GPU keeps MLA's up-projection of latents in BF16 too, as engines do to absorb it."
  )
  static let pool = Key<Fields>(
    "pool", .record(PoolKeys.record),
    "How the engine sizes its KV cache; absent: by vLLM's rule with its usual values.")
  static let redundantExperts = Key<Int>(
    "redundant_experts", .integer(0...1_024), fallback: 0,
    "Expert slots per layer beyond one per expert, over all GPUs.")
  static let microbatches = Key<Int>(
    "microbatches", .integer(1...2), fallback: 2,
    "Microbatches per batch: with 2, communication of one overlaps computation of the other;"
      + " absent: 2, or 1 for a single sequence and without all_to_all.")
  static let kvCache = Key<CacheFormat>(
    "kv_cache", .choice(CacheFormat.allCases.map(\.rawValue)), fallback: .bf16,
    "Format of the KV cache: fp8 has one byte for each number; fp8_tile is FlashMLA's, with scales"
      + " and rotary keys in BF16, 656 bytes per token and layer of DeepSeek-V3.")
  static let gemm = Key<Precision>(
    "gemm", .choice(PrecisionKeys.narrow), fallback: .fp8,
    "Format of weights and inputs of linear layers, and of dispatched tokens.")
  static let mtpAcceptance = Key<Double>(
    "mtp_acceptance", .number(0...1),
    "Probability that a drafted token is accepted; absent: nothing is drafted. A draft doubles the"
      + " tokens of a step and runs the MTP module (DeepSeek-V3 report, section 5.4.3: 0.85 to"
      + " 0.9).")
  static let communicationSMs = Key<Int>(
    "communication_sms", .integer(0...4095),
    "Streaming multiprocessors that dispatch and combine occupy while they run; absent: 24 in"
      + " prefill, or all but one if the GPU has fewer; none in decode (inf.overlap_sms).")
  static let planner = Key<ExpertPlanner>(
    "planner", .choice(ExpertPlanner.allCases.map(\.rawValue)), fallback: .best,
    "Placement policy for the expert loads of routing; in_order supports no redundant experts.")
  static let plan = Key<Fields>(
    "plan", .record(PlanKeys.record),
    "Age of the expert placement: the step runs in a minute of traffic whose mix of domains"
      + " changes by the hour; absent: experts are placed for the loads of the step itself.")
  static let kernelRelease = Key<KernelRelease>(
    "kernel_release", .choice(KernelRelease.allCases.map(\.rawValue)), fallback: .april2025,
    "Release of the measured kernels to predict with.")
  static let routing = Key<Fields>(
    "routing", .record(RoutingKeys.record),
    "Source of expert loads; absent: every expert receives the same number of tokens.")
  static let fidelity = Key<Fidelity>(
    "fidelity", Fidelity.kind, fallback: .folded,
    "Number of simulated GPUs: folded, one for all identical ones and eight of each group with"
      + " uneven experts; a number, that many of each such group; every-gpu, all GPUs.")
  static let record = Record([
    phase.declaration, batch.declaration, context.declaration, cachedPrefix.declaration,
    tensor.declaration, data.declaration, pipeline.declaration, partition.declaration,
    experts.declaration, exchange.declaration, expertParallel.declaration,
    redundantExperts.declaration, microbatches.declaration, weights.declaration,
    absorbedCopy.declaration, pool.declaration, kvCache.declaration,
    gemm.declaration, HostKeys.inferenceStack.declaration,
    HostKeys.inferenceHost.declaration, mtpAcceptance.declaration, communicationSMs.declaration,
    planner.declaration, plan.declaration, kernelRelease.declaration, routing.declaration,
    fidelity.declaration,
  ])
}

/// Keys of `inference.plan`.
enum PlanKeys {
  private static let limit = Double(DriftedLoads.minuteLimit)
  static let window = Key<Int>(
    "window", .count(noun: "minutes", 1...limit, isWhole: true), .required,
    "Minutes of traffic that the placement was planned on.")
  static let age = Key<Int>(
    "age", .count(noun: "minutes", 0...limit, isWhole: true), .required,
    "Minutes between the end of that window and the minute of the step.")
  static let record = Record([window.declaration, age.declaration])
}

/// Keys of `inference.weights`.
enum ServedWeightKeys {
  static let format = Key<WeightFormat>(
    "format", .choice(WeightFormat.allCases.map(\.rawValue)), .required,
    "Format of the covered matrices, with the bytes of its scales; the others are in BF16.")
  static let covers = Key<WeightScheme.Coverage>(
    "covers", .choice(WeightScheme.Coverage.allCases.map(\.rawValue)),
    "Matrices in the format: linear, those of attention and all feed-forward layers; experts, those"
      + " of routed experts; absent: as published in this format, else linear.")
  static let record = Record([format.declaration, covers.declaration])
}

/// Keys of `inference.pool`.
enum PoolKeys {
  static let rule = Key<CachePool.Rule>(
    "rule", .choice(CachePool.Rule.allCases.map(\.rawValue)), fallback: CachePool.usual.rule,
    "Whose rule: vllm, fraction x memory - weights - overhead; sglang, fraction x (memory -"
      + " overhead) - weights.")
  static let fraction = Key<Double>(
    "fraction", .number(0.01...1), fallback: CachePool.usual.fraction,
    "Fraction of the memory for weights and cache: vLLM's gpu_memory_utilization, SGLang's"
      + " mem_fraction_static.")
  static let block = Key<Int>(
    "block", .count(noun: "tokens", 1...65_536, isWhole: true), fallback: CachePool.usual.block,
    "Tokens of a block or page.")
  static let overhead = Key<Bytes>(
    "overhead", .quantity(Bytes.self, "memory", from: "0 B", to: "1 TB"),
    fallback: CachePool.usual.overhead,
    "Memory for everything but weights, cache and activations.")
  static let record = Record([
    rule.declaration, fraction.declaration, block.declaration, overhead.declaration,
  ])
}

extension InferenceSpec.Phase: KeyValue {}
extension InferenceLayout.Experts: KeyValue {}
extension InferenceLayout.Exchange: KeyValue {}
extension CachePool.Rule: KeyValue {}
