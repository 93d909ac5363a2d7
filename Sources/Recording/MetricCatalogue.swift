// All metrics. To add one, add an entry here and its name to the list above it. One test checks
// both, and another requires a formula that recomputes the metric.

extension MetricKind {
  /// Every metric, in the order of JSON, CSV and summaries.
  package static let all: [MetricKind] =
    cost + efficiency + communication + imbalance + closedForm + inference + memory + traffic
    + service + run + model

  // MARK: Time, tokens, GPUs and money

  private static let cost = [
    stepTime, tokensPerStep, tokensPerDay, gpuCount, gpuHoursPerTrillionTokens, gpuHours, days,
    costUSD, energyMWh,
  ]
  package static let stepTime = MetricKind(
    "step_time_s", .second, label: "step time", in: .yield,
    "from the start of the step's first operation to the end of its last")
  package static let tokensPerStep = MetricKind(
    "tokens_per_step", .token, in: .yield,
    "microbatches x sequences x sequence length x data-parallel replicas")
  package static let tokensPerDay = MetricKind(
    "tokens_per_day", .tokenPerDay, in: .yield,
    "tokens per step / step time, over 24 hours without interruption")
  package static let gpuCount = MetricKind("gpu_count", .gpu, label: "GPUs", "GPUs of the layout")
  package static let gpuHoursPerTrillionTokens = MetricKind(
    "gpu_hours_per_trillion_tokens", .gpuHourPerTrillionTokens, label: "GPU-hours per 10^12 tokens",
    in: .yield, "GPUs x step time x 1e12 / tokens per step")
  package static let gpuHours = MetricKind(
    "gpu_hours", .gpuHour, label: "GPU-hours of the run", in: .yield,
    "GPUs x step time x the run's tokens / tokens per step")
  package static let days = MetricKind(
    "days", .day, label: "length of the run", in: .yield,
    "step time x the run's tokens / tokens per step")
  package static let costUSD = MetricKind(
    "cost_usd", .usd, label: "cost of the run", in: .yield, "GPU-hours x the price of a GPU-hour")
  package static let energyMWh = MetricKind(
    "energy_mwh_at_tdp", .megawattHour, label: "energy of the run", in: .yield,
    "GPU-hours x the GPU's thermal design power")

  // MARK: Rates and ratios; the MFUs count different FLOPs, see their definitions

  private static let efficiency = [
    mfuCausal, mfuNonCausal, teraflopsPerGPUCausal, teraflopsPerGPUNonCausal, bubbleRatio,
    bubbleRatioMax, spanBubbleRatio, bubbleOverIdeal, bubbleTime,
  ]
  package static let mfuCausal = MetricKind(
    "mfu_causal", .share, label: "MFU, causal", in: .efficiency,
    "FLOPs of the main model, causal attention counted once / (time x BF16 peak)")
  package static let mfuNonCausal = MetricKind(
    "mfu_noncausal", .share, label: "MFU, non-causal", in: .efficiency,
    "FLOPs of the main model, full attention square / (time x BF16 peak)")
  package static let teraflopsPerGPUCausal = MetricKind(
    "tflops_per_gpu_causal", .teraflops, label: "per GPU, causal", in: .efficiency,
    "FLOPs of the main model, causal / (step time x GPUs)")
  package static let teraflopsPerGPUNonCausal = MetricKind(
    "tflops_per_gpu_noncausal", .teraflops, label: "per GPU, non-causal", in: .efficiency,
    "FLOPs of the main model, full attention / (step time x GPUs)")
  package static let bubbleRatio = MetricKind(
    "bubble_ratio", .share, label: "bubble ratio, mean", in: .efficiency,
    "time outside cells and optimizer / step time, mean over GPUs")
  package static let bubbleRatioMax = MetricKind(
    "bubble_ratio_max", .share, label: "bubble ratio, worst", in: .efficiency,
    "time outside cells and optimizer / step time, mean over the GPUs of the worst rank")
  package static let spanBubbleRatio = MetricKind(
    "span_bubble_ratio", .share,
    "1 - longest time in cells / longest span of first start to last end, on first GPUs of ranks")
  package static let bubbleOverIdeal = MetricKind(
    "bubble_over_ideal", .ratio,
    "time outside cells and optimizer / time in cells, over all GPUs")
  package static let bubbleTime = MetricKind(
    "bubble_s", .second, label: "bubble, mean", "time outside cells and optimizer, mean over GPUs")

