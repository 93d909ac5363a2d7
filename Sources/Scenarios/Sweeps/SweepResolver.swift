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

  private func range(_ index: Int, _ entry: Fields) -> SweepDesign.Range? {
    let path = "design.ranges[\(index)]"
    guard let key = entry.given(RangeKeys.key) else { return nil }
    checkKey(key, "\(path).key")
    if let levels = entry.given(RangeKeys.levels) {
      return SweepDesign.Range(key: key, values: .levels(levels))
    }
    guard let low = entry.given(RangeKeys.from) else { return nil }
    guard let high = entry.given(RangeKeys.to) else {
      problems.add("\(path).to", "is required", allowed: "for example: to: \(low)")
      return nil
    }
    guard let from = Self.amount(low), let to = Self.amount(high) else {
      let (place, word) = Self.amount(low) == nil ? ("from", low) : ("to", high)
      problems.add(
        "\(path).\(place)", "\(quoted(word)) is not a number with a unit",
        allowed: "without a range, write levels: [a, b]")
      return nil
    }
    guard from.unit == to.unit else {
      problems.add(
        "\(path).to", "\(quoted(high)) has another unit than \(quoted(low))",
        allowed: "expected: a number in \(quoted(from.unit))")
      return nil
    }
    return SweepDesign.Range(
      key: key,
      values: .interval(
        from: from.number, to: to.number, unit: from.unit, isWhole: Self.isWhole(key)))
  }

  /// The number and the unit of a quantity; nil if the text has another form.
  private static func amount(_ text: String) -> (number: Double, unit: String)? {
    let digits = text.prefix { "0123456789.-+_".contains($0) }
    guard let number = Double(digits.filter { $0 != "_" }), number.isFinite else { return nil }
    return (number, String(text.dropFirst(digits.count).drop { $0 == " " }))
  }

  private static func isWhole(_ key: String) -> Bool {
    switch ScenarioKeys.record.kind(at: key.split(separator: ".").map(String.init)) {
    case .integer, .wordOrInteger, .count(_, _, isWhole: true): true
    case .either(_, .integer), .either(_, .count(_, _, isWhole: true)): true
    default: false
    }
  }

  /// Reports a key that scenarios do not have.
  private func checkKey(_ key: String, _ path: String) {
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

extension Record {
  /// The kind of a key below this mapping; nil if there is no such key.
  fileprivate func kind(at path: [String]) -> Kind? {
    guard let first = path.first, let key = keys.first(where: { $0.name == first }) else {
      return nil
    }
    return path.count == 1 ? key.kind : key.kind.record?.kind(at: Array(path.dropFirst()))
  }
}
