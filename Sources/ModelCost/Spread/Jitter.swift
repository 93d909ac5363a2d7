// How GPUs that do the same differ in time: by their clocks, for good; from kernel to kernel and
// from collective to collective; and by the rows of their experts. Relative standard deviations.
//
// Not modelled: hosts that are slow by a tenth, and the swing of a site between day and night.

import Cluster
import Numerics
import Units

/// The spread of times between GPUs.
package struct Jitter: Hashable, Sendable {
  /// Between GPUs, on kernels that are bound by computation: the range among 8 GPUs, 5 % (fact
  /// kvar.gpu_spread), is 2.85 standard deviations of 8 normals.
  package static let assumedGPUSpread = 0.018
  /// The share of it on kernels that are bound by memory.
  package static let assumedMemorySpreadShare = 0.3
  /// From one run of a kernel to the next.
  package static let assumedKernelJitter = 0.01
  /// From one run of a collective to the next.
  package static let assumedCollectiveJitter = 0.05
  /// Between GPUs, in rows of experts of a layer whose loads are balanced in the mean.
  package static let assumedExpertSpread = 0.04

  /// Between GPUs.
  package var gpus: Double
  /// Of a kernel.
  package var kernels: Double
  /// Of a collective.
  package var collectives: Double
  /// Of rows of experts between GPUs.
  package var experts: Double

  /// Spreads, as shares of times.
  package init(gpus: Double, kernels: Double, collectives: Double, experts: Double) {
    self.gpus = gpus
    self.kernels = kernels
    self.collectives = collectives
    self.experts = experts
  }

  /// GPUs that are equal in all times.
  package static let none = Jitter(gpus: 0, kernels: 0, collectives: 0, experts: 0)

  /// What is assumed of GPUs in use.
  package static let usual = Jitter(
    gpus: assumedGPUSpread, kernels: assumedKernelJitter, collectives: assumedCollectiveJitter,
    experts: assumedExpertSpread)

  /// The spreads in a draw: those that are assumed lie anywhere in their ranges, evenly in the
  /// logarithm; others are as they are known.
  package func drawn(_ draw: PredictionDraw) -> Jitter {
    func value(_ known: Double, _ assumed: Double, _ range: ClosedRange<Double>, _ name: String)
      -> Double
    {
      guard known == assumed else { return known }
      return draw.uniform("jitter of \(name)", in: range)
    }
    return Jitter(
      gpus: value(gpus, Self.assumedGPUSpread, 0.01...0.03, "GPUs"),
      kernels: value(kernels, Self.assumedKernelJitter, 0.005...0.02, "kernels"),
      collectives: value(collectives, Self.assumedCollectiveJitter, 0.03...0.1, "collectives"),
      experts: value(experts, Self.assumedExpertSpread, 0.03...0.06, "experts"))
  }

  /// What is assumed of GPUs, as a sentence; nil if they are equal.
  ///
  /// - Parameter hasRouting: whether rows of experts follow a routing of their own.
  package func assumption(hasRouting: Bool) -> String? {
    guard self != .none else { return nil }
    func percent(_ value: Double) -> String { significantText(value * 100) + " %" }
    let values = [
      (gpus, Self.assumedGPUSpread, "assumedGPUSpread", "GPUs"),
      (kernels, Self.assumedKernelJitter, "assumedKernelJitter", "kernels"),
      (collectives, Self.assumedCollectiveJitter, "assumedCollectiveJitter", "collectives"),
      (hasRouting ? 0 : experts, Self.assumedExpertSpread, "assumedExpertSpread", "expert rows"),
    ]
    let parts = values.filter { $0.0 > 0 }.map { value, usual, name, noun in
      "\(noun) \(percent(value))" + (value == usual ? " (\(name))" : "")
    }
    return "exchanges wait for the slowest GPU; standard deviations: "
      + parts.joined(separator: ", ")
  }

  /// The spread of kernels that run one after another on a GPU.
  ///
  /// - Parameters:
  ///   - kernels: the kernels, in order.
  ///   - timer: predicts the time of each.
  ///   - gpu: the GPU, with all its multiprocessors.
  ///   - hasUnevenRows: whether their time is that of routed experts whose rows differ from GPU to
  ///     GPU.
  package func spread(
    of kernels: [Kernel], _ timer: KernelTimer, on gpu: GPUSpec, hasUnevenRows: Bool = false
  ) -> TimeSpread {
    let roofline = Roofline(gpu: gpu)
    return spread(
      of: kernels.map {
        (timer.seconds($0, sms: gpu.smCount), roofline.isComputeBound($0, sms: gpu.smCount))
      }, hasUnevenRows: hasUnevenRows)
  }

  /// The same from times, and from what bounds them.
  func spread(
    of kernels: [(seconds: Double, isComputeBound: Bool)], hasUnevenRows: Bool = false
  ) -> TimeSpread {
    var spread = TimeSpread.zero
    var total = 0.0
    for (seconds, isComputeBound) in kernels {
      let share = isComputeBound ? 1 : Self.assumedMemorySpreadShare
      spread.lasting += gpus * share * seconds
      spread.variance += (self.kernels * seconds) * (self.kernels * seconds)
      total += seconds
    }
    if hasUnevenRows { spread.variance += (experts * total) * (experts * total) }
    return spread
  }
}

/// How the time of some work differs between GPUs, in two independent parts.
package struct TimeSpread: Hashable, Sendable {
  /// Standard deviation in seconds of what a GPU keeps, so that it adds up over its work.
  package var lasting: Double
  /// Variance in squared seconds of what is new each time, so that it adds up in squares.
  package var variance: Double

  package init(lasting: Double, variance: Double) {
    self.lasting = lasting
    self.variance = variance
  }

  /// No difference.
  package static let zero = TimeSpread(lasting: 0, variance: 0)

  /// The spread of two pieces of work in sequence.
  package static func + (a: TimeSpread, b: TimeSpread) -> TimeSpread {
    TimeSpread(lasting: a.lasting + b.lasting, variance: a.variance + b.variance)
  }
}
