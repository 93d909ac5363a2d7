// The spread of a step's time from those of its kernels, without simulating it again: the step is
// taken as linear in the logarithms of the kernels' times, each weighted by its share of the time.
//
// This picks the draws that are worth a full simulation; what is printed comes from those.

import Cluster
import KernelTimes
import ModelCost
import Numerics
import Recording
import Serving
import Training
import Units

/// Kernels of a step with their shares of its time.
struct StepSpread: Sendable {
  /// A kernel, or several with the same error.
  struct Part: Sendable {
    var spread: KernelSpread
    /// Of the step's time.
    var share: Double
  }

  private(set) var parts: [Part] = []
  /// The place of each kernel by its name.
  private var places: [String: Int] = [:]
  /// Share of the time that GPUs wait for exchanges.
  private(set) var exchangeShare = 0.0
  /// Shares of the time that they wait for hosts, and for the slowest of them.
  private var waits = (host: 0.0, jitter: 0.0)
  /// Of ln time of exchange kernels.
  private let exchangeDeviation: Double

  /// - Parameters:
  ///   - kernels: with seconds in any unit that is the same for all.
  ///   - result: of the step at the best estimates.
  ///   - gpu: that runs it.
  init(
    _ kernels: [(spread: KernelSpread, seconds: Double)], of result: SimulationResult,
    on gpu: GPUSpec
  ) {
    exchangeDeviation = KernelSpread.exchangeDeviation(on: gpu)
    let sum = kernels.reduce(0) { $0 + $1.seconds }
    func time(_ activities: (Activity) -> Bool) -> Double {
      result.rankTimes.meanSeconds(overGPUs: 1) { activities($0.activity) }
    }
    let all = time { _ in true }
    guard sum > 0, all > 0 else { return }
    func share(_ activities: (Activity) -> Bool) -> Double { time(activities) / all }
    let computing = share { $0 == .compute || $0 == .schedule || $0 == .stageImbalance }
    exchangeShare = share { $0.isExposedCommunication }
    waits = (share { $0 == .host }, share { $0 == .jitter })
    for kernel in kernels where kernel.seconds > 0 {
      add(kernel.spread, share: kernel.seconds / sum * computing)
    }
  }

  /// The spread of the time of several steps on the same GPUs together; nil without any.
  init?(mean steps: [(spread: StepSpread, time: Double)]) {
    guard let first = steps.first else { return nil }
    exchangeDeviation = first.spread.exchangeDeviation
    let sum = steps.reduce(0) { $0 + $1.time }
    for step in steps {
      let weight = step.time / sum
      exchangeShare += weight * step.spread.exchangeShare
      waits.host += weight * step.spread.waits.host
      waits.jitter += weight * step.spread.waits.jitter
      for part in step.spread.parts { add(part.spread, share: weight * part.share) }
    }
  }

  private mutating func add(_ spread: KernelSpread, share: Double) {
    if let place = places[spread.shapeName] {
      parts[place].share += share
    } else {
      places[spread.shapeName] = parts.count
      parts.append(Part(spread: spread, share: share))
    }
  }

  /// ln of the step's time in a draw over that at the best estimates.
  func error(_ draw: PredictionDraw) -> Double {
    let kernels = parts.reduce(0) { $0 + $1.share * $1.spread.error(draw) }
    let clock =
      KernelModel.assumedClockDeviation * normalQuantile(draw.uniform("clock"))
      * parts.reduce(0) { $0 + $1.share }
    let links =
      PredictionDraw.assumedExchangeSpread * normalQuantile(draw.uniform("scale-out links"))
      * exchangeShare
    let exchanges =
      (exchangeDeviation * normalQuantile(draw.uniform("exchanges"))
        + PredictionDraw.assumedExchangeCalls * draw.uniform("calls of exchanges"))
      * exchangeShare
    let host =
      HostCosts.assumedHostSpread * normalQuantile(draw.uniform("host")) * waits.host
    // The spread between GPUs makes most of what they wait for each other, from half to twice as
    // much as expected.
    let jitter = (2 * draw.uniform("jitter of GPUs") - 1) * waits.jitter
    return kernels + clock - links + exchanges + host + jitter
  }

  /// Shares of the time of kernels by what their times rest on, in the order of `Support`.
  var support: [(support: KernelSpread.Support, share: Double)] {
    let sum = parts.reduce(0) { $0 + $1.share }
    guard sum > 0 else { return [] }
    return KernelSpread.Support.allCases.map { support in
      (
        support,
        parts.reduce(0) { $0 + ($1.spread.support == support ? $1.share : 0) } / sum
      )
    }
  }

  /// The same in words, without what rounds to nothing.
  var supportText: String? {
    let shown = support.filter { $0.share >= 0.005 }
    guard !shown.isEmpty else { return nil }
    return StepEvidence.head + " "
      + shown.map { "\(Int(($0.share * 100).rounded())) % \($0.support.rawValue)" }
      .joined(separator: ", ")
  }
}

extension BlockCosts {
  /// The kernels of all layers of a model with their spreads.
  func kernelSpreads(
    of model: ModelSpec, modules: Int
  ) -> [(spread: KernelSpread, seconds: Double)] {
    LayerKind.allCases.flatMap { kind -> [(spread: KernelSpread, seconds: Double)] in
      let count = kind.count(in: model, modules: modules)
      guard count > 0 else { return [] }
      return timedKernels(of: kind).map { row in
        (spread(of: row.kernel), row.time.seconds * Double(count))
      }
    }
  }
}

extension InferenceCosts {
  /// The kernels of a microbatch in all layers of a model with their spreads.
  func kernelSpreads(
    _ spec: InferenceSpec, of model: ModelSpec
  ) -> [(spread: KernelSpread, seconds: Double)] {
    let batch = spec.microbatchRows[0]
    return LayerKind.allCases.flatMap { kind -> [(spread: KernelSpread, seconds: Double)] in
      let count = kind.count(in: model, modules: spec.mtpAcceptance == nil ? 0 : 1)
      guard count > 0 else { return [] }
      let list =
        kind == .head
        ? headKernels(batch.sampled)
        : LayerKernels.Part.allCases.flatMap { kernels(of: kind, batch)[$0, .forward] }
      return list.map { (spread(of: $0), time($0).seconds * Double(count)) }
    }
  }
}

extension LayerKind {
  /// How often a model has this kind of layer.
  fileprivate func count(in model: ModelSpec, modules: Int) -> Int {
    switch self {
    case .dense, .moe, .denseWindowed, .moeWindowed: model.layerKinds.count { $0 == self }
    case .mtp: modules
    case .embedding, .head: 1 + (self == .head ? modules : 0)
    }
  }
}
