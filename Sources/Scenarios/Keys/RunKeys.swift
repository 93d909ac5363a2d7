// The keys under `run`, apart from its failures and costs.

import Runs
import Training
import Units

extension ScenarioKeys {
  static let run = Key<Fields>(
    "run", .record(RunKeys.record),
    "The whole training run to simulate, with its failures; or training, inference or service.")
}

extension Kind {
  /// A duration of a run.
  static func span(from least: String = "0 s", to most: String = "70000 h") -> Kind {
    .quantity(Seconds.self, "time", from: least, to: most)
  }
}

/// Keys of `run`.
enum RunKeys {
  static let training = Key<Fields>(
    "training", .record(TrainingKeys.overlay), .required,
    "The step of all phases, with the keys of training; phases change it.")
  static let phases = Key<NamedFields>(
    "phases", .named(noun: "phase", RunPhaseKeys.record),
    "The phases in their order; absent: one, training, until tokens.")
  static let tokens = Key<Double>(
    "tokens", .count(noun: "tokens", 1...1e18, isWhole: false),
    "Tokens of the run at the end of the one phase that does not say how long it is.")
  static let replications = Key<Int>(
    "replications", .integer(1...100_000), fallback: TrainingRunSpec.usualReplications,
    "Runs that are simulated with different random numbers.")
  static let queue = Key<Seconds>(
    "queue", .span(), fallback: Seconds(0),
    "From the request of the nodes until they are granted.")
  static let jitter = Key<Double>(
    "jitter", .number(0...1), fallback: 0,
    "Standard deviation of a GPU's time for a step, as a share of it; each step waits for the"
      + " slowest GPU, normally distributed.")
  static let dataStall = Key<Seconds>(
    "data_stall", .span(to: "100 h"), fallback: Seconds(0), "Time that each step waits for data.")
  static let evaluation = Key<Fields>(
    "evaluation", .record(EvaluationKeys.record), "Pauses for evaluation; absent: none.")
  static let maintenance = Key<[Fields]>(
    "maintenance", .list(.record(MaintenanceKeys.record), isSet: false, count: 1...10_000),
    "Planned interruptions, each with the first save at or after its time; absent: none.")
  static let lossSpikes = Key<Fields>(
    "loss_spikes", .record(LossSpikeKeys.record), "Spikes of the loss; absent: none.")
  static let restart = Key<Fields>(
    "restart", .record(RestartKeys.record), "The times from a failure until training goes on.")
  static let checkpoints = Key<Fields>(
    "checkpoints", .record(CheckpointKeys.record), "Saves of the state; absent: none.")
  static let failures = Key<NamedFields>(
    "failures", .named(noun: "class of failures", RunFailureKeys.record),
    "Classes of failures by name; absent: nothing fails.")
  static let spares = Key<Fields>(
    "spares", .record(SpareKeys.record),
    "Nodes of the cluster that replace failed ones; absent: a spare for every failure, which costs"
      + " nothing.")
  static let nodesPerLeaf = Key<Int>(
    "nodes_per_leaf", .integer(1...1_000_000), fallback: 1,
    "Nodes below a leaf switch, which fail with it.")
  static let evictsSlowNodes = Key<Bool>(
    "evict_slow_nodes", .flag, fallback: true,
    "Whether a slow node is exchanged as soon as that pays; else it stays.")
  static let power = Key<Fields>(
    "power", .record(PowerKeys.record), "Power by what GPUs do.")
  static let price = Key<Fields>(
    "price", .record(PriceKeys.record), "Prices; absent: the GPU's, for every GPU-hour.")
  static let record = Record([
    training.declaration, phases.declaration, tokens.declaration, replications.declaration,
    queue.declaration, jitter.declaration, dataStall.declaration, evaluation.declaration,
    maintenance.declaration, lossSpikes.declaration, restart.declaration,
    checkpoints.declaration, failures.declaration, spares.declaration,
    nodesPerLeaf.declaration, evictsSlowNodes.declaration, power.declaration,
    price.declaration,
  ])
}

extension TrainingKeys {
  /// The keys of a step of a run, whose tokens are those of its phases.
  static let overlay: Record = {
    var record = TrainingKeys.record.overlay
    record.keys.removeAll { $0.name == runTokens.name }
    return record
  }()
}

extension Record {
  /// The same keys for a mapping that is laid over another one: none is required, none has a
  /// default, and of those of which one is needed at most one is written.
  var overlay: Record {
    Record(
      keys.map { key in
        var key = key
        if case .record(let record) = key.kind { key.kind = .record(record.overlay) }
        key.presence = .optional
        key.defaultJSON = nil
        return key
      }, atMostOne: exactlyOne + atMostOne)
  }
}

/// Keys of an entry of `run.phases`.
enum RunPhaseKeys {
  static let tokens = Key<Double>(
    "tokens", .count(noun: "tokens", 1...1e18, isWhole: false),
    "Tokens of the phase, which ends with the first step that reaches them; or steps or until.")
  static let steps = Key<Int>("steps", .integer(1...BatchRamp.stepLimit), "Steps of the phase.")
  static let until = Key<Double>(
    "until", .count(noun: "tokens", 1...1e18, isWhole: false),
    "Tokens of the run at the end of the phase, those of earlier phases included.")
  static let ramp = Key<Fields>(
    "ramp", .record(RampKeys.record),
    "A batch that grows; absent: the batch of training all the time.")
  static let generation = Key<Fields>(
    "generation", .record(GenerationKeys.record),
    "Tokens that are generated to train on, as in reinforcement learning; absent: none.")
  static let training = Key<Fields>(
    "training", .record(TrainingKeys.overlay), "Changes to run.training in this phase.")
  static let record = Record(
    [
      tokens.declaration, steps.declaration, until.declaration, ramp.declaration,
      generation.declaration, training.declaration,
    ], atMostOne: [[tokens.name, steps.name, until.name]])
}