  // MARK: Time by activity

  private static let communication = [
    exposedCommunicationRatio, exposedCommunicationTime, communicationTime, optimizerTime,
    pathCollisionCost,
  ]
  package static let exposedCommunicationRatio = MetricKind(
    "exposed_communication_ratio", .share, label: "exposed communication", in: .efficiency,
    "time that compute waits for exchanges in cells / step time, mean over GPUs")
  package static let exposedCommunicationTime = MetricKind(
    "exposed_communication_s", .second,
    "time that compute waits for exchanges in cells, mean over GPUs")
  package static let communicationTime = MetricKind(
    "communication_s", .second, label: "all communication", in: .efficiency,
    "all exchanges in cells, each from when its last GPU is ready, mean over GPUs")
  package static let optimizerTime = MetricKind(
    "optimizer_s", .second, label: "optimizer", in: .efficiency,
    "gradient reduction, update, its offloaded part and parameter gather, mean over GPUs")

  /// Only if flows are bound to paths.
  package static let pathCollisionCost = MetricKind(
    "path_collision_cost_s", .second, label: "cost of path collisions", in: .yield,
    "step time - step time of the same step with adaptive paths")

  // MARK: Uneven experts; absent if loads are balanced

  private static let imbalance = [
    expertImbalanceTime, gpuLoadMaxOverMean, plannedMaxOverMean, expertRowsPerLayer,
  ]
  package static let expertImbalanceTime = MetricKind(
    "expert_imbalance_s", .second, label: "expert imbalance", in: .efficiency,
    "expert work beyond the balanced load, and waiting for more loaded GPUs, mean over GPUs")
  package static let gpuLoadMaxOverMean = MetricKind(
    "gpu_load_max_over_mean", .ratio, label: "most loaded GPU / mean", in: .efficiency,
    "rows of the most loaded GPU of an expert group / mean, mean over layers and microbatches")
  package static let plannedMaxOverMean = MetricKind(
    "planned_gpu_load_max_over_mean", .ratio, label: "planned for", in: .efficiency,
    "the same ratio for the past loads that the placement was planned on")
  package static let expertRowsPerLayer = MetricKind(
    "expert_rows_per_layer", .row,
    "token-expert pairs of one layer in an expert group: tokens x top-k, all microbatches")

  // MARK: By the published formula of the schedule, for comparison with the simulation

  private static let closedForm = [
    closedFormBubble, closedFormBubbleRatio, closedFormStepTime, closedFormGPUHours,
  ]
  package static let closedFormBubble = MetricKind(
    "closed_form_bubble_s", .second,
    "the published formula on this run's mean cells; W of a fused backward is its kernels alone")
  package static let closedFormBubbleRatio = MetricKind(
    "closed_form_bubble_ratio", .share, "published bubble / published step time")
  package static let closedFormStepTime = MetricKind(
    "closed_form_step_time_s", .second, "mean busy time + published bubble + optimizer")
  package static let closedFormGPUHours = MetricKind(
    "closed_form_gpu_hours", .gpuHour, "GPU-hours of the run at the published step time")

  // MARK: One step of inference

