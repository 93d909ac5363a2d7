// The figures of the event kernel: items per second of user CPU time and allocations per item.

import EventKernel

/// What one workload on one queue structure gave.
public struct KernelFigure: Equatable, Sendable {
  /// The workload: `hold` or `mm1`.
  public var workload: String
  /// The queue structure: `calendar` or `heap`.
  public var queue: String
  /// Whether `queue` is the one that `Kernel` uses.
  public var isDefaultQueue: Bool
  /// Events that wait all the time, for the hold model.
  public var population: Int?
  /// What is counted: `event` or `customer`.
  public var item: String
  /// Items per second of user CPU time, in the fastest run.
  public var itemsPerSecond: Double
  /// Heap allocations per item after a warm-up run; nil in a build that cannot count them.
  public var allocationsPerItem: Double?
  /// Sum of the event times of the warm-up and the first timed run, in picoseconds modulo 2^64: the
  /// same for every correct engine.
  public var checksum: UInt64
}

/// The benchmark of the event kernel.
public enum KernelBenchmark {
  /// How much is run.
  public struct Settings: Equatable, Sendable {
    /// Events of the hold model in one timed run.
    public var holdEvents = 4_000_000
    /// Customers of the single-server queue in one timed run.
    public var customers = 2_000_000
    /// Timed runs, of which the fastest counts; before them comes one that is not timed.
    public var runs = 7
    /// Events that wait in the hold model, one measurement for each.
    public var populations = [1_024, 65_536]
    /// Seed of the random streams.
    public var seed: UInt64 = 1

    /// The settings that published figures use.
    public init() {}
  }

  /// Every figure, in a fixed order.
  ///
  /// - Precondition: counts and populations of the settings are positive.
  public static func figures(_ settings: Settings = Settings()) -> [KernelFigure] {
    var figures: [KernelFigure] = []
    for population in settings.populations {
      figures.append(hold(CalendarQueue.self, "calendar", population, settings))
      figures.append(hold(FourAryHeap.self, "heap", population, settings))
    }
    figures.append(singleServer(CalendarQueue.self, "calendar", settings))
    figures.append(singleServer(FourAryHeap.self, "heap", settings))
    return figures
  }

  private static func hold<Queue: EventQueue & ~Copyable>(
    _: Queue.Type, _ queue: String, _ population: Int, _ settings: Settings
  ) -> KernelFigure {
    var model = HoldModel<Queue>(population: population, seed: settings.seed)
    model.run(events: settings.holdEvents)
    var checksum: UInt64?
    let seconds = leastUserSeconds(runs: settings.runs) {
      model.run(events: settings.holdEvents)
      checksum = checksum ?? model.outcome.checksum
    }
    let counted = allocations { model.run(events: settings.holdEvents) }
    return KernelFigure(
      workload: "hold", queue: queue, isDefaultQueue: isDefault(Queue.self),
      population: population, item: "event",
      itemsPerSecond: Double(settings.holdEvents) / seconds,
      allocationsPerItem: counted.map { Double($0) / Double(settings.holdEvents) },
      checksum: checksum ?? 0)
  }

  private static func singleServer<Queue: EventQueue & ~Copyable>(
    _: Queue.Type, _ queue: String, _ settings: Settings
  ) -> KernelFigure {
    var model = SingleServerQueue<Queue>(seed: settings.seed)
    model.run(customers: settings.customers)
    var checksum: UInt64?
    let seconds = leastUserSeconds(runs: settings.runs) {
      model.run(customers: settings.customers)
      checksum = checksum ?? model.outcome.checksum
    }
    let counted = allocations { model.run(customers: settings.customers) }
    return KernelFigure(
      workload: "mm1", queue: queue, isDefaultQueue: isDefault(Queue.self), population: nil,
      item: "customer", itemsPerSecond: Double(settings.customers) / seconds,
      allocationsPerItem: counted.map { Double($0) / Double(settings.customers) },
      checksum: checksum ?? 0)
  }

  private static func isDefault<Queue: EventQueue & ~Copyable>(_: Queue.Type) -> Bool {
    SimulationKernel<HoldEvent, Queue>.self == Kernel<HoldEvent>.self
  }
}
