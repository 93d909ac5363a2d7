// Conditions between the fields of a model that a scenario describes.

import ModelCost

/// Checks the consistency of a model.
struct ModelRules {
  /// Maximum number of parameters.
  static let parameterLimit = 1e15

  let model: ModelSpec
  let problems: Problems
  /// The key of a number in its document; `experts.top_k` is `model.experts.top_k` in a scenario.
  var key: (String) -> String = { "model." + $0 }

  /// Reports inconsistent fields; returns whether all are consistent.
  func check() -> Bool {
    let before = problems.diagnostics.count
    if case .grouped(let a) = model.attention, a.heads % a.kvHeads != 0 {
      refuse(
        ("attention.grouped.kv_heads", a.kvHeads), "does not divide the \(a.heads) heads",
        beside: ("attention.grouped.heads", a.heads))
    }
    if let experts = model.experts { check(experts) }
    if case .listed(let list) = model.window?.layers { checkLast(of: list, at: "window.layers") }
    let parameters = parameterEstimate
    if parameters > Self.parameterLimit {
      problems.add("model", "has more parameters than the limit of 1e15: about \(parameters)")
    }
    return problems.diagnostics.count == before
  }

  private func check(_ experts: ExpertSpec) {
    let (routed, topK) = (("experts.routed", experts.routed), ("experts.top_k", experts.topK))
    let groups = ("experts.groups", experts.groups)
    let groupLimit = ("experts.group_limit", experts.groupLimit)
    check(experts.layers)
    if experts.topK > experts.routed {
      refuse(topK, "is more than the \(experts.routed) routed experts", beside: routed)
    }
    guard experts.routed % experts.groups == 0 else {
      return refuse(
        groups, "does not divide the \(experts.routed) routed experts", beside: routed)
    }
    guard experts.groupLimit <= experts.groups else {
      return refuse(
        groupLimit, "is more than the \(experts.groups) groups", beside: groups, routed)
    }
    let reachable = experts.groupLimit * (experts.routed / experts.groups)
    if experts.topK <= experts.routed && experts.topK > reachable {
      refuse(
        groupLimit, "lets a token reach \(reachable) experts, fewer than top_k \(experts.topK)",
        beside: topK, groups, routed)
    }
  }

  private func check(_ layers: LayerChoice) {
    switch layers {
    case .every(_, let first) where first >= model.layers:
      refuse(
        ("experts.dense_layers", first),
        "leaves none of the \(model.layers) layers with experts",
        allowed: "expected: fewer than \(model.layers), or experts: none",
        beside: ("layers", model.layers))
    case .listed(let list):
      checkLast(of: list, at: "experts.layers")
    case .every: break
    }
  }

  /// Reports a listed layer that the model does not have.
  private func checkLast(of list: [Int], at key: String) {
    guard let last = list.last, last >= model.layers else { return }
    refuse(
      (key, last), "is no layer: \(model.layers) layers are counted from 0",
      allowed: "expected: at most \(model.layers - 1)", beside: ("layers", model.layers))
  }

  /// Reports a number that is inconsistent with others: at its own key or, if the number comes from
  /// the base, at the first of the other keys that the scenario specifies.
  private func refuse(
    _ number: (key: String, value: Int), _ message: String, allowed: String? = nil,
    beside others: (key: String, value: Int)...
  ) {
    let path = key(number.key)
    let other = others.first { problems.isWritten(key($0.key)) }
    guard !problems.isWritten(path), let other else {
      return problems.add(path, "\"\(number.value)\" \(message)", allowed: allowed)
    }
    let name = number.key.split(separator: ".").last ?? ""
    problems.add(
      key(other.key),
      "\"\(other.value)\": the base has \(name): \(number.value), which \(message)",
      allowed: "write \(path) too")
  }

  /// Number of parameters within a factor of two, in floating point because the exact count could
  /// overflow.
  private var parameterEstimate: Double {
    let hidden = Double(model.hidden)
    let attention: Double
    switch model.attention {
    case .latent(let a):
      attention =
        Double(a.latentWidth) * (hidden + Double(a.heads * (a.queryHead + a.valueHead)))
        + (a.queryRank == nil ? hidden * Double(a.heads * a.queryHead) : 0)
        + hidden * Double(a.heads * a.valueHead)
    case .grouped(let a):
      attention = 2 * hidden * Double((a.heads + a.kvHeads) * a.headSize)
    }
    let dense = 3 * hidden * Double(model.denseIntermediate)
    let experts = model.experts.map {
      3 * hidden * (Double($0.intermediate) * Double($0.routed) + Double($0.sharedWidth))
    }
    let layers = Double(model.layers + model.mtpModules)
    return layers * (attention + dense + (experts ?? 0)) + 2 * hidden * Double(model.vocabulary)
  }
}
