// How kernels and an exchange that runs beside them share memory bandwidth.
//
// Each asks for the rate at which it moves its bytes when the other is absent. While the sum is
// below what memory achieves, neither is slowed. Otherwise memory serves both in proportion to
// their demands, except that an exchange on few multiprocessors gets no more than their share of
// the GPU, unless kernels leave it more: a multiprocessor keeps only so many requests in flight.
//
// Validity: no constant is fitted. Against our own measurement (fact own.h100.beside) of a
// memory-bound kernel beside a copy on 10, 20 and 40 multiprocessors, the kernel comes out 1, 4 and
// 13 % too slow, and the copy keeps 1.2 to 1.7 times its measured pace. A product beside the same
// copy is not slowed here, and the copy not either; measured, the copy loses 15 %. Kernels whose
// speed was measured beside an exchange (fact trace.elementwise_us) already contain its effect.

/// What an exchange asks of a GPU's memory while it runs.
package struct MemoryDemand: Hashable, Sendable {
  /// Bytes per second.
  package var bytesPerSecond: Double
  /// The fraction of the GPU's multiprocessors that issue its requests; nil if it holds none.
  package var smShare: Double?

  /// - Parameters:
  ///   - bytes: what it reads and writes when it runs alone for this time.
  ///   - sms: multiprocessors that it holds.
  package init(bytes: Double, seconds: Double, sms: Int, of all: Int) {
    bytesPerSecond = bytes / seconds
    smShare = sms > 0 ? Double(sms) / Double(all) : nil
  }
}

/// The memory bandwidth of one GPU, shared by kernels that run one after another and an exchange.
package struct MemorySharing: Sendable {
  /// A kernel's time without the exchange, and the bytes that it moves.
  package typealias Load = (seconds: Double, bytes: Double)

  /// The rate that memory achieves, in bytes per second.
  private let achieved: Double
  private let exchange: MemoryDemand?

  /// - Parameter exchange: nil if there is none.
  package init(_ timer: KernelTimer, exchange: MemoryDemand?) {
    achieved = timer.achievedBandwidth
    self.exchange = exchange
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
    // A kernel that was measured at a higher rate shows that memory can serve it.
    let available = max(achieved, demand)
    let sum = demand + exchange.bytesPerSecond
    guard sum > available else { return (1, 1) }
    var served = available * exchange.bytesPerSecond / sum
    if let share = exchange.smShare {
      served = min(served, max(available * share, available - demand))
    }
    return ((available - served) / demand, served / exchange.bytesPerSecond)
  }
}
