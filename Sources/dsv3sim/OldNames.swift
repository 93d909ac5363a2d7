// Names of commands and options that have changed: the old ones work for a release, with a warning.

import Text

/// A command line in which old names are replaced by current ones.
struct OldNames {
  /// The command line in current names.
  private(set) var words: [String]
  /// A line for each old name.
  private(set) var warnings: [String] = []

  /// Commands that have moved.
  private static let commands = [(old: ["bench", "inference"], new: ["inference"])]

  /// Inputs that were options and are arguments, the first of their command.
  private static let inputs = [
    (command: ["experts", "place"], option: "--counts", input: "COUNTS"),
    (command: ["experts", "evaluate"], option: "--counts", input: "COUNTS"),
    (command: ["experts", "sweep"], option: "--counts", input: "COUNTS"),
    (command: ["experts", "drift"], option: "--counts", input: "TRACE"),
    (command: ["moe", "generate"], option: "--checkpoint", input: "CHECKPOINT"),
    (command: ["models"], option: "--config", input: "CONFIG"),
  ]

  init(_ words: [String]) {
    self.words = words
    let start = words.first == "help" ? 1 : 0
    for (old, new) in Self.commands where self.words[start...].starts(with: old) {
      self.words.replaceSubrange(start..<(start + old.count), with: new)
      warnings.append(Self.warning(old.joined(separator: " "), new.joined(separator: " ")))
    }
    for (command, option, input) in Self.inputs where self.words.starts(with: command) {
      moveInput(of: option, to: command.count, named: input, of: command.joined(separator: " "))
    }
  }

  /// The warning for an old form.
  static func warning(_ old: String, _ new: String) -> String {
    "warning: \(quoted(old)) is \(quoted(new)) now; the old form ends with the next release"
  }

  /// Makes the value of an option the first argument; without a value, the parser reports it.
  private mutating func moveInput(
    of option: String, to place: Int, named input: String, of command: String
  ) {
    let end = words.firstIndex(of: "--") ?? words.endIndex
    let found = words[..<end].firstIndex { $0 == option || $0.hasPrefix(option + "=") }
    guard let found else { return }
    let value: String
    if words[found] == option {
      guard found + 1 < end else { return }
      value = words.remove(at: found + 1)
    } else {
      value = String(words[found].dropFirst(option.count + 1))
    }
    words.remove(at: found)
    words.insert(value, at: place)
    warnings.append(Self.warning("\(command) \(option) \(input)", "\(command) \(input)"))
  }
}
