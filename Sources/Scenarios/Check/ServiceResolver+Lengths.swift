// Distributions of lengths, and the keys that each of them needs.

import Service

extension ServiceResolver {
  /// A distribution; nil if it is absent or, with problems reported, if it is not valid.
  func law(_ parent: Fields, _ key: Key<Fields>, _ parentPath: String) -> LengthLaw? {
    guard let written = parent.given(key), let law = written.value(LengthKeys.law) else {
      return nil
    }
    let path = join(parentPath, key.name)
    guard hasKeys(written, of: law, path) else { return nil }
    let least = written.given(LengthKeys.least) ?? 1
    let most = written.given(LengthKeys.most) ?? LengthKeys.mostTokens
    guard least <= most else {
      problems.add(
        "\(path).most", "\"\(most)\" is less than the \(least) of least",
        allowed: "expected: at least \(least)")
      return nil
    }
    switch law {
    case .fixed: return written.given(LengthKeys.length).map(LengthLaw.fixed)
    case .uniform: return .uniform(least...most)
    case .lognormal, .exponential:
      guard let mean = written.given(LengthKeys.mean) else { return nil }
      guard law == .lognormal else { return .exponential(mean: mean, limits: least...most) }
      return written.given(LengthKeys.sigma).map {
        .lognormal(mean: mean, sigma: $0, limits: least...most)
      }
    case .histogram: return histogram(written, path)
    }
  }

  private func histogram(_ written: Fields, _ path: String) -> LengthLaw? {
    guard let lengths = written.given(LengthKeys.lengths),
      let weights = written.given(LengthKeys.weights)
    else { return nil }
    guard lengths.count == weights.count else {
      problems.add(
        "\(path).weights", "has \(weights.count) entries for \(lengths.count) lengths",
        allowed: "expected: \(lengths.count)")
      return nil
    }
    guard weights.contains(where: { $0 > 0 }) else {
      problems.add("\(path).weights", "are all 0")
      return nil
    }
    return .empirical(EmpiricalLengths(zip(lengths, weights).map { ($0, $1) }))
  }

  /// Whether the keys of a distribution are there, and no others; reports each that is not.
  private func hasKeys(_ written: Fields, of law: LengthKeys.Law, _ path: String) -> Bool {
    typealias Keys = LengthKeys
    let keys: [(name: String, owners: [Keys.Law], isNeeded: [Keys.Law])] = [
      (Keys.length.name, [.fixed], [.fixed]),
      (Keys.least.name, [.uniform, .lognormal, .exponential], [.uniform]),
      (Keys.most.name, [.uniform, .lognormal, .exponential], [.uniform]),
      (Keys.mean.name, [.lognormal, .exponential], [.lognormal, .exponential]),
      (Keys.sigma.name, [.lognormal], [.lognormal]),
      (Keys.lengths.name, [.histogram], [.histogram]),
      (Keys.weights.name, [.histogram], [.histogram]),
    ]
    var hasAll = true
    for key in keys {
      let isWritten = written.names.contains(key.name)
      if isWritten, !key.owners.contains(law) {
        problems.add(
          "\(path).\(key.name)",
          "belongs to law \(key.owners.map(\.rawValue).joined(separator: " or "))",
          allowed: "the law here is \(law.rawValue)")
        hasAll = false
      } else if !isWritten, key.isNeeded.contains(law) {
        problems.add("\(path).\(key.name)", "is required by law \(law.rawValue)")
        hasAll = false
      }
    }
    return hasAll
  }
}
