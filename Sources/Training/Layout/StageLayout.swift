// What each stage of a pipeline holds: a number of layers, and the ends of the model.

import ModelCost

/// The contents of all stages in the order in which tokens pass through them.
package struct StageLayout: Hashable, Sendable {
  /// The contents of one stage, in the order of its properties.
  package struct Stage: Hashable, Sendable {
    /// Whether it has the embedding.
    package var hasEmbedding = false
    /// Transformer layers, without those of MTP modules.
    package var layers = 0
    /// MTP modules with their heads.
    package var modules = 0
    /// Whether it has the head and the loss of the main model.
    package var hasHead = false

    package init(
      hasEmbedding: Bool = false, layers: Int = 0, modules: Int = 0, hasHead: Bool = false
    ) {
      self.hasEmbedding = hasEmbedding
      self.layers = layers
      self.modules = modules
      self.hasHead = hasHead
    }
  }

  package var stages: [Stage]
  /// Whether it was written as numbers of layers, which leave the ends where they usually are.
  package var isPartition: Bool

  /// Any contents.
  package init(_ stages: [Stage]) {
    self.stages = stages
    isPartition = false
  }

  /// Layers of each stage, with the embedding first, the head and then the MTP modules last.
  package init(partition: [Int], modules: Int) {
    stages = partition.map { Stage(layers: $0) }
    isPartition = true
    guard !stages.isEmpty else { return }
    stages[0].hasEmbedding = true
    stages[stages.count - 1].hasHead = true
    stages[stages.count - 1].modules = modules
  }

  /// Layers of each stage.
  package var partition: [Int] { stages.map(\.layers) }

  /// The layout in Megatron-LM's notation, equal stages in a row as one group.
  package var text: String {
    var result = ""
    var start = 0
    while start < stages.count {
      var end = start + 1
      while end < stages.count, stages[end] == stages[start] { end += 1 }
      let stage = stages[start].text
      // The last stage has no bar behind it.
      let barred = end == stages.count ? end - start - 1 : end - start
      if barred > 1 {
        result += "(\(stage)|)*\(barred)"
      } else if barred == 1 {
        result += stage + "|"
      }
      if end == stages.count { result += stage }
      start = end
    }
    return result
  }
}

extension StageLayout.Stage {
  fileprivate var text: String {
    func times(_ symbol: String, _ count: Int) -> String {
      count > 2 ? "\(symbol)*\(count)" : String(repeating: symbol, count: count)
    }
    return (hasEmbedding ? "E" : "") + times("t", layers) + times("m", modules)
      + (hasHead ? "L" : "")
  }
}
