// The blocks of each pipeline stage of a model: real stages do not divide evenly.

import ModelCost

/// The blocks of one stage in the order of the forward pass.
package struct StageContent: Hashable, Sendable {
  /// Embedding, layers, head and MTP parts, in the order in which tokens pass through them.
  package var blocks: [LayerKind]

  /// Transformer layers among the blocks, without the layers of MTP modules.
  package var layers: Int

  /// Number of layers with experts in all earlier stages.
  var expertLayersBefore: Int

  /// Its layers with experts, numbered across all stages.
  var expertLayers: Range<Int> {
    expertLayersBefore..<expertLayersBefore + blocks.count { $0.hasExperts }
  }

  /// The stages of a model divided into `partition` layers each. The embedding comes first; the
  /// head and then the MTP modules with their heads come last.
  ///
  /// - Precondition: `partition` sums to the model's layers.
  package static func stages(
    of model: ModelSpec, partition: [Int], trainsMTP: Bool
  ) -> [StageContent] {
    precondition(partition.reduce(0, +) == model.layers, "a partition holds every layer once")
    var first = 0
    var expertLayers = 0
    return partition.enumerated().map { index, count in
      var blocks: [LayerKind] = index == 0 ? [.embedding] : []
      for layer in first..<first + count { blocks.append(model.kind(ofLayer: layer)) }
      first += count
      if index == partition.count - 1 {
        blocks += blocksAfterLayers(of: model, trainsMTP: trainsMTP)
      }
      defer { expertLayers += blocks.count { $0.hasExperts } }
      return StageContent(blocks: blocks, layers: count, expertLayersBefore: expertLayers)
    }
  }

  /// The blocks of the last stage after its layers: head, and MTP modules with a layer and a head
  /// each.
  static func blocksAfterLayers(of model: ModelSpec, trainsMTP: Bool) -> [LayerKind] {
    let modules = trainsMTP ? model.mtpModules : 0
    let module: [LayerKind] = [.mtp, model.mtpLayerKind, .head]
    return [.head] + Array(repeating: module, count: modules).flatMap { $0 }
  }
}

extension ModelSpec {
  /// Layers with experts, the layers of trained MTP modules last.
  func expertLayers(trainsMTP: Bool) -> Int {
    expertLayers + (trainsMTP && mtpLayerKind.hasExperts ? mtpModules : 0)
  }
}
