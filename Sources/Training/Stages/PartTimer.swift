// Duration of kernels that run one after another in a training step: alone, on the multiprocessors
// that an exchange leaves, and sharing memory bandwidth with it.

import Cluster
import Execution
import ModelCost
import Units

/// Times the parts of a layer.
struct PartTimer {
  private let timer: KernelTimer
  private let memory: MemorySharing
  private let gpu: GPUSpec
  private let leftSMs: Int
  private let gap: Double

  /// - Parameters:
  ///   - exchanges: the exchanges with experts, which make one demand on memory: the bytes of both
  ///     over their time alone; nil if experts are not spread.
  ///   - gap: seconds from the end of a kernel to the start of the next.
  init(
    _ timer: KernelTimer, on node: NodeSpec, communicationSMs sms: Int,
    exchanges: (dispatch: ExpertExchange, combine: ExpertExchange)?, gap: Double
  ) {
    self.gap = gap
    self.timer = timer
    gpu = node.gpu
    leftSMs = gpu.smCount - sms
    memory = MemorySharing(
      timer,
      exchange: exchanges.map {
        MemoryDemand(
          bytes: $0.dispatch.memoryBytes + $0.combine.memoryBytes,
          seconds: $0.dispatch.seconds(on: node, sms: sms)
            + $0.combine.seconds(on: node, sms: sms),
          sms: sms, of: node.gpu.smCount)
      })
  }

  /// The duration of kernels that run one after another.
  func time(_ kernels: [Kernel]) -> ComputeTime { time(kernels, beside: 0) }

  /// The same beside communication that holds some multiprocessors all the time.
  func time(_ kernels: [Kernel], beside sms: Int) -> ComputeTime {
    let (all, left) = (max(1, gpu.smCount - sms), max(1, leftSMs - sms))
    let times = kernels.map { timer.seconds($0, sms: left) }
    let shared = memory.times(Array(zip(times, kernels.map(\.bytes))))
    let gaps = gap * Double(times.count { $0 > 0 })
    return ComputeTime(
      alone: SimDuration(seconds: timer.seconds(kernels, sms: all) + gaps),
      onFewerSMs: SimDuration(seconds: times.reduce(0, +) + gaps),
      besideCommunication: SimDuration(seconds: shared.seconds + gaps),
      exchangePace: shared.exchangePace)
  }

  /// Adds the times of the parts of a block, and how they differ between GPUs.
  ///
  /// - Parameter hasUnevenRows: whether routed experts are spread over GPUs and have no loads of
  ///   their own.
  func fill(
    _ cost: inout BlockCost, _ kernels: LayerKernels, _ jitter: Jitter, hasUnevenRows: Bool
  ) {
    for part in LayerKernels.Part.allCases {
      for pass in LayerKernels.Pass.allCases {
        cost[part, pass] = time(kernels[part, pass])
        guard jitter != .none else { continue }
        cost[spread: part, pass] = jitter.spread(
          of: kernels[part, pass], timer, on: gpu, hasUnevenRows: hasUnevenRows && part == .experts)
      }
    }
  }

  /// Adds how much of a layer's launches a block has that is no layer.
  ///
  /// - Parameters:
  ///   - kernels: those of the block.
  ///   - layer: those of a layer, of which the experts' are launched on their own.
  func fillLaunches(_ cost: inout BlockCost, _ kernels: LayerKernels, ofLayer layer: LayerKernels) {
    func count(_ kernels: LayerKernels, _ passes: [LayerKernels.Pass]) -> Double {
      let parts: [LayerKernels.Part] = [.attention, .feedForward, .residual]
      return Double(
        passes.reduce(0) { sum, pass in
          sum + parts.reduce(0) { $0 + kernels[$1, pass].count }
        })
    }
    let backward: [LayerKernels.Pass] = [.backwardInput, .backwardWeight]
    cost.launched = (
      count(kernels, [.forward]) / count(layer, [.forward]),
      count(kernels, backward) / count(layer, backward)
    )
  }

  /// Adds what a backward runs again of a dense feed-forward.
  ///
  /// - Parameters:
  ///   - again: the part of the feed-forward's kernels that it runs.
  ///   - kernels: those of the layer.
  func fillAgain(
    _ cost: inout BlockCost, _ again: [Kernel], _ kernels: LayerKernels, _ jitter: Jitter
  ) {
    let forward = kernels[.attention, .forward] + kernels[.feedForward, .forward]
    cost.again.launched = Double(again.count) / Double(forward.count)
    cost.again.time = time(again)
    guard jitter != .none else { return }
    cost.again.spread = jitter.spread(of: again, timer, on: gpu, hasUnevenRows: false)
  }
}
