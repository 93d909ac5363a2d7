// The manual page of the program in roff, from the description of its commands that the argument
// parser dumps as JSON: what `--help` says, in one place.

import Foundation
import Text

/// A manual page of section 1.
package struct ManualPage {
  /// The page.
  package let text: String

  /// - Parameters:
  ///   - help: what `--experimental-dump-help` prints.
  ///   - version: version of the program.
  ///   - examples: command lines, each with what it does.
  /// - Throws: Foundation's error if the JSON has another form.
  package init(
    help: Data, version: String, examples: [(command: String, purpose: String)]
  ) throws {
    let program = try JSONDecoder().decode(Dump.self, from: help).command
    let name = program.commandName
    var lines = [
      ".TH \(name.uppercased()) 1 \"\" \"\(Self.escaped("\(name) \(version)"))\" \"User Commands\"",
      ".SH NAME", Self.escaped(name) + " \\- " + Self.plain(program.abstract),
      ".SH SYNOPSIS",
      ".B \(Self.escaped(name))\n.I COMMAND\n.RI [ ARGUMENT \"]... [\" OPTION ]...",
      ".SH DESCRIPTION", Self.text(program.abstract),
      "The result goes to standard output and is the same bytes for the same scenario, seed and",
      "version; warnings and progress go to standard error. Nothing is printed in colour.",
      ".SH COMMANDS",
    ]
    lines += program.visibleCommands.flatMap { Self.section($0, after: [name]) }
    lines.append(".SH EXAMPLES")
    for example in examples {
      lines += [".TP", ".B \(Self.escaped(example.command))", Self.text(example.purpose)]
    }
    lines += [".SH EXIT STATUS", ".TP\n.B 0\ndone"]
    lines += ExitStatus.allCases.map { ".TP\n.B \($0.rawValue)\n\(Self.text($0.meaning))" }
    lines += [
      ".SH FILES", ".TP", ".I ../share/\(Self.escaped(name))/scenarios",
      "Bundled scenarios, beside the folder of the program; what a scenario names is beside it.",
    ]
    text = lines.joined(separator: "\n") + "\n"
  }

  /// The lines of a command and of the commands below it.
  private static func section(_ command: Command, after parents: [String]) -> [String] {
    let words = parents + [command.commandName]
    let below = command.visibleCommands
    guard below.isEmpty else { return below.flatMap { section($0, after: words) } }
    let arguments = command.visibleArguments
    let synopsis = words + arguments.filter { $0.kind == "positional" }.map(\.placeholder)
    let hasOptions = arguments.contains { $0.kind != "positional" }
    var lines = [".SS " + escaped((synopsis + (hasOptions ? ["[OPTION]..."] : [])).joined(" "))]
    lines += [command.abstract, command.discussion].compactMap { $0 }.map(text)
    for argument in arguments {
      lines += [".TP", argument.term, text(argument.help)]
    }
    return lines
  }

  /// Text of a paragraph: the first letter of a line cannot begin a request.
  private static func text(_ text: String?) -> String {
    let lines = (text ?? "").split(separator: "\n").map { escaped(String($0)) }
    return lines.map { $0.hasPrefix(".") || $0.hasPrefix("'") ? "\\&" + $0 : $0 }
      .joined(separator: "\n")
  }

  /// Text without its final period, for the line that `whatis` shows.
  private static func plain(_ text: String?) -> String {
    let line = Self.text(text)
    return line.hasSuffix(".") ? String(line.dropLast()) : line
  }

  /// Text in which no character has a meaning of its own.
  fileprivate static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
  }
}

extension [String] {
  fileprivate func joined(_ separator: String) -> String { joined(separator: separator) }
}

/// The dump of the argument parser, as far as the page needs it.
private struct Dump: Decodable {
  let command: Command
}

private struct Command: Decodable {
  let commandName: String
  let abstract: String?
  let discussion: String?
  let shouldDisplay: Bool?
  let subcommands: [Command]?
  let arguments: [Argument]?

  /// The commands below this one that are meant for users.
  var visibleCommands: [Command] {
    (subcommands ?? []).filter { $0.shouldDisplay ?? true && $0.commandName != "help" }
  }

  /// Arguments and options of this command that are meant for users, without `--help`.
  var visibleArguments: [Argument] {
    (arguments ?? []).filter { argument in
      argument.shouldDisplay
        && !(argument.names ?? []).contains { ["help", "version"].contains($0.name) }
    }
  }
}

private struct Argument: Decodable {
  struct Name: Decodable {
    let kind: String
    let name: String

    /// The name as it is typed.
    var typed: String { (kind == "long" ? "--" : "-") + name }
  }

  let kind: String
  let shouldDisplay: Bool
  let isOptional: Bool
  let isRepeating: Bool
  let names: [Name]?
  let valueName: String?
  let defaultValue: String?
  let abstract: String?

  /// The argument in a synopsis: in brackets if it may be left out.
  var placeholder: String {
    let word = (valueName ?? "").uppercased() + (isRepeating ? "..." : "")
    return isOptional ? "[\(word)]" : word
  }

  /// The line that introduces the argument.
  var term: String {
    let value = ManualPage.escaped((valueName ?? "").uppercased())
    guard let names, kind != "positional" else { return ".I \(value)" }
    let typed = names.map(\.typed).sorted { $0.count < $1.count }.map(ManualPage.escaped)
    let heads = typed.map { "\\fB\($0)\\fR" }.joined(separator: ", ")
    return kind == "flag" ? heads : heads + " \\fI\(value)\\fR"
  }

  /// The summary with the default.
  var help: String {
    (abstract ?? "") + (defaultValue.map { " (default: \($0))" } ?? "")
  }
}
