// Comma-separated lists on the command line.

import ArgumentParser

/// Non-empty values separated by commas.
struct CommaSeparated<Value: ExpressibleByArgument>: ExpressibleByArgument {
  /// The values, in order.
  let values: [Value]

  init(_ values: [Value]) {
    self.values = values
  }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    values = parts.compactMap { $0.isEmpty ? nil : Value(argument: String($0)) }
    guard values.count == parts.count else { return nil }
  }

  var defaultValueDescription: String {
    values.map(\.defaultValueDescription).joined(separator: ",")
  }
}

extension CommaSeparated where Value: Hashable {
  /// Rejects a value that is given twice, which a mean over the values would count twice.
  func checkDistinct(_ option: String) throws {
    var seen = Set<Value>()
    for value in values where !seen.insert(value).inserted {
      throw CommandProblem.usage(
        "--\(option) \"\(value)\" is given twice", advice: "expected: each value once")
    }
  }
}

extension CommaSeparated where Value == Int {
  /// Rejects the first number that is too small.
  func check(_ option: String, least: Int) throws {
    for value in values where value < least {
      throw CommandProblem.usage("--\(option) \"\(value)\": expected at least \(least)")
    }
  }
}
