// The metrics that a run may report. To add one: a case here with its unit and its definition.

/// A named figure of a run. The raw value is its name in JSON and SQLite and carries the unit.
public enum MetricKind: String, CaseIterable, Sendable {
  /// Time, tokens, GPUs and money.
  case stepTime = "step_time_s"
  case tokensPerStep = "tokens_per_step"
  case tokensPerDay = "tokens_per_day"
  case gpuCount = "gpu_count"
  case gpuHoursPerTrillionTokens = "gpu_hours_per_trillion_tokens"
  case gpuHours = "gpu_hours"
  case days = "days"
  case costUSD = "cost_usd"
  case energyMWh = "energy_mwh_at_tdp"

  /// Rates and ratios; each MFU counts other FLOPs, see its definition.
  case mfuCausal = "mfu_causal"
  case mfuNonCausal = "mfu_noncausal"
  case teraflopsPerGPUCausal = "tflops_per_gpu_causal"
  case teraflopsPerGPUNonCausal = "tflops_per_gpu_noncausal"
  case bubbleRatio = "bubble_ratio"
  case bubbleRatioMax = "bubble_ratio_max"
  case spanBubbleRatio = "span_bubble_ratio"
  case bubbleOverIdeal = "bubble_over_ideal"
  case bubbleTime = "bubble_s"
  case exposedCommunicationRatio = "exposed_communication_ratio"

  /// Seconds by what they are spent on.
  case exposedCommunicationTime = "exposed_communication_s"
  case communicationTime = "communication_s"
  case optimizerTime = "optimizer_s"

  /// Uneven experts; absent where loads are balanced.
  case expertImbalanceTime = "expert_imbalance_s"
  case gpuLoadMaxOverMean = "gpu_load_max_over_mean"
  case plannedMaxOverMean = "planned_gpu_load_max_over_mean"
  case expertRowsPerLayer = "expert_rows_per_layer"

  /// The same by the published formula of the schedule, to stand beside the simulated figure.
  case closedFormBubble = "closed_form_bubble_s"
  case closedFormBubbleRatio = "closed_form_bubble_ratio"
  case closedFormStepTime = "closed_form_step_time_s"
  case closedFormGPUHours = "closed_form_gpu_hours"

  /// One step of inference.
  case timePerOutputToken = "tpot_s"
  case tokensPerSecondPerGPU = "tokens_per_s_per_gpu"
  case tokensPerSecondPerNode = "tokens_per_s_per_node"
  case imbalanceCost = "imbalance_cost_s"
  case kvCacheRoom = "kv_cache_room_bytes"
  case kvBytesPerSequence = "kv_bytes_per_sequence"
  case largestBatch = "largest_batch"

  /// Memory of the rank that needs most, and what the schedule demands of it.
  case peakMemory = "peak_memory_bytes"
  case peakActivations = "peak_activation_bytes"
  case peakActivationMicrobatches = "peak_activation_microbatches"
  case weightCopies = "weight_copies"

  /// Bytes of a step that leave or pass one GPU, mean over GPUs.
  case pipelineSentBytes = "pipeline_sent_bytes"
  case expertExchangeBytes = "expert_exchange_bytes"
  case replicaExchangeBytes = "replica_exchange_bytes"

  /// The unit of the value; `1` for ratios.
  public var unit: String {
    switch self {
    case .stepTime, .bubbleTime, .exposedCommunicationTime, .communicationTime, .optimizerTime,
      .expertImbalanceTime, .closedFormBubble, .closedFormStepTime, .timePerOutputToken,
      .imbalanceCost:
      "s"
    case .tokensPerStep: "token"
    case .expertRowsPerLayer: "row"
    case .tokensPerDay: "token/day"
    case .gpuCount: "GPU"
    case .gpuHoursPerTrillionTokens: "GPU-hour/(1e12 token)"
    case .gpuHours, .closedFormGPUHours: "GPU-hour"
    case .days: "day"
    case .costUSD: "USD"
    case .energyMWh: "MWh"
    case .mfuCausal, .mfuNonCausal, .bubbleRatio, .bubbleRatioMax, .spanBubbleRatio,
      .bubbleOverIdeal, .exposedCommunicationRatio, .closedFormBubbleRatio, .weightCopies,
      .gpuLoadMaxOverMean, .plannedMaxOverMean:
      "1"
    case .teraflopsPerGPUCausal, .teraflopsPerGPUNonCausal: "TFLOP/s"
    case .peakActivationMicrobatches: "microbatch"
    case .peakMemory, .peakActivations, .pipelineSentBytes, .expertExchangeBytes,
      .replicaExchangeBytes, .kvCacheRoom, .kvBytesPerSequence:
      "B"
    case .tokensPerSecondPerGPU: "token/s/GPU"
    case .tokensPerSecondPerNode: "token/s/node"
    case .largestBatch: "sequence"
    }
  }

