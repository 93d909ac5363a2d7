// What one run says about itself. The simulations fill these records; the store keeps them and the
// reports read them back. Nothing here depends on the wall clock: equal inputs give equal records.

import Units

/// The part of a step that an instant of a rank belongs to.
public enum Phase: String, CaseIterable, Sendable {
  /// A forward with no backward beside it.
  case forwardAlone = "forward_alone"
  /// A forward and a backward whose operations take turns.
  case overlappedPair = "overlapped_pair"
  /// A backward, or its input half, alone.
  case backwardAlone = "backward_alone"
  /// The weight half of a backward, alone.
  case weightAlone = "weight_alone"
  /// From the end of the last backward to the end of the step.
  case optimizer
  /// No cell is open on the rank.
  case bubble
}

/// What the compute stream does, or waits for, in an instant of a phase.
public enum Activity: String, CaseIterable, Sendable {
  /// Kernels run.
  case compute
  /// Dispatch or combine is under way and nothing else can run.
  case exposedDispatch = "exposed_dispatch"
  case exposedCombine = "exposed_combine"
  /// GPUs that share tensors, or sequences, tell each other something, and nothing else can run.
  case exposedTensor = "exposed_tensor"
  case exposedContext = "exposed_context"
  /// Nothing may start yet: by the schedule's order, for a longer stage, for a transfer.
  case schedule
  case stageImbalance = "stage_imbalance"
  case pipelineTransfer = "pipeline_transfer"
  /// Experts take longer than under the balanced load, or a GPU with more load is waited for.
  case expertImbalance = "expert_imbalance"
  /// Gradients or parameters travel and nothing else can run.
  case gradientReduction = "gradient_reduction"
  case parameterGather = "parameter_gather"

  /// Whether the compute stream works, as against waits.
  public var isBusy: Bool { self == .compute }

  /// Whether the compute stream waits for an exchange inside its cell.
  public var isExposedCommunication: Bool {
    switch self {
    case .exposedDispatch, .exposedCombine, .exposedTensor, .exposedContext: true
    default: false
    }
  }
}

/// Time that one simulated GPU of a rank spends in one activity of one phase. Its rows sum to the
/// step time.
public struct RankTime: Hashable, Sendable {
  /// The rank, from 0.
  public var rank: Int
  /// The simulated GPU of the rank, from 0.
  public var member: Int
  /// GPUs that it stands for, itself included.
  public var gpus: Int
  public var phase: Phase
  public var activity: Activity
  /// How long, in all intervals together.
  public var time: SimDuration

  public init(
    rank: Int, member: Int = 0, gpus: Int = 1, phase: Phase, activity: Activity, time: SimDuration
  ) {
    self.rank = rank
    self.member = member
    self.gpus = gpus
    self.phase = phase
    self.activity = activity
    self.time = time
  }
}

/// A mean in seconds; whole picoseconds first, so that the mean of equal times has the bits of one.
public func meanSeconds(ofPicoseconds sum: Int128, over count: Int) -> Double {
  let count = max(1, count)
  let (whole, rest) = sum.quotientAndRemainder(dividingBy: Int128(count))
  return (Double(whole) + Double(rest) / Double(count)) * 1e-12
}

extension Sequence<RankTime> {
  /// Seconds of the rows that are counted, summed as often as GPUs that they stand for and divided
  /// by all GPUs: the sum is exact, so it does not depend on the order of the rows.
  public func meanSeconds(overGPUs count: Int, where isCounted: (RankTime) -> Bool) -> Double {
    let sum = reduce(Int128(0)) { sum, row in
      isCounted(row) ? sum + Int128(row.gpus) * Int128(row.time.picoseconds) : sum
    }
    return Recording.meanSeconds(ofPicoseconds: sum, over: count)
  }

  /// All GPUs that the rows stand for.
  public var gpuCount: Int {
    var seen: [Int: Int] = [:]
    var sum = 0
    for row in self where seen.updateValue(row.gpus, forKey: row.rank << 24 | row.member) == nil {
      sum += row.gpus
    }
    return sum
  }
}

/// What one expert of a layer receives in a step.
public struct ExpertLoad: Hashable, Sendable {
  /// The layer among those with experts, from 0.
  public var layer: Int
  /// The expert, from 0.
  public var expert: Int
  /// The GPU of the expert group that holds it, from 0.
  public var gpu: Int
  /// Token-expert pairs of all microbatches of one expert group.
  public var rows: Int

  public init(layer: Int, expert: Int, gpu: Int, rows: Int) {
    self.layer = layer
    self.expert = expert
    self.gpu = gpu
    self.rows = rows
  }
}

