// How kernels and exchanges that run at the same time share memory bandwidth.
//
// Each asks for the rate at which it moves its bytes when it runs without the others. Rates are
// max-min fair: demands are served in ascending order, each with what it asks for or its share of
// what is left. Shares are even, or by multiprocessors where these are known: a multiprocessor
// keeps only so many requests in flight. Streams that mix achieve a little less than one alone
// (`assumedMixedBandwidth`). The multiprocessors that an exchange holds change a kernel's time, and
// so its demand, before this.
//
// Validity: no constant is fitted. Against our own measurement (fact own.h100.beside) of a
// memory-bound kernel beside a copy on 10, 20 and 40 multiprocessors, the kernel comes out 6, 10
// and 18 % too slow, and the copy keeps 1.2 to 1.6 times its measured pace; with even shares it
// would be 43, 86 and 65 %, and 2.2 to 5.3 times. A product beside the same copy is not slowed
// here, and the copy not either; measured, the copy loses 15 %. Kernels whose speed was measured
// beside an exchange (fact trace.elementwise_us) already contain its effect.

/// What an exchange asks of a GPU's memory while it runs.
package struct MemoryDemand: Hashable, Sendable {
  /// Bytes per second.
  package var bytesPerSecond: Double
  /// The fraction of the GPU's multiprocessors that issue its requests; nil if it holds none.
  package var smShare: Double?

  /// - Parameters:
  ///   - bytes: what it reads and writes when it runs alone for this time.
  ///   - seconds: its time alone.
  ///   - sms: multiprocessors that it holds.
  ///   - all: multiprocessors of the GPU.
  package init(bytes: Double, seconds: Double, sms: Int, of all: Int) {
    bytesPerSecond = bytes / seconds
    smShare = sms > 0 ? Double(sms) / Double(all) : nil
  }
}

/// The memory bandwidth of one GPU, shared by kernels that run one after another and an exchange.
package struct MemorySharing: Sendable {
  /// A kernel's time without others, and the bytes that it moves.
  package typealias Load = (seconds: Double, bytes: Double)

  /// The share of the achieved rate that memory keeps when several kernels use it.
  package static let assumedMixedBandwidth = 0.95
  /// Ranges of that share, and of the share of an exchange's bytes that the L2 cache does not
  /// serve, over the assumed one.
  private static let ranges = (mixed: 0.9...1.0, uncached: 2.0 / 3...1.0)

  /// The rate that memory achieves, in bytes per second.
  private let achieved: Double
  /// The share of it that several kernels achieve.
  private let mixed: Double
  private var exchange: MemoryDemand?

  /// - Parameters:
  ///   - timer: the timer of the GPU; its draw, if any, draws what is assumed here too.
  ///   - exchange: what an exchange asks of memory; nil if there is none.
  package init(_ timer: KernelTimer, exchange: MemoryDemand?) {
    achieved = timer.achievedBandwidth
    mixed = timer.drawn("mixed bandwidth", Self.ranges.mixed) ?? Self.assumedMixedBandwidth
    self.exchange = exchange
    if let share = timer.drawn("uncached share", Self.ranges.uncached) {
      self.exchange?.bytesPerSecond *= share
    }
  }

  /// The total time of kernels beside the exchange, and the pace of the exchange meanwhile,
  /// relative to its pace alone.
  package func times(_ kernels: [Load]) -> (seconds: Double, exchangePace: Double) {
    var (seconds, progress) = (0.0, 0.0)
    for kernel in kernels where kernel.seconds > 0 {
      let paces = paces(kernelDemand: kernel.bytes / kernel.seconds)
      let shared = kernel.seconds / paces.kernel
      seconds += shared
      progress += shared * paces.exchange
    }
    return (seconds, seconds > 0 ? progress / seconds : 1)
  }

  /// The pace of each relative to its pace alone.
  func paces(kernelDemand demand: Double) -> (kernel: Double, exchange: Double) {
    guard let exchange, exchange.bytesPerSecond > 0, demand > 0 else { return (1, 1) }
    // One that was measured at a higher rate shows that memory can serve it.
    let available =
      max(achieved, demand, exchange.bytesPerSecond) * mixed
    let share = exchange.smShare ?? 0.5
    let rates = Self.rates(
      [demand, exchange.bytesPerSecond], weights: [1 - share, share], available: available)
    return (rates[0] / demand, rates[1] / exchange.bytesPerSecond)
  }
}

extension MemorySharing {
  /// The max-min fair rates of demands on an available rate, in the order and unit of the demands.
  ///
  /// - Parameters:
  ///   - demands: the rates that are asked for.
  ///   - weights: how what is left is divided among those that ask for more; nil for evenly.
  ///   - available: the rate that they share, in the same unit.
  /// - Complexity: O(n log n) for n demands.
  package static func rates(
    _ demands: [Double], weights: [Double]? = nil, available: Double
  ) -> [Double] {
    let weights = weights ?? demands.map { _ in 1 }
    var rates = demands
    var left = available
    let ascending = demands.indices.sorted {
      (demands[$0] * weights[$1], $0) < (demands[$1] * weights[$0], $1)
    }
    for (served, index) in ascending.enumerated() {
      let others = ascending[served...].reduce(0) { $0 + weights[$1] }
      rates[index] = min(demands[index], left * weights[index] / others)
      left -= rates[index]
    }
    return rates
  }

  /// When jobs end that all start at 0 and run at once, in seconds, in their order. Whenever one
  /// ends, the others share anew.
  ///
  /// - Parameters:
  ///   - jobs: the time alone and the bytes of each.
  ///   - available: bytes per second.
  /// - Precondition: each job takes time, and `available` is positive.
  /// - Complexity: O(n^2 log n) for n jobs.
  package static func ends(_ jobs: [Load], available: Double) -> [Double] {
    precondition(available > 0 && jobs.allSatisfy { $0.seconds > 0 }, "each job takes time")
    var ends = [Double](repeating: 0, count: jobs.count)
    var left = jobs.map(\.seconds)
    var running = Array(jobs.indices)
    var clock = 0.0
    while !running.isEmpty {
      let demands = running.map { jobs[$0].bytes / jobs[$0].seconds }
      let paces = zip(rates(demands, available: available), demands).map {
        $1 > 0 ? $0 / $1 : 1
      }
      // Seconds until each would end at this pace.
      let waits = zip(running, paces).map { left[$0] / $1 }
      let step = waits.min() ?? 0
      clock += step
      for (index, pace) in zip(running, paces) { left[index] -= step * pace }
      let ended = zip(running, waits).filter { $1 <= step }.map(\.0)
      for index in ended { ends[index] = clock }
      running.removeAll { ended.contains($0) }
    }
    return ends
  }
}
