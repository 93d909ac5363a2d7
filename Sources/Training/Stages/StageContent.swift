// The blocks of each pipeline stage of a model: real stages do not divide evenly.

import ModelCost

/// One block of a stage.
package struct StageBlock: Hashable, Sendable {
  package var kind: LayerKind
  /// The number of the group of layers whose forward the backward runs again as a whole, from the
  /// input of the first one; nil for a block that keeps its activations.
  package var group: Int?

  package init(kind: LayerKind, group: Int? = nil) {
    self.kind = kind
    self.group = group
  }
}

/// The blocks of one stage in the order of the forward pass.
package struct StageContent: Hashable, Sendable {
  /// Embedding, layers, head and MTP parts, in the order in which tokens pass through them.
  package var blocks: [StageBlock]

  /// Transformer layers among the blocks, without the layers of MTP modules.
  package var layers: Int

  /// Number of layers with experts in all earlier stages.
  var expertLayersBefore: Int

  /// Its layers with experts, numbered across all stages.
  var expertLayers: Range<Int> {
    expertLayersBefore..<expertLayersBefore + blocks.count { $0.kind.hasExperts }
  }

  /// The stages of a model. A head comes before the MTP modules of its stage.
  ///
  /// - Precondition: the layout holds every layer once.
  package static func stages(
    of model: ModelSpec, layout: StageLayout, activations: ActivationPolicy
  ) -> [StageContent] {
    precondition(
      layout.partition.reduce(0, +) == model.layers, "a partition holds every layer once")
    var first = 0
    var expertLayers = 0
    return layout.stages.map { stage in
      // Layers of MTP modules follow those of the stage.
      let groups = activations.groups(count: stage.layers + stage.modules, from: first)
      var blocks = stage.hasEmbedding ? [StageBlock(kind: .embedding)] : []
      for layer in 0..<stage.layers {
        blocks.append(StageBlock(kind: model.kind(ofLayer: first + layer), group: groups[layer]))
      }
      if stage.hasHead { blocks.append(StageBlock(kind: .head)) }
      for module in 0..<stage.modules {
        blocks += [
          StageBlock(kind: .mtp),
          // Its forward does not follow the layers' at once.
          StageBlock(
            kind: model.mtpLayerKind,
            group: groups[stage.layers + module].map { _ in stage.layers + module }),
          StageBlock(kind: .head),
        ]
      }
      first += stage.layers
      defer { expertLayers += blocks.count { $0.kind.hasExperts } }
      return StageContent(
        blocks: blocks, layers: stage.layers, expertLayersBefore: expertLayers)
    }
  }

  /// The blocks whose forward runs again before the backward of the block at an index: its group,
  /// if it is the last one of it.
  static func recomputed(_ blocks: [StageBlock], before index: Int) -> Range<Int> {
    guard let group = blocks[index].group else { return index..<index }
    let members = blocks.indices.filter { blocks[$0].group == group }
    guard members.last == index, let first = members.first else { return index..<index }
    return first..<index + 1
  }
}

extension ModelSpec {
  /// Layers with experts, the layers of trained MTP modules last.
  func expertLayers(trainsMTP: Bool) -> Int {
    expertLayers + (trainsMTP && mtpLayerKind.hasExperts ? mtpModules : 0)
  }
}
