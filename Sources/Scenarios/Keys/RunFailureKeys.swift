// The keys of a run's failures, spares, checkpoints, power and prices.

import Runs
import Training
import Units

/// Keys of an entry of `run.failures`.
enum RunFailureKeys {
  /// What an event does.
  enum Effect: String, CaseIterable, KeyValue {
    case stop, corrupt, slow
  }

  /// The age of components at the start.
  enum Age: String, CaseIterable, KeyValue {
    case new, stationary
  }

  static let component = Key<FailureClass.Scope>(
    "component", .choice(FailureClass.Scope.allCases.map(\.rawValue)), .required,
    "What fails: a GPU, a NIC or a node, each with its node; a rack or a leaf with all nodes below"
      + " it; or the whole job, as by software.")
  static let count = Key<Int>(
    "count", .integer(1...1_000),
    "Such components on a node, or for a rack, a leaf or the job in each; absent: those of the"
      + " cluster, or 1.")
  static let meanLife = Key<Seconds>(
    "mean_life", .quantity(Seconds.self, "time", from: "1 s", to: "1000000000 h"),
    "Mean time to failure of one component; or observed or at.")
  static let observed = Key<Fields>(
    "observed", .record(ObservedKeys.record),
    "The same from a count of failures; each replication draws one of the rates that the count"
      + " leaves open.")
  static let moments = Key<[Seconds]>(
    "at", .list(.span(), isSet: false, count: 1...100_000),
    "Failures at given times from when the nodes are granted, as from a log.")
  static let shape = Key<Double>(
    "shape", .number(0.2...20), fallback: 1,
    "Shape of a Weibull law: below 1 failures become rarer with age; 1 is exponential.")
  static let age = Key<Age>(
    "age", .choice(Age.allCases.map(\.rawValue)), fallback: .new,
    "Components at the start: new, or as in a fleet that has run for ever; or aged.")
  static let aged = Key<Seconds>("aged", .span(), "The age of all components at the start.")
  static let effect = Key<Effect>(
    "effect", .choice(Effect.allCases.map(\.rawValue)), fallback: .stop,
    "The job stops; or its state is corrupted unseen; or the node, and so every step, is slow.")
  static let factor = Key<Double>(
    "factor", .number(1...1_000), "How much longer steps take, with effect: slow.")
  static let lasts = Key<Seconds>(
    "lasts", .span(from: "1 s"), "How long a node is slow; absent: until it is exchanged.")
  static let foundAfter = Key<Seconds>(
    "found_after", .span(),
    "From a corruption until it is noticed; absent: by the next run.checkpoints.verification.")
  static let replaces = Key<Bool>(
    "replaces", .flag,
    "Whether the nodes are exchanged and repaired; absent: yes, but for the job.")
  static let detection = Key<Seconds>(
    "detection", .span(), "From the failure until it is noticed; absent: that of run.restart.")
  static let repair = Key<Seconds>(
    "repair", .span(), "Time of a repair; absent: that of run.spares.")
  static let record = Record(
    [
      component.declaration, count.declaration, meanLife.declaration, observed.declaration,
      moments.declaration, shape.declaration, age.declaration, aged.declaration,
      effect.declaration, factor.declaration, lasts.declaration, foundAfter.declaration,
      replaces.declaration, detection.declaration, repair.declaration,
    ], exactlyOne: [[meanLife.name, observed.name, moments.name]],
    atMostOne: [[age.name, aged.name]])
}

/// Keys of `observed`.
enum ObservedKeys {
  static let events = Key<Double>(
    "events", .number(0.001...1e9), .required, "Failures that were counted.")
  static let components = Key<Double>(
    "components", .number(1...1e9), .required, "Components that were watched.")
  static let time = Key<Seconds>("for", .span(from: "1 s"), .required, "For how long.")
  static let record = Record([events.declaration, components.declaration, time.declaration])
}

/// Keys of `run.spares`.
enum SpareKeys {
  static let count = Key<Int>(
    "count", .integer(0...100_000), .required, "Nodes of the cluster that wait as spares.")
  static let hot = Key<Bool>(
    "hot", .flag, fallback: false, "Whether idle spares fail as nodes in use do.")
  static let failWhileWaiting = Key<Bool>(
    "fail_while_waiting", .flag, fallback: false,
    "Whether the other nodes go on failing while the job waits for one.")
  static let crews = Key<Int>(
    "crews", .integer(1...100_000), "Repairs at the same time; absent: any number.")
  static let repair = Key<Seconds>(
    "repair", .span(), fallback: Seconds(TrainingRunSpec.assumedRepairTime),
    "Mean time from a failure until its node is a spare.")
  static let law = Key<SpareSpec.RepairLaw>(
    "repair_law", .choice(SpareSpec.RepairLaw.allCases.map(\.rawValue)), fallback: .fixed,
    "How repairs vary: not at all, or exponentially.")
  static let record = Record([
    count.declaration, hot.declaration, failWhileWaiting.declaration, crews.declaration,
    repair.declaration, law.declaration,
  ])
}

