// The source of expert loads: the keys that each source needs, and the files that it names.

import ModelCost
import Routing
import Text

/// Makes the source of expert loads from the keys under `routing`.
struct RoutingResolver {
  let fields: Fields
  /// The model; nil if its description is invalid, which skips the conditions on it.
  let model: ModelSpec?
  let traces: TraceFiles
  /// The folder of the scenario; file names are relative to it.
  let folder: String
  /// Path of the keys, for messages.
  var path = "training.routing"
  let problems: Problems

  /// The source, with seed 0; nil, with a problem reported, if it is not valid.
  func spec() -> RoutingSpec? {
    guard let source = fields.given(RoutingKeys.source) else { return nil }
    let hasAll = checkKeys(of: source)
    if source != .uniform, let model, model.experts == nil {
      problems.add(
        join(path, "source"),
        "\"\(source.rawValue)\" needs a model with experts; \(model.name) has none")
      return nil
    }
    guard hasAll else { return nil }
    switch source {
    case .uniform: return .uniform
    // Laws without any spread are the even one, to the digit.
    case .lognormal:
      return fields.given(RoutingKeys.sigma).map {
        $0 == 0 ? .uniform : RoutingSpec(.logNormal(sigma: $0))
      }
    case .zipf:
      return fields.given(RoutingKeys.exponent).map {
        $0 == 0 ? .uniform : RoutingSpec(.zipf(exponent: $0))
      }
    case .counts:
      return fields.given(RoutingKeys.file).flatMap(counts).map { RoutingSpec(.counts($0)) }
    case .profile:
      return fields.given(RoutingKeys.file).flatMap(profile).map { RoutingSpec(.profile($0)) }
    case .trace:
      return fields.given(RoutingKeys.file).flatMap(trace).map { RoutingSpec($0) }
    case .builtin:
      let profile = LoadProfile.builtin
      return fits(profile.experts, source: "builtin", key: join(path, "source"))
        ? RoutingSpec(.profile(profile)) : nil
    }
  }

  /// Whether the keys are exactly the ones that a source needs; reports each missing or extra key.
  private func checkKeys(of source: RoutingKeys.Source) -> Bool {
    let optional = RoutingKeys.use.name
    let keys: [(name: String, isWritten: Bool, sources: [RoutingKeys.Source])] = [
      (RoutingKeys.sigma.name, fields.isWritten(RoutingKeys.sigma), [.lognormal]),
      (RoutingKeys.exponent.name, fields.isWritten(RoutingKeys.exponent), [.zipf]),
      (
        RoutingKeys.file.name, fields.isWritten(RoutingKeys.file), [.counts, .profile, .trace]
      ),
      (RoutingKeys.use.name, fields.isWritten(RoutingKeys.use), [.trace]),
    ]
    var hasAll = true
    for key in keys {
      let belongs = key.sources.contains(source)
      if key.isWritten && !belongs {
        problems.add(
          join(path, key.name),
          "belongs to source \(key.sources.map(\.rawValue).joined(separator: " or "))",
          allowed: "the source here is \(source.rawValue)")
        hasAll = false
      } else if !key.isWritten && belongs && key.name != optional {
        problems.add(join(path, key.name), "is required by source \(source.rawValue)")
        hasAll = false
      }
    }
    return hasAll
  }

  /// A profile written by `moe scale --export`.
  private func profile(_ name: String) -> LoadProfile? {
    let key = join(path, "file")
    guard let text = text(of: name, key) else { return nil }
    do throws(LoadProfileProblem) {
      let profile = try LoadProfile(text: text)
      return fits(profile.experts, source: name, key: key) ? profile : nil
    } catch {
      problems.add(
        key, "\(quoted(name)) is not a load profile: \(error.finding)",
        allowed: "expected: a file that dsv3sim moe scale --export wrote")
      return nil
    }
  }

  /// A trace written by `moe trace`: a reference to its tokens or, for their shares, the loads that
  /// `moe scale` stored with it or a reference to the trace, which a trial scales up.
  private func trace(_ name: String) -> RoutingSpec.Source? {
    guard let model, let experts = model.experts else { return nil }
    let key = join(path, "file")
    let referred = ReferredFile(name, folder: folder)
    if let obstacle = referred.obstacle {
      problems.add(obstacle, key)
      return nil
    }
    let file = referred.path
    do throws(TraceFileProblem) {
      let content = try traces.content(file)
      let use = fields.given(RoutingKeys.use) ?? (content.trace == nil ? .shares : .replay)
      if use == .shares, let profile = content.profile {
        return fits(profile.experts, source: name, key: key) ? .profile(profile) : nil
      }
      guard let trace = content.trace else {
        problems.add(
          join(path, "use"), "\(quoted(name)) has no tokens to replay, only loads",
          allowed: "expected: shares, or a file that dsv3sim moe trace wrote")
        return nil
      }
      guard TraceScaling.canScale(trace.trace) else {
        problems.add(
          key,
          "\(quoted(name)) has a trace without layers or without text to"
            + " \(use == .shares ? "scale" : "replay")")
        return nil
      }
      if use == .shares, let lack = trace.trace.lackOfText {
        problems.add(
          key, "\(quoted(name)): \(lack.message)", allowed: lack.advice.first)
        return nil
      }
      guard canUse(trace.trace, use, of: experts, name, key) else { return nil }
      let layers = model.expertLayers
      return .trace(TraceReference(path: file, hash: trace.hash, layers: layers, use: use))
    } catch {
      let tried = file == name ? "" : " (tried \(quoted(file)))"
      var problem = ValueProblem(
        error.isMissing
          ? "\(quoted(name)): \(error.message)\(tried)" : "\(quoted(name)) \(error.message)",
        allowed: error.allowed)
      problem.isMissingFile = error.isMissing
      problems.add(problem, key)
      return nil
    }
  }