  private static let inference = [
    timePerOutputToken, tokensPerSecond, tokensPerSecondPerGPU, tokensPerSecondPerNode,
    imbalanceCost, kvBytesPerSequence, kvCacheRoom, largestBatch, kvPoolTokens,
    kvPoolTokensOfSystem,
  ]
  package static let timePerOutputToken = MetricKind(
    "tpot_s", .second, label: "TPOT", in: .yield,
    "step time (with p stages at least p x the longest stay of a batch in one) / new tokens per"
      + " sequence and step, accepted drafts included")
  package static let tokensPerSecond = MetricKind(
    "tokens_per_s", .tokenPerSecond, label: "throughput", in: .yield,
    "throughput per GPU x GPUs")
  package static let tokensPerSecondPerGPU = MetricKind(
    "tokens_per_s_per_gpu", .tokenPerSecondPerGPU, label: "throughput per GPU", in: .yield,
    "tokens of an attention group and step / (GPUs of the group x the time of TPOT): new tokens in"
      + " decode, prompt tokens in prefill")
  package static let tokensPerSecondPerNode = MetricKind(
    "tokens_per_s_per_node", .tokenPerSecondPerNode, label: "throughput per node", in: .yield,
    "throughput per GPU x GPUs per node")
  package static let imbalanceCost = MetricKind(
    "imbalance_cost_s", .second, label: "cost of uneven experts", in: .yield,
    "step time - step time with equally loaded GPUs")
  package static let kvBytesPerSequence = MetricKind(
    "kv_bytes_per_sequence", .byte, label: "KV cache per sequence", in: .yield,
    "KV cache of one sequence at the step's context, on one GPU of each stage")
  package static let kvCacheRoom = MetricKind(
    "kv_cache_room_bytes", .byte, label: "room for the KV cache", in: .yield,
    "memory left for the KV cache after weights, buffers and runtime, on the fullest stage")
  package static let largestBatch = MetricKind(
    "largest_batch", .sequence, label: "largest batch", in: .yield,
    "most sequences of this context that fit on the GPUs of an attention group")
  package static let kvPoolTokens = MetricKind(
    "kv_pool_tokens", .token, label: "KV pool, tokens", in: .yield,
    "tokens that the KV cache of one attention group holds by the engine's rule, smallest stage")
  package static let kvPoolTokensOfSystem = MetricKind(
    "kv_pool_tokens_system", .token, label: "KV pool of all groups, tokens", in: .yield,
    "KV pool x attention groups")

  // MARK: Memory of the rank with the highest peak, and the demands of the schedule

  private static let memory = [
    peakMemory, peakActivations, peakActivationMicrobatches, weightCopies, optimizerOnHost,
  ]
  package static let peakMemory = MetricKind(
    "peak_memory_bytes", .byte, "largest memory in use on any rank")
  package static let peakActivations = MetricKind(
    "peak_activation_bytes", .byte,
    "largest activation memory on any rank, freed at the end of W")
  package static let peakActivationMicrobatches = MetricKind(
    "peak_activation_microbatches", .microbatch,
    "most microbatches in flight on any rank, each through 1/P of the layers, freed at W's end")
  package static let weightCopies = MetricKind(
    "weight_copies", .ratio, "copies of each stage's weights that the schedule keeps")

  package static let optimizerOnHost = MetricKind(
    "optimizer_on_host_bytes", .byte,
    "states of the optimizer in host memory, of the GPU with the most")

  // MARK: Bytes per GPU and step, mean over GPUs

  private static let traffic = [pipelineSentBytes, expertExchangeBytes, replicaExchangeBytes]
  package static let pipelineSentBytes = MetricKind(
    "pipeline_sent_bytes", .byte,
    "hidden states and gradients sent to other stages, mean over GPUs")
  package static let expertExchangeBytes = MetricKind(
    "expert_exchange_bytes", .byte,
    "tokens dispatched to experts and combined from them, on the same GPU too, mean over GPUs")
  package static let replicaExchangeBytes = MetricKind(
    "replica_exchange_bytes", .byte,
    "gradients reduced and parameters gathered across replicas, mean over GPUs")

  // MARK: Parameters of the model, which have two conventions of what is active

  private static let model = [
    parameters, activeParameters, activeParametersWithoutEmbedding,
  ]
  package static let parameters = MetricKind(
    "parameters", .parameter, in: .model,
    "all numbers of the main model: embedding, layers, norms and head, without MTP modules")
  package static let activeParameters = MetricKind(
    "active_parameters", .parameter, in: .model,
    "parameters - those of the routed experts that a token does not visit")
  package static let activeParametersWithoutEmbedding = MetricKind(
    "active_parameters_without_embedding", .parameter, label: "active without embedding",
    in: .model, "active parameters - the input embedding, unless the head uses its weights too")
}
