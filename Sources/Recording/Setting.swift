// A change to one key of a scenario. Settings travel from the command to the document and stay with
// the run, so that it can be repeated.

/// A key of a scenario with the value that it is given, or none.
package struct Setting: Hashable, Sendable {
  /// The key, for example `training.parallel.pipeline`.
  package var key: String
  /// The value as a scenario writes it; nil removes the key from the scenario.
  package var value: String?

  package init(_ key: String, _ value: String?) {
    self.key = key
    self.value = value
  }

  /// The command option that makes the change: `--set KEY=VALUE` or `--unset KEY`, quoted where a
  /// shell would split it.
  package var option: String {
    guard let value else { return "--unset \(key)" }
    let text = "\(key)=\(value)"
    let isPlain = text.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
        || "_-=.:/+%@".unicodeScalars.contains($0)
    }
    guard !isPlain else { return "--set \(text)" }
    let parts = text.split(separator: "'", omittingEmptySubsequences: false)
    return "--set '\(parts.joined(separator: "'\\''"))'"
  }
}
