// What the argument parser finds wrong, in the shape of all other errors.

import ArgumentParser
import Text

/// The command that a command line names, as far as it names one.
struct NamedCommand {
  /// Its words, `dsv3sim` first.
  private(set) var words = ["dsv3sim"]
  /// The first word that names no command where one is expected.
  private(set) var unknown: String?
  /// The commands that could have stood there.
  private(set) var known: [String] = []

  init(_ arguments: [String]) {
    var type: any ParsableCommand.Type = DSV3Sim.self
    for argument in arguments.drop(while: { $0 == "help" }) {
      let subcommands = type.configuration.subcommands
      guard !subcommands.isEmpty, !argument.hasPrefix("-") else { return }
      guard let next = subcommands.first(where: { $0.configuration.commandName == argument })
      else {
        unknown = argument
        known = subcommands.compactMap { $0.configuration.commandName }
        return
      }
      words.append(argument)
      type = next
    }
  }

  /// Where to read on.
  var hint: String { "see: \(words.joined(separator: " ")) --help" }
}

extension CommandProblem {
  /// An error of the parser, or one that the checks of its options threw.
  static func usage(_ error: any Error, _ command: NamedCommand) -> CommandProblem {
    if let word = command.unknown {
      return .usage([
        Explanation(
          "\(quoted(word)) is not a command",
          advice: [knownText(command.known, insteadOf: word)])
      ])
    }
    let lines = DSV3Sim.message(for: error).split(separator: "\n").map(String.init)
    // A sentence that ends in a quoted word is followed by advice.
    let sentences = (lines.first ?? "").split(separator: "'. ", maxSplits: 1).map(String.init)
    let message = sentences.count > 1 ? sentences[0] + "'" : lines.first ?? ""
    return .usage([
      Explanation(
        plain(message),
        advice: (sentences.dropFirst() + lines.dropFirst()).map { plain($0.trimmed) })
    ])
  }

  /// A sentence of the parser without capital and period.
  private static func plain(_ sentence: String) -> String {
    let text = sentence.prefix(1).lowercased() + sentence.dropFirst()
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }
}

extension String {
  /// Without spaces at its start.
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
