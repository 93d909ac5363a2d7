// The classes of failures of a run.

import Runs
import Units

extension RunResolver {
  /// The classes; nil, or with problems reported, if one is not valid.
  func failures(_ checkpoints: CheckpointSpec?) -> [FailureClass]? {
    guard !fields.isRefused(RunKeys.failures) else { return nil }
    var classes: [FailureClass] = []
    for (name, written) in fields.given(RunKeys.failures)?.items ?? [] {
      let path = "run.failures.\(name)"
      guard let scope = written.given(RunFailureKeys.component),
        let law = law(written), let effect = effect(written, path, checkpoints)
      else { continue }
      var item = FailureClass(name, scope: scope, law: law)
      item.effect = effect
      item.countedEvents = written.given(RunFailureKeys.observed)?.given(ObservedKeys.events)
      item.count = count(written, scope)
      item.age = age(written, path)
      item.detection = written.given(RunFailureKeys.detection)?.value
      item.repair = written.given(RunFailureKeys.repair)?.value
      if let replaces = written.given(RunFailureKeys.replaces) { item.replacesNodes = replaces }
      classes.append(item)
    }
    checkJobRepair(classes)
    return classes
  }

  /// Components of the class on a node, or in each larger unit.
  private func count(_ written: Fields, _ scope: FailureClass.Scope) -> Int {
    if let count = written.given(RunFailureKeys.count) { return count }
    switch scope {
    case .gpu: return around.cluster?.node.gpusPerNode ?? 1
    case .nic: return around.cluster?.node.nicsPerNode ?? 1
    case .node, .rack, .leaf, .job: return 1
    }
  }

  private func law(_ written: Fields) -> FailureClass.Law? {
    if let moments = written.given(RunFailureKeys.moments) {
      return .moments(moments.map(\.value).sorted())
    }
    var mean = written.given(RunFailureKeys.meanLife)?.value
    if let observed = written.given(RunFailureKeys.observed),
      let events = observed.given(ObservedKeys.events),
      let components = observed.given(ObservedKeys.components),
      let time = observed.given(ObservedKeys.time)
    {
      mean = components * time.value / events
    }
    guard let mean, let shape = written.value(RunFailureKeys.shape) else { return nil }
    guard shape != 1 else { return .life(.exponential(mean: mean)) }
    let scale = mean / Life.weibull(shape: shape, scale: 1).mean
    return .life(.weibull(shape: shape, scale: scale))
  }

  private func age(_ written: Fields, _ path: String) -> FailureClass.Age {
    let usual = written.value(RunFailureKeys.shape) == 1
    for name in [RunFailureKeys.age.name, RunFailureKeys.aged.name]
    where usual && written.names.contains(name) {
      problems.add(
        "\(path).\(name)", "has no effect: with shape 1, components do not age",
        allowed: "expected: absent, or a shape other than 1")
    }
    if let aged = written.given(RunFailureKeys.aged) { return .seconds(aged.value) }
    return written.value(RunFailureKeys.age) == .stationary ? .stationary : .new
  }

  private func effect(
    _ written: Fields, _ path: String, _ checkpoints: CheckpointSpec?
  ) -> FailureClass.Effect? {
    guard let effect = written.value(RunFailureKeys.effect) else { return nil }
    let others: [(key: String, isWritten: Bool, of: RunFailureKeys.Effect)] = [
      ("factor", written.isWritten(RunFailureKeys.factor), .slow),
      ("lasts", written.isWritten(RunFailureKeys.lasts), .slow),
      ("found_after", written.isWritten(RunFailureKeys.foundAfter), .corrupt),
    ]
    for other in others where other.isWritten && other.of != effect {
      problems.add(
        "\(path).\(other.key)",
        "is for effect: \(other.of.rawValue), not"
          + " \(effect.rawValue)", allowed: "expected: absent")
    }
    switch effect {
    case .stop: return .stop
    case .slow:
      guard let factor = written.given(RunFailureKeys.factor) else {
        problems.add(
          "\(path).factor", "is required with effect: slow", allowed: "for example: factor: 1.1")
        return nil
      }
      return .slow(factor: factor, seconds: written.given(RunFailureKeys.lasts)?.value)
    case .corrupt:
      let after = written.given(RunFailureKeys.foundAfter)?.value
      if after == nil, checkpoints?.verification == nil {
        problems.add(
          "\(path).effect", "\"corrupt\" is never noticed",
          allowed: "expected: found_after here, or verification in run.checkpoints")
      }
      return .corrupt(foundAfter: after)
    }
  }

  /// Checks that failures of the whole job do not wait for more spares than there can be.
  private func checkJobRepair(_ classes: [FailureClass]) {
    guard fields.isWritten(RunKeys.spares) else { return }
    for item in classes where item.scope == .job && item.replacesNodes {
      problems.add(
        "run.failures.\(item.name).replaces", "\"true\" would repair every node of the job",
        allowed: "expected: false, or a component below the job")
    }
  }
}