  /// Whether the experts of a trace can stand for the model's; reports why not.
  private func canUse(
    _ trace: RoutingTrace, _ use: TraceUse, of experts: ExpertSpec, _ name: String, _ key: String
  ) -> Bool {
    guard use == .replay else { return fits(trace.gate.experts, source: name, key: key) }
    let gate = Gate(
      experts: experts.routed, groups: experts.groups, groupLimit: experts.groupLimit,
      topK: experts.topK)
    guard let problem = ReplayedTrace.problem(trace, for: gate) else { return true }
    problems.add(
      key, "\(quoted(name)) \(problem)",
      allowed: trace.gate.experts == gate.experts
        ? "expected: a trace of the model's own gate, or use: shares" : nil)
    return false
  }

  /// Whether a profile or a trace has the same number of experts as the model.
  private func fits(_ count: Int, source: String, key: String) -> Bool {
    guard let experts = model?.experts, experts.routed != count else { return true }
    problems.add(
      key,
      "\(quoted(source)) is a profile of \(count) experts a layer, the model has"
        + " \(experts.routed)")
    return false
  }

  /// Loads from a file of counts, without the rows that some programs write for dense layers.
  private func counts(_ name: String) -> ExpertLoads? {
    let key = join(path, "file")
    guard let text = text(of: name, key) else { return nil }
    do {
      let counts = try ExpertCounts(text: text, file: name, experts: model?.experts?.routed)
      let loads = counts.loads
      problems.note("\(key): \(quoted(name)) is taken for \(counts.form)")
      if let doubt = counts.unseenExperts {
        problems.note("\(key): warning: \(doubt)")
      }
      let dense = denseRows(of: loads)
      guard !dense.isEmpty else { return check(loads, name, key) ? loads : nil }
      let kept = (0..<loads.layers).filter { !dense.contains($0) }
      let rest = loads.keeping(kept)
      let count = "\(dense.count) dense layer\(dense.count == 1 ? "" : "s")"
      problems.note("\(key): rows without counts are left out for \(count)")
      return check(rest, name, key, rows: kept) ? rest : nil
    } catch {
      problems.add(error, key)
      return nil
    }
  }

  /// Rows of the model's layers without experts in counts with a row for each layer, if none of
  /// these rows has a count.
  private func denseRows(of loads: ExpertLoads) -> Set<Int> {
    guard let model, [model.layers, model.layers + model.mtpModules].contains(loads.layers) else {
      return []
    }
    let kinds =
      model.layerKinds + Array(repeating: model.mtpLayerKind, count: model.mtpModules)
    let dense = Set((0..<loads.layers).filter { !kinds[$0].hasExperts })
    return dense.isSubset(of: loads.emptyLayers) ? dense : []
  }

  /// The text of a file whose name is relative to the scenario's folder.
  private func text(of name: String, _ key: String) -> String? {
    do {
      return try ReferredFile(name, folder: folder)
        .text(limit: Self.byteLimit, content: "loads")
    } catch {
      problems.add(error, key)
      return nil
    }
  }

  /// Whether the loads fit the model.
  ///
  /// - Parameters:
  ///   - loads: the loads, by layer and expert.
  ///   - name: name of the file, for messages.
  ///   - key: key that names it.
  ///   - rows: index of the row of the file that each layer comes from; nil if none is left out.
  private func check(
    _ loads: ExpertLoads, _ name: String, _ key: String, rows: [Int]? = nil
  ) -> Bool {
    let before = problems.diagnostics.count
    for layer in 0..<loads.layers where !loads.hasLoad(layer: layer) {
      problems.add(key, "\(quoted(name)) has no load above 0 in row \((rows?[layer] ?? layer) + 1)")
    }
    if let model, let experts = model.experts {
      if loads.experts != experts.routed {
        problems.add(
          key, "\(quoted(name)) has \(loads.experts) columns for \(experts.routed) experts")
      }
      let layers = model.expertLayers
      if ![1, layers, layers + model.mtpModules].contains(loads.layers) {
        problems.add(
          key, "\(quoted(name)) has \(loads.layers) rows for \(layers) layers with experts",
          allowed: "expected: \(layers) rows, or one for all layers")
      }
    }
    return problems.diagnostics.count == before
  }

  /// Maximum size of a file of loads, in bytes.
  private static let byteLimit = 16_777_216
}
