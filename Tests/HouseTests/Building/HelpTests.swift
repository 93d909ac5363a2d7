// What help says of every option, read from the parser's own description.

import Foundation
import Testing

@Suite("Help")
struct HelpTests {
  /// The description that the argument parser dumps, as far as it is checked.
  struct Command: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable { let name: String }

      let kind: String
      let names: [Name]?
      let valueName: String?
      let defaultValue: String?
      let allValues: [String]?
      let abstract: String?
      let shouldDisplay: Bool
    }

    let commandName: String
    let abstract: String?
    let subcommands: [Command]?
    let arguments: [Argument]?

    /// Every argument for users with the words of its command, of this command and below.
    var all: [(command: String, argument: Argument)] {
      let own = (arguments ?? []).filter(\.shouldDisplay).map { (commandName, $0) }
      let below = (subcommands ?? []).filter { $0.commandName != "help" }.flatMap(\.all)
      return own + below.map { ("\(commandName) \($0.command)", $0.argument) }
    }
  }

  private struct Dump: Decodable { let command: Command }

  private func arguments() throws -> [(command: String, argument: Command.Argument)] {
    let dump = try ChildProcess.run(
      ReadmeCommands.builtProgram.path, ["--experimental-dump-help"])
    return try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command.all
      .filter { !($0.argument.names ?? []).contains { ["help", "version"].contains($0.name) } }
  }

  @Test("the value of an option has a name of its own, unless its values are listed")
  func valueNames() throws {
    let options = try arguments().filter { $0.argument.kind == "option" }

    let nameless = options.filter { _, option in
      option.allValues == nil && (option.names ?? []).contains { $0.name == option.valueName }
    }
    #expect(options.count > 150)
    #expect(nameless.map { "\($0.command) --\($0.argument.valueName ?? "")" } == [])
  }

  @Test("every argument has a summary that is a sentence, and no list of values twice")
  func summaries() throws {
    for (command, argument) in try arguments() {
      let name = "\(command) \(argument.names?.last?.name ?? argument.valueName ?? "")"
      let text = argument.abstract ?? ""

      #expect(text.hasSuffix(".") && text.first?.isLowercase == false, "\(name): \(text)")
      let isListed = argument.allValues.map { values in values.allSatisfy(text.contains) } ?? false
      #expect(!isListed, "\(name): \(text)")
    }
  }

  @Test("no default depends on the machine")
  func jobs() throws {
    let defaults = try arguments().filter { $0.argument.names?.last?.name == "jobs" }
      .filter { $0.command != "dsv3sim bench engine" }.map(\.argument.defaultValue)

    #expect(defaults.count > 8)
    #expect(Set(defaults) == ["one per core"])
  }

  @Test("a misspelt command is answered with the nearest one, also after help")
  func misspelt() throws {
    let run = try ChildProcess.run(ReadmeCommands.builtProgram.path, ["help", "comparee"])

    #expect(run.status == 64)
    #expect(run.errors.contains("error: \"comparee\" is not a command\n"))
    #expect(run.errors.contains("did you mean \"compare\"?"))
    #expect(!run.errors.contains("manual"))
  }
}
