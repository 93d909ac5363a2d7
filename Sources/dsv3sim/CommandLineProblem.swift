// Errors of the argument parser, in the format of all other errors.

import ArgumentParser
import Text

/// The command named by a command line, as far as it is known.
struct NamedCommand {
  /// The words of the command, starting with `dsv3sim`.
  private(set) var words = ["dsv3sim"]
  /// The first word that should be a command but is not.
  private var unknown: String?
  /// The commands that are valid in its place.
  private var known: [String] = []

  init(_ arguments: [String]) {
    var type: any ParsableCommand.Type = DSV3Sim.self
    for argument in arguments.drop(while: { $0 == "help" }) {
      let subcommands = type.configuration.subcommands
      guard !subcommands.isEmpty, !argument.hasPrefix("-") else { return }
      guard let next = subcommands.first(where: { $0.configuration.commandName == argument })
      else {
        unknown = argument
        known = subcommands.filter { $0.configuration.shouldDisplay }
          .compactMap { $0.configuration.commandName }
        return
      }
      words.append(argument)
      type = next
    }
  }

  /// The problem with the first word that is not a command; nil if all are.
  var problem: CommandProblem? {
    unknown.map { word in
      .usage([
        Explanation(
          "\(quoted(word)) is not a command", advice: [knownText(known, insteadOf: word)])
      ])
    }
  }

  /// A pointer to the help of the command.
  var hint: String { "see: \(words.joined(separator: " ")) --help" }
}

extension CommandProblem {
  /// An error of the parser or of the validation of options.
  static func usage(_ error: any Error, _ command: NamedCommand) -> CommandProblem {
    if let problem = command.problem { return problem }
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

  /// A sentence of the parser without initial capital and final period.
  private static func plain(_ sentence: String) -> String {
    let text = sentence.prefix(1).lowercased() + sentence.dropFirst()
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }
}

extension String {
  /// The text without leading spaces.
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
