// The conditions between the fields of a model that a scenario describes.

import ModelCost

/// Checks a model against itself.
struct ModelRules {
  /// Parameters that a model may have.
  static let parameterLimit = 1e15

  let model: ModelSpec
  let problems: Problems

  /// Reports what does not fit together; whether everything does.
  func check() -> Bool {
    let before = problems.diagnostics.count
    if case .grouped(let a) = model.attention, a.heads % a.kvHeads != 0 {
      problems.add(
        "model.attention.grouped.kv_heads",
        "\"\(a.kvHeads)\" does not divide the \(a.heads) heads")
    }
    if let experts = model.experts { check(experts) }
    let parameters = parameterEstimate
    if parameters > Self.parameterLimit {
      problems.add("model", "has more parameters than the limit of 1e15: about \(parameters)")
    }
    return problems.diagnostics.count == before
  }

  private func check(_ experts: ExpertSpec) {
    if experts.denseLayers >= model.layers {
      problems.add(
        "model.experts.dense_layers",
        "\"\(experts.denseLayers)\" leaves none of the \(model.layers) layers with experts",
        allowed: "expected: fewer than \(model.layers), or experts: none")
    }
    if experts.topK > experts.routed {
      problems.add(
        "model.experts.top_k",
        "\"\(experts.topK)\" is more than the \(experts.routed) routed experts")
    }
    guard experts.routed % experts.groups == 0 else {
      return problems.add(
        "model.experts.groups",
        "\"\(experts.groups)\" does not divide the \(experts.routed) routed experts")
    }
    guard experts.groupLimit <= experts.groups else {
      return problems.add(
        "model.experts.group_limit",
        "\"\(experts.groupLimit)\" is more than the \(experts.groups) groups")
    }
    let reachable = experts.groupLimit * (experts.routed / experts.groups)
    if experts.topK <= experts.routed && experts.topK > reachable {
      problems.add(
        "model.experts.group_limit",
        "\"\(experts.groupLimit)\" groups hold \(reachable) experts, fewer than top_k"
          + " \(experts.topK)")
    }
  }

  /// Parameters to a factor of two, in floating point because the exact count could overflow.
  private var parameterEstimate: Double {
    let hidden = Double(model.hidden)
    let attention: Double
    switch model.attention {
    case .latent(let a):
      attention =
        Double(a.queryRank + a.kvRank) * (hidden + Double(a.heads * (a.queryHead + a.valueHead)))
        + hidden * Double(a.heads * a.valueHead)
    case .grouped(let a):
      attention = 2 * hidden * Double((a.heads + a.kvHeads) * a.headSize)
    }
    let dense = 3 * hidden * Double(model.denseIntermediate)
    let experts = model.experts.map {
      3 * hidden * Double($0.intermediate) * Double($0.routed + $0.shared)
    }
    let layers = Double(model.layers + model.mtpModules)
    return layers * (attention + dense + (experts ?? 0)) + 2 * hidden * Double(model.vocabulary)
  }
}