  /// What the figure is, exactly.
  public var definition: String {
    switch self {
    case .stepTime: "from the start of the step's first operation to the end of its last"
    case .tokensPerStep: "microbatches x sequences x sequence length x data-parallel replicas"
    case .tokensPerDay: "tokens per step / step time, over 24 hours without interruption"
    case .gpuCount: "GPUs of the layout"
    case .gpuHoursPerTrillionTokens: "GPUs x step time x 1e12 / tokens per step"
    case .gpuHours: "GPUs x step time x the run's tokens / tokens per step"
    case .days: "step time x the run's tokens / tokens per step"
    case .costUSD: "GPU-hours x the price of a GPU-hour"
    case .energyMWh: "GPU-hours x the GPU's thermal design power"
    case .mfuCausal: "FLOPs of the main model, causal attention counted once / (time x BF16 peak)"
    case .mfuNonCausal: "FLOPs of the main model, full attention square / (time x BF16 peak)"
    case .teraflopsPerGPUCausal: "FLOPs of the main model, causal / (step time x GPUs)"
    case .teraflopsPerGPUNonCausal: "FLOPs of the main model, full attention / (step time x GPUs)"
    case .bubbleRatio: "time outside cells and optimizer / step time, mean over GPUs"
    case .bubbleRatioMax:
      "time outside cells and optimizer / step time, mean over the GPUs of the worst rank"
    case .spanBubbleRatio:
      "(longest first start to last end of a rank's first GPU - longest time in cells) / the former"
    case .bubbleOverIdeal: "time outside cells and optimizer / time in cells, over all GPUs"
    case .bubbleTime: "time outside cells and optimizer, mean over GPUs"
    case .exposedCommunicationRatio:
      "exchanges in cells that compute waited for / step time, mean over GPUs"
    case .exposedCommunicationTime: "exchanges in cells that compute waited for, mean over GPUs"
    case .communicationTime:
      "all exchanges in cells, each from when its GPUs are all there, mean over GPUs"
    case .optimizerTime: "gradient reduction, update and parameter gather, mean over GPUs"
    case .expertImbalanceTime:
      "expert work above the balanced load's, and waiting for fuller GPUs, mean over GPUs"
    case .gpuLoadMaxOverMean:
      "rows of the fullest GPU of an expert group / mean, mean over layers and microbatches"
    case .plannedMaxOverMean: "the same on the past loads that experts were placed for"
    case .expertRowsPerLayer:
      "token-expert pairs of one layer in an expert group: tokens x top-k, all microbatches"
    case .closedFormBubble:
      "the published formula on this run's mean cells; of a fused backward W is its kernels alone"
    case .closedFormBubbleRatio: "published bubble / published step time"
    case .closedFormStepTime: "mean busy time + published bubble + optimizer"
    case .closedFormGPUHours: "GPU-hours of the run at the published step time"
    case .timePerOutputToken:
      "step time / new tokens of a sequence in a step, accepted drafts counted"
    case .tokensPerSecondPerGPU: "tokens of a step on one GPU / step time; new ones, or of prompts"
    case .tokensPerSecondPerNode: "the same times the GPUs of a node"
    case .imbalanceCost: "step time less that of the same step on equally full GPUs"
    case .kvCacheRoom: "memory left for the KV cache beside weights, buffers and runtime"
    case .kvBytesPerSequence: "KV cache of one sequence at the step's context"
    case .largestBatch: "most sequences of this context that fit on a GPU"
    case .peakMemory: "largest memory in use on any rank"
    case .peakActivations: "largest activation memory on any rank, freed at the end of W"
    case .peakActivationMicrobatches:
      "most microbatches in flight on any rank, each through 1/P of the layers, freed at W's end"
    case .pipelineSentBytes: "hidden states and gradients sent to other stages, mean over GPUs"
    case .expertExchangeBytes:
      "tokens dispatched to and combined from experts, those of the own GPU too, mean over GPUs"
    case .replicaExchangeBytes:
      "gradients reduced and parameters gathered with replicas, mean over GPUs"
    case .weightCopies: "copies of each stage's weights that the schedule keeps"
    }
  }
}

/// A metric with its value.
public struct Metric: Hashable, Sendable {
  public var kind: MetricKind
  /// In the kind's unit.
  public var value: Double

  public init(_ kind: MetricKind, _ value: Double) {
    self.kind = kind
    self.value = value
  }
}
