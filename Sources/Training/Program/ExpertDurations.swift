// How long experts take on each GPU where every GPU is simulated.

import Execution
import ModelCost
import Units

/// Numbers under which operations know their experts.
enum ExpertDurations {
  private static let passes: [LayerKernels.Pass] = [.forward, .backwardInput, .backwardWeight]

  /// The number of a pass of a layer and microbatch.
  ///
  /// - Parameter load: layer x microbatches + microbatch.
  static func variant(load: Int, _ pass: LayerKernels.Pass) -> Int32 {
    let row: Int =
      switch pass {
      case .forward: 0
      case .backwardInput: 1
      case .backwardWeight: 2
      }
    return Int32(load * passes.count + row)
  }

  /// The times of all numbers on each GPU of an expert group; nil where loads are balanced.
  static func table(_ costs: BlockCosts) -> ReplicaDurations? {
    guard let loads = costs.loads else { return nil }
    let sizes = loads.sizes
    return ReplicaDurations(
      variantCount: sizes.layers * sizes.microbatches * passes.count, memberCount: sizes.gpus
    ) { variant, gpu in
      let (load, pass) = variant.quotientAndRemainder(dividingBy: passes.count)
      let (layer, microbatch) = load.quotientAndRemainder(dividingBy: sizes.microbatches)
      return costs.expertTime(
        passes[pass], rows: loads.rows(layer: layer, microbatch: microbatch, gpu: gpu))
    }
  }
}