/// What memory is used for.
public enum MemoryKind: String, CaseIterable, Sendable {
  /// What the weights and their optimizer need.
  case weights
  case gradients
  case optimizer
  /// What the microbatches in flight need.
  case activations
  /// Keys and values, or latents, of the tokens that later ones attend to.
  case kvCache = "kv_cache"
  /// What kernels and communication hold.
  case workspace
  case reserved
}

/// Memory of one kind on the GPU of a rank that needs most, when its total is largest.
public struct MemoryUse: Hashable, Sendable {
  /// The rank, from 0.
  public var rank: Int
  /// GPUs of the rank, none of which needs more in all.
  public var gpus: Int
  public var kind: MemoryKind
  public var bytes: Bytes

  public init(rank: Int, gpus: Int = 1, kind: MemoryKind, bytes: Bytes) {
    self.rank = rank
    self.gpus = gpus
    self.kind = kind
    self.bytes = bytes
  }
}

/// One bar of the timeline: an operation on a stream of a rank, a cell of the schedule, or a wait.
///
/// The streams `cells` (one bar a cell) and `idle` (one bar a wait, its label an `Activity`) lie
/// over the streams on which operations run.
public struct Span: Hashable, Sendable {
  /// The rank, from 0.
  public var rank: Int
  /// The simulated GPU of the rank, from 0.
  public var member: Int
  /// Name of the stream that the bar lies on.
  public var stream: String
  /// What the operation is, for people.
  public var label: String
  public var phase: Phase
  /// Stage of the model on the microbatch's path, from 0; -1 where the bar belongs to none.
  public var stage: Int
  /// The microbatch, from 0; -1 where the bar belongs to none.
  public var microbatch: Int
  /// When it starts.
  public var start: SimTime
  /// When it ends.
  public var end: SimTime

  public init(
    rank: Int, member: Int = 0, stream: String, label: String, phase: Phase, stage: Int,
    microbatch: Int, start: SimTime, end: SimTime
  ) {
    self.rank = rank
    self.member = member
    self.stream = stream
    self.label = label
    self.phase = phase
    self.stage = stage
    self.microbatch = microbatch
    self.start = start
    self.end = end
  }
}

/// Memory in use on one rank from an instant to the rank's next one: a counter of the timeline.
public struct MemoryPoint: Hashable, Sendable {
  /// The rank, from 0.
  public var rank: Int
  /// When the amount begins to hold.
  public var time: SimTime
  /// All kinds together.
  public var bytes: Bytes

  /// A rank, an instant and the memory in use from there on.
  public init(rank: Int, time: SimTime, bytes: Bytes) {
    self.rank = rank
    self.time = time
    self.bytes = bytes
  }
}

/// Where a run came from: enough to repeat it to the byte.
public struct Provenance: Hashable, Sendable {
  /// The scenario's name.
  public var scenarioName: String
  /// The scenario as text, each line of an order of the user's own added as `# order: ...`.
  public var scenarioText: String
  /// What was changed in the text before it was read, later ones last.
  public var settings: [Setting]
  /// SHA-256 of text and settings, in hexadecimal.
  public var scenarioHash: String
  /// The seed of every random stream.
  public var seed: UInt64
  /// Version of the program that ran.
  public var programVersion: String
  /// The kind of question that was asked, by its stored name, for example `training_step`.
  public var question: String
  /// The schedule that ran, by its catalogue name; empty where there is none.
  public var schedule: String

  public init(
    scenarioName: String, scenarioText: String, settings: [Setting] = [], scenarioHash: String,
    seed: UInt64, programVersion: String, question: String, schedule: String
  ) {
    self.scenarioName = scenarioName
    self.scenarioText = scenarioText
    self.settings = settings
    self.scenarioHash = scenarioHash
    self.seed = seed
    self.programVersion = programVersion
    self.question = question
    self.schedule = schedule
  }
}

/// All results of one run; `record.metrics` is `record.result.metrics`.
@dynamicMemberLookup
public struct RunRecord: Sendable {
  public var provenance: Provenance
  public var result: SimulationResult

  public init(provenance: Provenance, result: SimulationResult) {
    self.provenance = provenance
    self.result = result
  }

  /// A part of the result.
  public subscript<Part>(dynamicMember part: WritableKeyPath<SimulationResult, Part>) -> Part {
    get { result[keyPath: part] }
    set { result[keyPath: part] = newValue }
  }

  /// The value of a metric of the whole run; nil where it was not reported.
  public func value(_ kind: MetricKind) -> Double? { result.value(kind) }
}
