// The speed of the event kernel: items per second of user CPU time, and heap allocations per item.

import EventKernel

/// The speed of one workload with one queue structure.
package struct KernelFigure: Equatable, Sendable {
  /// The workload: `hold` or `mm1`.
  package var workload: String
  /// The queue structure: `calendar` or `heap`.
  package var queue: String
  /// Whether `queue` is the one that `Kernel` uses.
  package var isDefaultQueue: Bool
  /// The constant number of pending events; nil for workloads other than the hold model.
  package var population: Int?
  /// The item that is counted: `event` or `customer`.
  package var item: String
  /// Items per second of user CPU time, in the fastest run.
  package var itemsPerSecond: Double
  /// Heap allocations per item after the warm-up; nil if the build cannot count them.
  package var allocationsPerItem: Double?
  /// Sum of the event times of the warm-up and the first timed run, in picoseconds modulo 2^64. It
  /// is the same for every correct kernel.
  package var checksum: UInt64
}

/// The benchmark of the event kernel.
package enum KernelBenchmark {
  /// The sizes of the workloads and the number of runs.
  package struct Settings: Equatable, Sendable {
    /// Events of the hold model per run.
    package var holdEvents = 4_000_000
    /// Customers of the single-server queue per run.
    package var customers = 2_000_000
    /// Timed runs, of which the fastest counts. One warm-up run precedes them.
    package var runs = 7
    /// Numbers of pending events in the hold model, each measured separately.
    package var populations = [1_024, 65_536]
    /// Seed of the random streams.
    package var seed: UInt64 = 1

    /// The default settings.
    package init() {}
  }

  /// Measures every workload with every queue.
  ///
  /// - Parameters:
  ///   - settings: sizes and repetitions.
  ///   - progress: called after each figure with their number and that of all.
  /// - Precondition: all settings are positive.
  package static func figures(
    _ settings: Settings = Settings(), progress: (Int, Int) -> Void = { _, _ in }
  ) -> [KernelFigure] {
    var figures: [KernelFigure] = []
    func add(_ figure: KernelFigure) {
      figures.append(figure)
      progress(figures.count, 2 * settings.populations.count + 2)
    }
    for population in settings.populations {
      add(hold(CalendarQueue.self, "calendar", population, settings))
      add(hold(FourAryHeap.self, "heap", population, settings))
    }
    add(singleServer(CalendarQueue.self, "calendar", settings))
    add(singleServer(FourAryHeap.self, "heap", settings))
    return figures
  }

  private static func hold<Queue: EventQueue & ~Copyable>(
    _: Queue.Type, _ queue: String, _ population: Int, _ settings: Settings
  ) -> KernelFigure {
    var model = HoldModel<Queue>(population: population, seed: settings.seed)
    let measured = measure(runs: settings.runs, items: settings.holdEvents) {
      model.run(events: settings.holdEvents)
      return model.outcome.checksum
    }
    return KernelFigure(
      workload: "hold", queue: queue, isDefaultQueue: isDefault(Queue.self),
      population: population, item: "event", itemsPerSecond: measured.rate,
      allocationsPerItem: measured.allocations, checksum: measured.checksum)
  }

  private static func singleServer<Queue: EventQueue & ~Copyable>(
    _: Queue.Type, _ queue: String, _ settings: Settings
  ) -> KernelFigure {
    var model = SingleServerQueue<Queue>(seed: settings.seed)
    let measured = measure(runs: settings.runs, items: settings.customers) {
      model.run(customers: settings.customers)
      return model.outcome.checksum
    }
    return KernelFigure(
      workload: "mm1", queue: queue, isDefaultQueue: isDefault(Queue.self), population: nil,
      item: "customer", itemsPerSecond: measured.rate,
      allocationsPerItem: measured.allocations, checksum: measured.checksum)
  }

  /// The fastest rate, the allocations per item, and the checksum after the first timed run.
  ///
  /// - Parameter run: runs `items` items more and returns the checksum so far.
  private static func measure(
    runs: Int, items: Int, run: () -> UInt64
  ) -> (rate: Double, allocations: Double?, checksum: UInt64) {
    _ = run()
    var checksum: UInt64?
    let seconds = leastUserSeconds(runs: runs) {
      let sum = run()
      checksum = checksum ?? sum
    }
    let counted = allocations { _ = run() }
    return (Double(items) / seconds, counted.map { Double($0) / Double(items) }, checksum ?? 0)
  }

  private static func isDefault<Queue: EventQueue & ~Copyable>(_: Queue.Type) -> Bool {
    SimulationKernel<HoldEvent, Queue>.self == Kernel<HoldEvent>.self
  }
}
