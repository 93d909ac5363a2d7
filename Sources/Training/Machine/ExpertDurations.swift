// How long experts take on each GPU where every GPU is simulated.

import ModelCost
import Units

/// Durations of experts by replica, looked up when they start.
struct ExpertDurations {
  private let costs: BlockCosts

  /// Nil where loads are balanced.
  init?(_ costs: BlockCosts) {
    guard costs.loads != nil else { return nil }
    self.costs = costs
  }

  /// The number under which an operation knows its experts.
  ///
  /// - Parameter load: layer x microbatches + microbatch.
  static func code(load: Int, _ pass: LayerKernels.Pass) -> Int32 {
    let row: Int =
      switch pass {
      case .forward: 0
      case .backwardInput: 1
      case .backwardWeight: 2
      }
    return Int32(load * passes.count + row)
  }

  /// The time of an operation on a GPU of its expert group.
  func time(_ code: Int32, gpu: Int) -> ComputeTime {
    guard let loads = costs.loads else { return .zero }
    let (load, pass) = Int(code).quotientAndRemainder(dividingBy: Self.passes.count)
    let (layer, microbatch) = load.quotientAndRemainder(dividingBy: loads.sizes.microbatches)
    return costs.expertTime(
      Self.passes[pass], rows: loads.rows(layer: layer, microbatch: microbatch, gpu: gpu))
  }

  private static let passes: [LayerKernels.Pass] = [.forward, .backwardInput, .backwardWeight]
}
