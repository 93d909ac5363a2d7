// Makes the parts of a sweep from checked values; conditions between keys are checked here.

import Recording
import Text

/// Resolves the fields of a sweep file; problems are reported at their places.
struct SweepResolver {
  let fields: Fields
  let problems: Problems

  /// The scenarios; those that cannot be read are reported and left out.
  func scenarios(
    folder: String, traces: TraceFiles
  ) -> [(name: String, document: ScenarioDocument)] {
    let one = fields.given(SweepKeys.scenario).map { [("scenario", $0)] }
    let several = fields.given(SweepKeys.scenarios)?.enumerated().map {
      ("scenarios[\($0.offset)]", $0.element)
    }
    return (one ?? several ?? []).compactMap { place, name in
      let file = ReferredFile(name, folder: folder)
      if let obstacle = file.obstacle {
        problems.add(obstacle, place)
        return nil
      }
      do throws(ScenarioProblem) {
        return (name, try ScenarioDocument(path: file.path, traces: traces))
      } catch {
        add(error, place, name)
        return nil
      }
    }
  }

  private func add(_ error: ScenarioProblem, _ place: String, _ name: String) {
    switch error {
    case .noInput(_, let reason, let suggestion):
      var problem = ValueProblem("\(quoted(name)): \(reason)", suggestion: suggestion)
      problem.isMissingFile = true
      problems.add(problem, place)
    case .badData(let diagnostics): problems.add(diagnostics)
    }
  }

  /// The changes to every trial.
  func settings() -> [Setting] {
    (fields.given(SweepKeys.set) ?? []).enumerated().compactMap { index, entry in
      guard let key = entry.given(SettingKeys.key) else { return nil }
      checkKey(key, "set[\(index)].key")
      return Setting(key, entry.given(SettingKeys.value))
    }
  }

  /// The axes of the grid.
  func axes() -> [SweepFile.Axis] {
    (fields.given(SweepKeys.axes) ?? []).enumerated().compactMap { index, entry in
      let path = "axes[\(index)]"
      if let key = entry.given(SweepAxisKeys.key) {
        checkKey(key, "\(path).key")
        guard let values = entry.given(SweepAxisKeys.values) else {
          if entry.isWritten(SweepAxisKeys.points) {
            problems.add("\(path).points", "needs keys: one key has values")
          }
          return nil
        }
        return SweepFile.Axis(keys: [key], rows: values.map { [$0] })
      }
      guard let keys = entry.given(SweepAxisKeys.keys) else { return nil }
      for (number, key) in keys.enumerated() { checkKey(key, "\(path).keys[\(number)]") }
      guard let rows = entry.given(SweepAxisKeys.points) else {
        if entry.isWritten(SweepAxisKeys.values) {
          problems.add("\(path).values", "needs key: several keys have points")
        }
        return nil
      }
      for (number, row) in rows.enumerated() where row.count != keys.count {
        problems.add(
          "\(path).points[\(number)]", "has \(row.count) of \(keys.count) values",
          allowed: "expected: a value for each of " + keys.joined(separator: ", "))
      }
      return rows.allSatisfy { $0.count == keys.count }
        ? SweepFile.Axis(keys: keys, rows: rows) : nil
    }
  }

  /// The design; nil if there is none, or with problems reported.
  func design() -> SweepDesign? {
    guard let design = fields.given(SweepKeys.design), let kind = design.given(DesignKeys.kind)
    else { return nil }
    let size = design.given(DesignKeys.points)
    if kind == .tornado, size != nil {
      problems.add("design.points", "has no meaning for a tornado: leave it out")
    }
    if kind != .tornado, size == nil, !design.isRefused(DesignKeys.points) {
      problems.add("design.points", "is required", allowed: "for example: points: 16")
    }
    if kind == .sobol, let size, size.nonzeroBitCount != 1 {
      problems.add(
        "design.points", "\"\(size)\" is not a power of two",
        allowed: "nearest: \(1 << (Int.bitWidth - 1 - size.leadingZeroBitCount))")
    }
    let ranges = (design.given(DesignKeys.ranges) ?? []).enumerated().compactMap(range)
    if kind == .sobol, ranges.count > DesignRecord.sobolRangeLimit {
      problems.add(
        "design.ranges", "has \(ranges.count) ranges, too many for sobol",
        allowed: "expected: at most \(DesignRecord.sobolRangeLimit), or kind: morris")
    }
    return SweepDesign(kind: kind, size: size ?? 1, ranges: ranges)
  }

  /// Reports a key that scenarios do not have.
  func checkKey(_ key: String, _ path: String) {
    let names = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard Alias.at(names) == nil, let problem = ScenarioKeys.record.unknownKey(in: names) else {
      return
    }
    problems.add(problem, path)
  }

  /// Reports keys that are varied twice, which would leave the first values without effect.
  func checkRepetition(settings: [Setting], axes: [SweepFile.Axis], design: SweepDesign?) {
    var seen = fields.isWritten(SweepKeys.replications) ? ["seed"] : []
    let varied =
      axes.enumerated().flatMap { index, axis in axis.keys.map { ("axes[\(index)]", $0) } }
      + (design?.ranges ?? []).enumerated().map { ("design.ranges[\($0.offset)]", $0.element.key) }
    for (place, key) in varied {
      if seen.contains(key) {
        problems.add(place, "\(quoted(key)) varies twice", allowed: "give all its values in one")
      }
      seen.append(key)
    }
  }
}
