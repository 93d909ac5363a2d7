// A change to one key of a scenario. Settings are passed from the command line to the document and
// are stored with the run, so that it can be repeated.

/// A scenario key with its new value, or without one to remove it.
package struct Setting: Hashable, Sendable {
  /// The key, for example `training.parallel.pipeline`.
  package var key: String
  /// The value as written in a scenario; nil removes the key.
  package var value: String?

  package init(_ key: String, _ value: String?) {
    self.key = key
    self.value = value
  }

  /// The command-line option for the change: `--set KEY=VALUE` or `--unset KEY`, quoted for a shell
  /// if needed.
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