/// Keys of `ramp`.
enum RampKeys {
  /// How a batch grows.
  enum Rule: String, CaseIterable, KeyValue {
    case tokens, stairs, steps
  }

  static let from = Key<Int>(
    "from", .count(noun: "sequences", 1...1e9, isWhole: true), "The first batch; or list.")
  static let to = Key<Int>(
    "to", .count(noun: "sequences", 1...1e9, isWhole: true),
    "The last batch; absent: that of training.")
  static let rule = Key<Rule>(
    "rule", .choice(Rule.allCases.map(\.rawValue)), fallback: .tokens,
    "In proportion to tokens or to steps, down to a multiple; or stairs of that height, each for an"
      + " equal share of the tokens.")
  static let multiple = Key<Int>(
    "multiple", .count(noun: "sequences", 1...1e9, isWhole: true),
    "Batches are multiples of it; absent: the smallest that fit the layout and its schedule.")
  static let list = Key<String>(
    "list", .text,
    "Batches from given tokens of the phase on, as Megatron-LM's \"0:768 250B:1536\".")
  static let record = Record(
    [
      from.declaration, to.declaration, rule.declaration, multiple.declaration,
      list.declaration,
    ], exactlyOne: [[from.name, list.name]],
    atMostOne: [[list.name, to.name], [list.name, rule.name], [list.name, multiple.name]])
}

/// Keys of `generation`.
enum GenerationKeys {
  static let tokens = Key<Double>(
    "tokens", .count(noun: "tokens", 1...1e18, isWhole: false), .required,
    "Tokens that are generated during the phase.")
  static let rate = Key<Double>(
    "rate", .number(0.001...1e9), .required,
    "Tokens a second that a GPU generates, between the steps; simulate an inference step or a"
      + " service for it.")
  static let record = Record([tokens.declaration, rate.declaration])
}

/// Keys of `run.evaluation`.
enum EvaluationKeys {
  static let every = Key<Int>(
    "every", .count(noun: "steps", 1...1e9, isWhole: true), .required,
    "Steps from one to the next.")
  static let takes = Key<Seconds>("takes", .span(), .required, "Length of a pause.")
  static let record = Record([every.declaration, takes.declaration])
}

/// Keys of an entry of `run.maintenance`.
enum MaintenanceKeys {
  static let time = Key<Seconds>(
    "at", .span(), .required, "When, from the request of the nodes.")
  static let takes = Key<Seconds>("takes", .span(), .required, "How long, without the restart.")
  static let record = Record([time.declaration, takes.declaration])
}

/// Keys of `run.loss_spikes`.
enum LossSpikeKeys {
  static let tokens = Key<Double>(
    "tokens_between", .count(noun: "tokens", 1...1e18, isWhole: false), .required,
    "Mean tokens from one to the next.")
  static let savesBack = Key<Int>(
    "saves_back", .integer(1...1_000), fallback: 1, "Saves to go back.")
  static let skippedSteps = Key<Int>(
    "skipped_steps", .integer(0...1_000_000), fallback: 0,
    "Steps whose data is left out then.")
  static let record = Record([
    tokens.declaration, savesBack.declaration, skippedSteps.declaration,
  ])
}

/// Keys of `run.restart`.
enum RestartKeys {
  private typealias Usual = TrainingRunSpec
  static let detection = Key<Seconds>(
    "detection", .span(), fallback: Seconds(Usual.assumedFailureDetection),
    "From a failure until the job is stopped, for classes that do not say.")
  static let decision = Key<Seconds>(
    "decision", .span(), fallback: Seconds(Usual.assumedDecisionTime),
    "From then until it is decided what to do.")
  static let exchange = Key<Seconds>(
    "exchange", .span(), fallback: Seconds(Usual.assumedNodeExchange),
    "Until a spare node has taken a place, if one must be exchanged; 0 for hot spares.")
  static let container = Key<Seconds>(
    "container", .span(), fallback: Seconds(Usual.assumedContainerStart),
    "Until containers run.")
  static let communicators = Key<Seconds>(
    "communicators", .span(), fallback: Seconds(Usual.assumedCommunicatorStart),
    "Until communicators are set up, on any number of GPUs.")
  static let communicatorsPerGPU = Key<Seconds>(
    "communicators_per_gpu", .span(to: "1 h"), fallback: Seconds(0),
    "The same for each GPU, in addition.")
  static let communicatorsPerPair = Key<Seconds>(
    "communicators_per_pair", .span(to: "1 h"), fallback: Seconds(0),
    "The same, times the square of the GPUs, in addition.")
  static let warmUp = Key<Seconds>(
    "warm_up", .span(), fallback: Seconds(Usual.assumedStepWarmUp), "Excess of the first steps.")
  static let firstLoad = Key<Seconds>(
    "first_load", .span(), fallback: Seconds(0),
    "Reading or making the state at the first start, or where no save is left.")
  static let exposure = Key<RunProcess.Exposure>(
    "exposed", .choice(RunProcess.Exposure.allCases.map(\.rawValue)), fallback: .always,
    "When failures strike: always; from the load of a restart on; or in training alone. In the"
      + " queue, and while a job waits for nodes, none do.")
  static let record = Record([
    detection.declaration, decision.declaration, exchange.declaration, container.declaration,
    communicators.declaration, communicatorsPerGPU.declaration,
    communicatorsPerPair.declaration, warmUp.declaration, firstLoad.declaration,
    exposure.declaration,
  ])
}

extension RunProcess.Exposure: KeyValue {}
