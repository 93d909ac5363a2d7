// The figures of the event kernel: events per second of user CPU time and allocations per event.

import EventKernel

/// The benchmark of the event kernel.
public enum KernelBenchmark {
  /// How much is run.
  public struct Settings: Sendable {
    /// Events of the hold model in one timed run.
    public var holdEvents = 4_000_000
    /// Customers of the single-server queue in one timed run.
    public var customers = 2_000_000
    /// Timed runs, of which the fastest counts.
    public var runs = 5
    /// Seed of the random streams.
    public var seed: UInt64 = 1

    /// The settings that published figures use.
    public init() {}
  }

  /// Populations of the hold model that are measured.
  public static let populations = [1_024, 65_536]

  /// Every figure, in a fixed order.
  public static func figures(_ settings: Settings = Settings()) -> [BenchmarkFigure] {
    var figures: [BenchmarkFigure] = []
    for population in populations {
      figures += hold(CalendarQueue.self, "calendar", population, settings)
      figures += hold(FourAryHeap.self, "heap", population, settings)
    }
    figures += singleServer(CalendarQueue.self, "calendar", settings)
    figures += singleServer(FourAryHeap.self, "heap", settings)
    return figures
  }

  /// The hold model on one queue structure. The checksum covers one warm-up run and the first timed
  /// one, which is what the peers run as well.
  static func hold<Queue: EventQueue & ~Copyable>(
    _: Queue.Type, _ structure: String, _ population: Int, _ settings: Settings
  ) -> [BenchmarkFigure] {
    var model = HoldModel<Queue>(population: population, seed: settings.seed)
    model.run(events: settings.holdEvents)
    var checksum: UInt64?
    let seconds = leastUserSeconds(runs: settings.runs) {
      model.run(events: settings.holdEvents)
      checksum = checksum ?? model.outcome.checksum
    }
    let counted = allocations { model.run(events: settings.holdEvents) }
    let name = "kernel.hold.\(population).\(structure)"
    return figures(
      name, rate: Double(settings.holdEvents) / seconds, unit: "events/s", allocations: counted,
      per: settings.holdEvents, checksum: checksum ?? 0)
  }

  static func singleServer<Queue: EventQueue & ~Copyable>(
    _: Queue.Type, _ structure: String, _ settings: Settings
  ) -> [BenchmarkFigure] {
    var model = SingleServerQueue<Queue>(seed: settings.seed)
    model.run(customers: settings.customers)
    var checksum: UInt64?
    let seconds = leastUserSeconds(runs: settings.runs) {
      model.run(customers: settings.customers)
      checksum = checksum ?? model.outcome.checksum
    }
    let counted = allocations { model.run(customers: settings.customers) }
    return figures(
      "kernel.mm1.\(structure)", rate: Double(settings.customers) / seconds, unit: "customers/s",
      allocations: counted, per: settings.customers, checksum: checksum ?? 0)
  }

  private static func figures(
    _ name: String, rate: Double, unit: String, allocations: Int?, per items: Int, checksum: UInt64
  ) -> [BenchmarkFigure] {
    var figures = [BenchmarkFigure(name: name, value: rate, unit: unit)]
    if let allocations {
      figures.append(
        BenchmarkFigure(
          name: name + ".allocations", value: Double(allocations) / Double(items),
          unit: "allocations/" + unit.dropLast(3)))
    }
    // The low 53 bits, which a Double holds exactly.
    figures.append(
      BenchmarkFigure(
        name: name + ".checksum", value: Double(checksum & (1 << 53 - 1)), unit: "sum mod 2^53"))
    return figures
  }
}
