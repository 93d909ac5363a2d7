// The load of a service and its classes: generated requests, or those of a trace.

import Service
import Text
import Units

extension ServiceResolver {
  /// The classes; nil, or with problems reported, if they are not valid.
  func classes() -> [TrafficClass]? {
    guard !fields.isRefused(ServiceKeys.classes), !fields.isRefused(ServiceKeys.objectives) else {
      return nil
    }
    guard let written = fields.given(ServiceKeys.classes) else {
      var all = TrafficClass(name: "all")
      setObjectives(fields.given(ServiceKeys.objectives), &all)
      return [all]
    }
    var classes: [TrafficClass] = []
    for (index, entry) in written.enumerated() {
      guard let name = entry.given(TrafficClassKeys.name) else { continue }
      if classes.contains(where: { $0.name == name }) {
        problems.add("service.classes[\(index)].name", "\(quoted(name)) is the name of two classes")
      }
      var trafficClass = TrafficClass(name: name)
      setObjectives(entry.given(TrafficClassKeys.objectives), &trafficClass)
      classes.append(trafficClass)
    }
    return classes.count == written.count ? classes : nil
  }

  private func setObjectives(_ written: Fields?, _ trafficClass: inout TrafficClass) {
    trafficClass.timeToFirstToken = written?.given(ObjectiveKeys.timeToFirstToken)?.duration
    trafficClass.timePerOutputToken = written?.given(ObjectiveKeys.timePerOutputToken)?.duration
    trafficClass.endToEnd = written?.given(ObjectiveKeys.endToEnd)?.duration
  }

  /// The requests; nil, or with problems reported, if they are not valid.
  func load(_ classes: [TrafficClass]?) -> LoadSpec? {
    guard let written = fields.given(ServiceKeys.load) else { return nil }
    let arrivals = written.given(ServiceLoadKeys.arrivals)
    let hasFile = written.isWritten(ServiceLoadKeys.file)
    guard !written.isRefused(ServiceLoadKeys.arrivals) else { return nil }
    guard arrivals != nil || hasFile else {
      problems.add(
        "service.load", "needs arrivals or file",
        allowed: "for example: {arrivals: poisson, rate: 20 requests/s, requests: 10000, ...}")
      return nil
    }
    checkKeys(of: written, arrivals, hasFile: hasFile)
    if hasFile { return trace(written, arrivals, classes) }
    guard let arrivals, let plan = plan(written, arrivals), problems.diagnostics.isEmpty else {
      return nil
    }
    return plan.load(seed: around.seed)
  }

  // MARK: Keys

  /// Reports keys that belong to other arrivals, and those that are missing.
  private func checkKeys(
    of written: Fields, _ arrivals: ServiceLoadKeys.Arrivals?, hasFile: Bool
  ) {
    typealias Keys = ServiceLoadKeys
    typealias Kind = ServiceLoadKeys.Arrivals
    let open: [Kind] = [.poisson, .gamma, .constant, .diurnal]
    let keys: [(name: String, owners: [Kind], needed: [Kind])] = [
      (Keys.rate.name, open, open), (Keys.burstiness.name, [.gamma, .diurnal], [.gamma]),
      (Keys.profile.name, [.diurnal], [.diurnal]), (Keys.users.name, [.closedLoop], [.closedLoop]),
      (Keys.thinkTime.name, [.closedLoop], []), (Keys.sessions.name, open, []),
      (Keys.prefixes.name, Kind.allCases, []), (Keys.prompt.name, Kind.allCases, []),
      (Keys.output.name, Kind.allCases, []),
    ]
    let files = [
      Keys.format.name, Keys.spread.name, Keys.scale.name, Keys.start.name,
    ]
    let isTimed = hasFile && arrivals.map(open.contains) ?? false
    if isTimed {
      problems.add(
        "service.load.arrivals", "\"\(arrivals?.rawValue ?? "")\", but file has times of arrival",
        allowed: "expected: absent, or closed_loop")
    }
    for key in keys where !isTimed {
      let isWritten = written.names.contains(key.name)
      let belongs = arrivals.map(key.owners.contains) ?? false
      if isWritten, hasFile, key.owners != [.closedLoop] {
        problems.add(
          "service.load.\(key.name)", "is for generated requests, and file has its own",
          allowed: "expected: one of them")
      } else if isWritten, !belongs {
        problems.add(
          "service.load.\(key.name)",
          "belongs to arrivals \(key.owners.map(\.rawValue).joined(separator: " or "))",
          allowed: "the arrivals here are \(arrivals?.rawValue ?? "those of file")")
      } else if !isWritten, let arrivals, key.needed.contains(arrivals) {
        problems.add(
          "service.load.\(key.name)", "is required by arrivals \(arrivals.rawValue)")
      }
    }
    for name in files where written.names.contains(name) && !hasFile {
      problems.add("service.load.\(name)", "belongs to file, which is not written")
    }
    guard !hasFile, !written.isRefused(Keys.requests), !written.isRefused(Keys.duration) else {
      return
    }
    let hasCount = written.isWritten(Keys.requests)
    if arrivals == .closedLoop, !hasCount {
      problems.add("service.load.requests", "is required by arrivals closed_loop")
    } else if !hasCount, !written.isWritten(Keys.duration) {
      problems.add(
        "service.load", "has no end", allowed: "expected: requests, duration, or both")
    }
  }

  // MARK: Generated requests

