// Why a model cannot be laid out as asked: which extent does not divide, and the nearest number of
// GPUs for which it does. Nothing is padded in silence.

import ModelCost

/// One reason against a layout.
package struct LayoutObstacle: Hashable, Sendable {
  /// The condition that is not met.
  package enum Rule: String, CaseIterable, Hashable, Sendable {
    case heads = "heads % tensor"
    case kvHeads = "kv heads and tensor"
    case denseWidth = "dense width % tensor"
    case denseTiles = "dense width / tensor % 128"
    case sharedWidth = "shared width % tensor"
    case sharedTiles = "shared width / tensor % 128"
    case draftWidth = "hidden size % tensor"
    case slots = "(experts + redundant) % gpus"
    case expertWidth = "expert width % gpus"
    case expertTiles = "expert width / gpus % 128"
    case layers = "layers of stages"
  }

  package var rule: Rule
  /// The key of a scenario at fault, below `inference`.
  package var key: String
  /// What is wrong, beginning with the value of the key.
  package var message: String
  /// What would be right.
  package var allowed: String
}

extension InferenceLayout {
  /// Every reason against the layout; none if it is legal.
  ///
  /// - Parameters:
  ///   - model: the model to lay out.
  ///   - weights: how weights are stored.
  ///   - redundant: slots for experts beyond one for each.
  ///   - usesDrafts: whether an MTP module runs.
  package func obstacles(
    to model: ModelSpec, weights: WeightScheme, redundant: Int, usesDrafts: Bool = false
  ) -> [LayoutObstacle] {
    tensorObstacles(model, weights, usesDrafts) + expertObstacles(model, weights, redundant)
      + stageObstacles(model)
  }

  /// The rules of one tensor group that a number of GPUs breaks.
  private static func brokenRules(
    _ tensor: Int, _ model: ModelSpec, _ weights: WeightScheme, _ usesDrafts: Bool
  ) -> [(rule: LayoutObstacle.Rule, what: String)] {
    var broken: [(rule: LayoutObstacle.Rule, what: String)] = []
    let heads = model.attention.heads
    if heads % tensor != 0 {
      broken.append((.heads, "GPUs do not divide the \(heads) attention heads"))
    }
    if case .grouped(let grouped) = model.attention, grouped.kvHeads % tensor != 0,
      tensor % grouped.kvHeads != 0
    {
      broken.append(
        (.kvHeads, "neither divides the \(grouped.kvHeads) KV heads nor is a multiple of them"))
    }
    func check(
      _ width: Int, _ what: String, _ rule: LayoutObstacle.Rule, _ tiles: LayoutObstacle.Rule
    ) {
      if width % tensor != 0 {
        broken.append((rule, "GPUs do not divide the \(width) columns of \(what)"))
      } else if let block = weights.linearBlock, width / tensor % block != 0 {
        broken.append(
          (
            tiles,
            "GPUs leave \(width / tensor) columns of \(what) to each, not whole blocks of \(block)"
          ))
      }
    }
    if model.denseLayers > 0 {
      check(model.denseIntermediate, "dense layers", .denseWidth, .denseTiles)
    }
    if let experts = model.experts, experts.sharedWidth > 0 {
      check(experts.sharedWidth, "shared experts", .sharedWidth, .sharedTiles)
    }
    if usesDrafts, model.hidden % tensor != 0 {
      broken.append(
        (.draftWidth, "GPUs do not divide the \(model.hidden) columns of the MTP projection"))
    }
    return broken
  }

  private func tensorObstacles(
    _ model: ModelSpec, _ weights: WeightScheme, _ usesDrafts: Bool
  ) -> [LayoutObstacle] {
    let broken = Self.brokenRules(tensor, model, weights, usesDrafts)
    guard !broken.isEmpty else { return [] }
    let nearest = Self.nearest(to: tensor) {
      Self.brokenRules($0, model, weights, usesDrafts).isEmpty
    }
    return broken.map {
      LayoutObstacle(
        rule: $0.rule, key: "tensor", message: "\"\(tensor)\" \($0.what)", allowed: nearest)
    }
  }

  private func expertObstacles(
    _ model: ModelSpec, _ weights: WeightScheme, _ redundant: Int
  ) -> [LayoutObstacle] {
    guard let experts = model.experts else { return [] }
    let gpus = gpusPerStage
    switch self.experts {
    case .whole:
      let slots = experts.routed + redundant
      guard slots % gpus != 0 || slots < gpus else { return [] }
      let above = (slots + gpus - 1) / gpus * gpus - experts.routed
      let below = slots / gpus * gpus - experts.routed
      return [
        LayoutObstacle(
          rule: .slots, key: "redundant_experts",
          message: "\"\(redundant)\" and \(experts.routed) experts do not divide into equal slots"
            + " on \(gpus) GPUs",
          allowed: "nearest: \(below >= 0 && below != redundant ? "\(below) or " : "")\(above)")
      ]
    case .divided:
      let width = experts.intermediate
      func isLegal(_ gpus: Int) -> Bool {
        width % gpus == 0 && (weights.expertBlock.map { width / gpus % $0 == 0 } ?? true)
      }
      guard !isLegal(gpus) else { return [] }
      let nearest = Self.nearest(to: gpus) { count in
        isLegal(count)
          && (data == 1
            ? Self.brokenRules(count, model, weights, false).isEmpty : count % tensor == 0)
      }
      let isWhole = width % gpus == 0
      let what =
        isWhole
        ? "leave \(width / gpus) columns of an expert to each, not whole blocks of"
          + " \(weights.expertBlock ?? 1)"
        : "do not divide the \(width) columns of an expert"
      return [
        LayoutObstacle(
          rule: isWhole ? .expertTiles : .expertWidth, key: "experts",
          message: "\"tp\": \(gpus) GPUs \(what)",
          allowed: "expected: ep, or tp on another number of GPUs, \(nearest)")
      ]
    }
  }

  private func stageObstacles(_ model: ModelSpec) -> [LayoutObstacle] {
    func obstacle(_ key: String, _ message: String, _ allowed: String) -> [LayoutObstacle] {
      [LayoutObstacle(rule: .layers, key: key, message: message, allowed: allowed)]
    }
    guard let partition else {
      return pipeline <= model.layers
        ? []
        : obstacle(
          "pipeline", "\"\(pipeline)\" stages for \(model.layers) layers",
          "expected: at most \(model.layers)")
    }
    let sum = partition.reduce(0, +)
    if partition.count != pipeline {
      return obstacle(
        "partition", "has \(partition.count) stages, but inference.pipeline is \(pipeline)",
        "expected: \(pipeline) numbers of layers")
    }
    return sum == model.layers
      ? []
      : obstacle(
        "partition", "has \(sum) layers in all, but \(model.name) has \(model.layers)",
        "expected: numbers that sum to \(model.layers)")
  }

  /// The nearest smaller and larger numbers that satisfy a condition, as advice.
  private static func nearest(to count: Int, satisfying isLegal: (Int) -> Bool) -> String {
    let below = (1..<max(1, count)).last(where: isLegal)
    let above = (count + 1...2 * count + 1).first(where: isLegal)
    let values = [below, above].compactMap { $0 }.map(String.init)
    return "nearest: " + (values.isEmpty ? "none" : values.joined(separator: " or "))
  }
}

extension WeightScheme {
  /// Columns of dense parts that only lie on one GPU together; nil if any division is possible.
  fileprivate var linearBlock: Int? { coverage == .linear ? format.undividedBlock : nil }
  /// The same for routed experts.
  fileprivate var expertBlock: Int? { format.undividedBlock }
}
