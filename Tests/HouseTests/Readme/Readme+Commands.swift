// The commands in the `sh` blocks of a page, and the output that the page shows of them.

extension Readme {
  /// How long a block takes.
  enum Pace: String, CaseIterable {
    /// At most ten seconds in a debug build.
    case usual = ""
    /// Minutes at most in a release build, in which `make soak` runs it.
    case slow = "<!-- slow -->"
    /// Longer: it trains many engines, and only `make soak-engine` runs it.
    case training = "<!-- slow: trains engines -->"
  }

  /// A command line of an `sh` block.
  struct Command: Equatable, Sendable {
    /// The text without prompt and comment.
    var text: String
    /// The status in a trailing `# exit 65`; 0 if there is none.
    var exitStatus: Int32
    /// 1-based.
    var line: Int
    /// By the mark before its block.
    var pace = Pace.usual
    /// Lines that it prints: those of a `text` block that follows, if it is alone in its block.
    var printed: [String] = []
  }

  /// The commands of all `sh` blocks, in order.
  var commands: [Command] { reading.commands }

  /// The lines at which `text` blocks begin that follow no command of their own, 1-based.
  var blocksWithoutCommand: [Int] { reading.strayBlocks }

  /// The blocks of a page in the order of their lines.
  private struct Reading {
    var commands: [Command] = []
    var strayBlocks: [Int] = []
    /// The language of the block that is open; nil outside blocks.
    private var language: String?
    /// Commands of the last `sh` block, until another one or a `text` block follows.
    private var inBlock = 0
    private var pace = Pace.usual
    /// The beginning of a command that goes on in the next line.
    private var open = ""

    mutating func fence(_ name: String, line: Int) {
      guard language == nil else {
        if language == "sh" { pace = .usual }
        if language == "text" { inBlock = 0 }
        language = nil
        return
      }
      language = name
      if name == "sh" { inBlock = 0 }
      if name == "text", inBlock != 1 { strayBlocks.append(line) }
    }

    mutating func read(_ text: String, line: Int) {
      switch language {
      case nil: if !text.trimmed.isEmpty { pace = Pace(rawValue: text.trimmed) ?? pace }
      case "sh": readCommand(text, line: line)
      case "text":
        if inBlock == 1 { commands[commands.count - 1].printed.append(text) }
      default: break
      }
    }

    private mutating func readCommand(_ text: String, line: Int) {
      open += text.trimmed
      if open.hasSuffix("\\") {
        open.removeLast()
        return
      }
      if let command = Readme.command(open, line: line, pace: pace) {
        commands.append(command)
        inBlock += 1
      }
      open = ""
    }
  }

  private var reading: Reading {
    var reading = Reading()
    for (index, line) in lines.enumerated() {
      if line.hasPrefix("```") {
        reading.fence(String(line.dropFirst(3)), line: index + 1)
      } else {
        reading.read(line, line: index + 1)
      }
    }
    return reading
  }

  private static func command(_ text: String, line: Int, pace: Pace) -> Command? {
    let text = text.hasPrefix("$ ") ? String(text.dropFirst(2)) : text
    let parts = text.split(
      separator: #/(^|\s)#\s?/#, maxSplits: 1, omittingEmptySubsequences: false)
    let comment = parts.count > 1 ? String(parts[1]) : ""
    let status = comment.firstMatch(of: #/exit (\d+)/#).flatMap { Int32($0.1) } ?? 0
    let body = parts.first.map { String($0).trimmed } ?? ""
    return body.isEmpty
      ? nil : Command(text: body, exitStatus: status, line: line, pace: pace)
  }
}