  private func plan(
    _ written: Fields, _ arrivals: ServiceLoadKeys.Arrivals
  ) -> GeneratedLoad? {
    let classes = generatedClasses(written)
    let prefixes = written.given(ServiceLoadKeys.prefixes).flatMap { entry in
      entry.given(PrefixKeys.length).flatMap { length in
        entry.value(PrefixKeys.groups).flatMap { groups in
          entry.value(PrefixKeys.exponent).map {
            GeneratedLoad.Prefixes(groups: groups, length: length, exponent: $0)
          }
        }
      }
    }
    let sessions = written.given(ServiceLoadKeys.sessions).flatMap { entry in
      entry.given(SessionKeys.turns).flatMap { turns in
        entry.given(SessionKeys.pause).map {
          GeneratedLoad.Sessions(turns: turns, pause: $0.duration)
        }
      }
    }
    guard let classes, let process = process(written, arrivals), problems.diagnostics.isEmpty
    else { return nil }
    return GeneratedLoad(
      arrivals: process, count: written.given(ServiceLoadKeys.requests),
      duration: written.given(ServiceLoadKeys.duration)?.duration, classes: classes,
      prefixes: prefixes, sessions: sessions)
  }

  /// The process of arrivals; nil, with a problem reported, if it is not valid.
  private func process(
    _ written: Fields, _ arrivals: ServiceLoadKeys.Arrivals
  ) -> GeneratedLoad.Arrivals? {
    if arrivals == .closedLoop {
      guard let users = written.given(ServiceLoadKeys.users) else { return nil }
      let thinkTime = written.given(ServiceLoadKeys.thinkTime)?.duration ?? .zero
      return .closedLoop(users: users, thinkTime: thinkTime)
    }
    guard let rate = written.given(ServiceLoadKeys.rate)?.value else { return nil }
    var profile = RateProfile.constant(rate)
    if arrivals == .diurnal {
      guard let factors = written.given(ServiceLoadKeys.profile) else { return nil }
      guard factors.contains(where: { $0 > 0 }) else {
        problems.add("service.load.profile", "has no request at any hour")
        return nil
      }
      profile = .day(factors.map { $0 * rate })
    }
    let mean = profile.total / profile.pieces.reduce(0) { $0 + $1.length }
    checkSize(written, rate: mean)
    switch arrivals {
    case .constant: return .open(.constant, profile)
    case .gamma, .diurnal:
      return .open(.gamma(shape: written.given(ServiceLoadKeys.burstiness) ?? 1), profile)
    case .poisson, .closedLoop: return .open(.poisson, profile)
    }
  }

  /// Checks that the requests fit the clock and the memory.
  private func checkSize(_ written: Fields, rate: Double) {
    let duration = written.given(ServiceLoadKeys.duration)?.value ?? .infinity
    let count = written.given(ServiceLoadKeys.requests).map(Double.init) ?? .infinity
    // A missing or invalid end has its own problem.
    guard min(duration, count) < .infinity else { return }
    let expected = duration * rate
    if min(expected, count) > 2e7 {
      problems.add(
        "service.load.duration",
        "\(durationText(seconds: duration)) at this rate are \(significantText(expected)) requests",
        allowed: "expected: at most 20000000, for example by requests")
    } else if min(duration, count / rate) > GeneratedLoad.horizonSeconds / 2 {
      problems.add(
        "service.load.requests",
        "\(significantText(count)) requests at this rate take"
          + " \(durationText(seconds: count / rate))", allowed: "expected: at most 50 days")
    }
  }

  /// The classes of generated requests; nil, with problems reported, if one has no lengths.
  private func generatedClasses(_ written: Fields) -> [GeneratedLoad.Class]? {
    let entries = fields.given(ServiceKeys.classes)
    let prompt = law(written, ServiceLoadKeys.prompt, "service.load")
    let output = law(written, ServiceLoadKeys.output, "service.load")
    func missing(_ name: String, _ path: String) {
      problems.add(
        "\(path).\(name)", "is required", allowed: "for example: \(name): {length: 1024 tokens}")
    }
    guard let entries else {
      if !written.isWritten(ServiceLoadKeys.prompt) { missing("prompt", "service.load") }
      if !written.isWritten(ServiceLoadKeys.output) { missing("output", "service.load") }
      guard let prompt, let output else { return nil }
      return [GeneratedLoad.Class(prompt: prompt, output: output)]
    }
    if entries.allSatisfy({ $0.value(TrafficClassKeys.share) == 0 }) {
      problems.add("service.classes", "have no share of the requests")
      return nil
    }
    var classes: [GeneratedLoad.Class] = []
    for (index, entry) in entries.enumerated() {
      let path = "service.classes[\(index)]"
      let own = law(entry, TrafficClassKeys.prompt, path) ?? prompt
      let ownOutput = law(entry, TrafficClassKeys.output, path) ?? output
      if own == nil, !written.isWritten(ServiceLoadKeys.prompt) { missing("prompt", path) }
      if ownOutput == nil, !written.isWritten(ServiceLoadKeys.output) { missing("output", path) }
      guard let own, let ownOutput, let share = entry.value(TrafficClassKeys.share),
        let priority = entry.value(TrafficClassKeys.priority)
      else { continue }
      classes.append(
        GeneratedLoad.Class(share: share, priority: priority, prompt: own, output: ownOutput))
    }
    return classes.count == entries.count ? classes : nil
  }
}
