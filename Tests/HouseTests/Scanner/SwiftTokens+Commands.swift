// Commands of the executable: their length without options, and how they format output.

extension SwiftTokens {
  /// Each `ParsableCommand`, with the total length of its functions in this file, which excludes
  /// options, help and stored values.
  var commands: [(name: String, line: Int, length: Int)] {
    let bodies = tokens.indices.compactMap(typeBody)
    return bodies.filter(\.isCommand).map { command in
      let own = bodies.filter { $0.name == command.name }.map(\.body)
      let inside = functions.filter { function in
        own.contains { $0.contains(function.keyword) }
      }
      let outermost = inside.filter { function in
        !inside.contains { $0.body.contains(function.keyword) }
      }
      return (command.name, command.line, outermost.reduce(0) { $0 + $1.length })
    }
  }

  /// The struct or extension that begins at a token.
  private func typeBody(
    _ index: Int
  ) -> (name: String, line: Int, isCommand: Bool, body: ClosedRange<Int>)? {
    guard ["struct", "extension"].contains(tokens[index].text), index + 1 < tokens.count,
      tokens[index].kind == .word,
      let open = tokens[index...].firstIndex(where: { $0.kind == .punctuation && $0.text == "{" }),
      let close = closingBrace(of: open)
    else { return nil }
    return (
      tokens[index + 1].text, tokens[index].line,
      tokens[index..<open].contains { $0.text == "ParsableCommand" }, open...close
    )
  }
}

extension SourceFile {
  /// Commands of more than 40 lines besides their options.
  var longCommands: [Offence] {
    swift.commands.filter { $0.length > 40 }.map {
      Offence(
        line: $0.line,
        message: "`\($0.name)` has \($0.length) lines besides its options, limit 40: work belongs"
          + " in Experiments, presentation in Reports")
    }
  }

  /// Names that produce tables, JSON, pictures or formatted numbers.
  var presentation: [Offence] {
    let words: Set = [
      "TextTable", "JSONValue", "HeatmapSVG", "ParetoSVG", "significantText", "percentText",
      "memoryText", "durationText",
    ]
    return swift.tokens.filter { $0.kind == .word && words.contains($0.text) }.map {
      Offence(
        line: $0.line,
        message: "`\($0.text)` is presentation: give Reports a record, and print what it makes")
    }
  }
}
