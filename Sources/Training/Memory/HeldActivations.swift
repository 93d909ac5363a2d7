// Activations that a GPU holds, by stage and microbatch. The part in rows of experts depends on the
// number of rows that the GPU receives.

import ModelCost
import Routing
import Schedules

/// Bytes of activations by stage, microbatch and GPU of an expert group.
struct HeldActivations {
  /// Bytes of each stage under balanced loads.
  let balanced: [Double]
  /// What the recomputation of a stage's layers holds besides, while their backward runs: of the
  /// largest group of layers, under balanced loads.
  let workingSets: [Double]
  /// The part of them in rows of one layer with experts.
  private let rowBytes: Double
  /// The layers with experts that keep such rows in each stage, numbered across all stages.
  private let layers: [[Range<Int>]]
  private let sums: RowSums?

  init(stages: [StageContent], costs: BlockCosts) {
    balanced = stages.map { stage in
      stage.blocks.indices.reduce(0) { $0 + Self.kept(stage.blocks, $1, costs) }
    }
    workingSets = stages.map { stage in
      stage.blocks.indices.map { Self.workingSet(stage.blocks, $0, costs) }.max() ?? 0
    }
    rowBytes = costs[.moe].rowActivationBytes
    layers = stages.map(Self.keptExpertLayers)
    sums = costs.rowSums
  }

  /// Bytes that a block of a stage keeps: of a group that is recomputed, the input of the first
  /// layer.
  private static func kept(_ blocks: [StageBlock], _ index: Int, _ costs: BlockCosts) -> Double {
    let cost = costs[blocks[index].kind]
    guard let group = blocks[index].group else { return cost.activationBytes }
    let isFirst = blocks[..<index].allSatisfy { $0.group != group }
    return isFirst ? cost.inputBytes : 0
  }

  /// Bytes that the recomputation before the backward of a block adds.
  private static func workingSet(
    _ blocks: [StageBlock], _ index: Int, _ costs: BlockCosts
  ) -> Double {
    guard blocks[index].group != nil else { return costs[blocks[index].kind].recomputedBytes }
    return StageContent.recomputed(blocks, before: index).reduce(0) {
      $0 + costs[blocks[$1].kind].activationBytes - kept(blocks, $1, costs)
    }
  }

  private static func keptExpertLayers(_ stage: StageContent) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var layer = stage.expertLayersBefore
    for block in stage.blocks where block.kind.hasExperts {
      defer { layer += 1 }
      guard block.group == nil else { continue }
      if let last = ranges.last, last.upperBound == layer {
        ranges[ranges.count - 1] = last.lowerBound..<layer + 1
      } else {
        ranges.append(layer..<layer + 1)
      }
    }
    return ranges
  }

  /// Bytes that a microbatch holds on a GPU of its stage.
  func bytes(of work: Work, gpu: Int) -> Double {
    let bytes = balanced[work.stage]
    guard let sums else { return bytes }
    let excess = layers[work.stage].reduce(0.0) {
      $0 + sums.rows($1, microbatch: work.microbatch, gpu: gpu) - Double($1.count)
    }
    return bytes + rowBytes * excess
  }

  /// The GPU of an expert group that receives the most rows over the cells of a rank; the first of
  /// equal ones.
  func mostLoadedGPU(of cells: [Cell]) -> Int {
    guard let sums else { return 0 }
    var counts = [Int](repeating: 0, count: layers.count)
    for work in cells.compactMap(\.forwardWork) { counts[work.stage] += 1 }
    var most = (gpu: 0, rows: -1.0)
    for gpu in 0..<sums.gpuCount {
      // Stages with a part of the microbatches are assumed to have the mean of all.
      let rows = counts.indices.reduce(0.0) {
        $0 + Double(counts[$1])
          * layers[$1].reduce(0.0) { $0 + sums.meanRows($1, gpu: gpu) }
      }
      if rows > most.rows { most = (gpu, rows) }
    }
    return most.gpu
  }

  /// The peak that a GPU holds at once over the cells of a rank.
  ///
  /// - Parameter work: what the rank holds over its cells.
  func peak(of cells: [Cell], _ work: HeldWork, gpu: Int) -> Double {
    guard sums != nil else {
      let bytes = work.stages.map { balanced[$0] }
      return work.counts.reduce(0) { peak, counts in
        max(peak, zip(counts, bytes).reduce(0) { $0 + Double($1.0) * $1.1 })
      }
    }
    var held = 0.0
    var peak = 0.0
    for cell in cells {
      if let work = cell.forwardWork { held += bytes(of: work, gpu: gpu) }
      peak = max(peak, held)
      if let work = cell.backwardWeightWork { held -= bytes(of: work, gpu: gpu) }
    }
    return peak
  }
}

/// Rows of experts summed over layers, relative to the balanced number of one layer.
struct RowSums: Sendable {
  let gpuCount: Int
  private let layerCount: Int
  /// Prefix sums over the layers: `[microbatches, gpus, layers + 1]`.
  private let before: [Double]
  /// The same, averaged over microbatches: `[gpus, layers + 1]`.
  private let meanBefore: [Double]

  init(_ loads: StepTraffic) {
    let sizes = loads.sizes
    gpuCount = sizes.gpus
    layerCount = sizes.layers
    let width = sizes.layers + 1
    var before = [Double](repeating: 0, count: sizes.microbatches * sizes.gpus * width)
    for microbatch in 0..<sizes.microbatches {
      var sums = [Double](repeating: 0, count: sizes.gpus)
      for layer in 0..<sizes.layers {
        for (gpu, rows) in loads.rows(load: layer * sizes.microbatches + microbatch).enumerated() {
          sums[gpu] += rows
          before[(microbatch * sizes.gpus + gpu) * width + layer + 1] =
            sums[gpu] / Double(sizes.rowsPerGPU)
        }
      }
    }
    let count = sizes.gpus * (sizes.layers + 1)
    var mean = [Double](repeating: 0, count: count)
    for (index, sum) in before.enumerated() {
      mean[index % count] += sum / Double(sizes.microbatches)
    }
    meanBefore = mean
    self.before = before
  }

  /// Rows of layers on a GPU, averaged over microbatches.
  func meanRows(_ layers: Range<Int>, gpu: Int) -> Double {
    let row = gpu * (layerCount + 1)
    return meanBefore[row + layers.upperBound] - meanBefore[row + layers.lowerBound]
  }

  /// Rows of layers on a GPU in one microbatch.
  func rows(_ layers: Range<Int>, microbatch: Int, gpu: Int) -> Double {
    let row = (microbatch * gpuCount + gpu) * (layerCount + 1)
    return before[row + layers.upperBound] - before[row + layers.lowerBound]
  }
}