/// Keys of `run.checkpoints`.
enum CheckpointKeys {
  private static let rate = Kind.quantity(
    BytesPerSecond.self, "bandwidth", from: "1 MB/s", to: "1000 TB/s")
  static let interval = Key<OrNone<Seconds>>(
    "interval", .either(word: "optimal", .span(from: "1 ms")), fallback: OrNone<Seconds>.none,
    "Time of the steps between saves, in whole steps; optimal by the closed form for exponential"
      + " failures; or every.")
  static let every = Key<Int>(
    "every", .count(noun: "steps", 1...1e9, isWhole: true), "Steps between saves; or interval.")
  static let isAsynchronous = Key<Bool>(
    "async", .flag, fallback: false,
    "Whether training goes on while a save is written; it counts once it is durable on all ranks.")
  static let keepsWeights = Key<Bool>(
    "weights", .flag, fallback: false,
    "Whether the weights that kernels read are saved beside master weights and moments.")
  static let readsOnce = Key<Bool>(
    "read_once", .flag, fallback: true,
    "Whether one replica reads weights and sends them to the others; else all read.")
  static let storage = Key<BytesPerSecond>(
    "storage", rate, fallback: BytesPerSecond(CheckpointSpec.assumedStorageBandwidth),
    "Bandwidth of storage for all nodes together.")
  static let nodeLink = Key<BytesPerSecond>(
    "node_link", rate, fallback: BytesPerSecond(CheckpointSpec.assumedStorageLink),
    "Bandwidth between a node and storage.")
  static let hostLink = Key<BytesPerSecond>(
    "host_link", rate, fallback: OptimizerOffload.hostLink,
    "Bandwidth between a GPU and its host; absent: PCIe 5.0 x16.")
  static let overlap = Key<CheckpointLevel.Overlap>(
    "if_busy", .choice(CheckpointLevel.Overlap.allCases.map(\.rawValue)), fallback: .wait,
    "What a save does while the one before is still being written: both are written at once, it"
      + " waits, or it is left out.")
  static let keeps = Key<Int>(
    "keep", .integer(1...1_000_000), fallback: 2, "The newest saves that are kept.")
  static let verification = Key<Seconds>(
    "verification", .span(),
    "Time of a check of the state before each save, which finds corruptions; absent: none.")
  static let inMemory = Key<Fields>(
    "in_memory", .record(InMemoryKeys.record),
    "Saves in the memory of other nodes besides; absent: none.")
  static let record = Record(
    [
      interval.declaration, every.declaration, isAsynchronous.declaration,
      keepsWeights.declaration, readsOnce.declaration, storage.declaration,
      nodeLink.declaration, hostLink.declaration, overlap.declaration, keeps.declaration,
      verification.declaration, inMemory.declaration,
    ], atMostOne: [[interval.name, every.name]])
}

/// Keys of `run.checkpoints.in_memory`.
enum InMemoryKeys {
  static let every = Key<Int>(
    "every", .count(noun: "steps", 1...1e9, isWhole: true), .required, "Steps between saves.")
  static let group = Key<Int>(
    "group", .integer(2...1_024), fallback: 2, "Nodes that hold each other's state.")
  static let areNeighbours = Key<Bool>(
    "neighbours", .flag, fallback: false,
    "Whether these are neighbours; else they are as far apart as possible.")
  static let record = Record([every.declaration, group.declaration, areNeighbours.declaration])
}

/// Keys of `run.power`.
enum PowerKeys {
  private static let watts = Kind.quantity(Watts.self, "power", from: "0 W", to: "1000 MW")
  static let computing = Key<Watts>(
    "computing", watts, "Of a GPU that computes; absent: 76 % of its thermal design power.")
  static let stalled = Key<Watts>(
    "stalled", watts, fallback: Watts(PowerSpec.assumedStalledPower),
    "Of a GPU that waits for an exchange, a save, or for a failure to be noticed.")
  static let idle = Key<Watts>(
    "idle", watts, fallback: Watts(PowerSpec.assumedIdlePower), "Of a GPU without work.")
  static let node = Key<Watts>(
    "node", watts, fallback: Watts(PowerSpec.assumedNodePower), "Of a node without its GPUs.")
  static let others = Key<Watts>(
    "others", watts, fallback: Watts(0), "Of all switches and storage together.")
  static let usage = Key<Double>(
    "pue", .number(1...10), fallback: PowerSpec.assumedPowerUsage,
    "Power of the building / power of its computers.")
  static let record = Record([
    computing.declaration, stalled.declaration, idle.declaration, node.declaration,
    others.declaration, usage.declaration,
  ])
}

/// Keys of `run.price`.
enum PriceKeys {
  private static let hour = Kind.quantity(
    USDollarsPerGPUHour.self, "price", from: "0 USD/GPU-hour", to: "10000 USD/GPU-hour")
  static let gpuHour = Key<USDollarsPerGPUHour>(
    "gpu_hour", hour, "Of a GPU-hour; absent: that of the GPU. Spares count, the queue does not.")
  static let reserved = Key<Seconds>(
    "reserved", .span(),
    "A term that is paid whether it is used or not; absent: only what is used is paid.")
  static let gpuHourBeyond = Key<USDollarsPerGPUHour>(
    "gpu_hour_beyond", hour, "Of a GPU-hour beyond the term; absent: as within it.")
  static let kilowattHour = Key<Double>(
    "kwh", .number(0...1_000), fallback: 0, "USD for a kWh, for owners.")
  static let terabyteMonth = Key<Double>(
    "tb_month", .number(0...10_000), fallback: 0,
    "USD for storing a terabyte for 30 days, for all saves that are kept.")
  static let record = Record([
    gpuHour.declaration, reserved.declaration, gpuHourBeyond.declaration,
    kilowattHour.declaration, terabyteMonth.declaration,
  ])
}

extension FailureClass.Scope: KeyValue {}
extension SpareSpec.RepairLaw: KeyValue {}
extension CheckpointLevel.Overlap: KeyValue {}
