// What goes wrong in the commands themselves: a wrong command line, and files that they read or
// write without a room between.

import Text

/// A failure of a command.
struct CommandProblem: ExplainedError {
  let explanations: [Explanation]
  let exitStatus: ExitStatus

  private init(_ status: ExitStatus, _ explanations: [Explanation]) {
    self.explanations = explanations
    exitStatus = status
  }

  /// A wrong command line.
  static func usage(_ message: String, advice: String...) -> CommandProblem {
    CommandProblem(.usage, [Explanation(message, advice: advice)])
  }

  /// What another room says against what stands on the command line.
  static func usage(_ explanations: [Explanation]) -> CommandProblem {
    CommandProblem(.usage, explanations)
  }

  /// A file whose content is wrong.
  static func badData(_ path: String, _ message: String, advice: String...) -> CommandProblem {
    CommandProblem(.badData, [Explanation(message, at: path, advice: advice)])
  }

  /// A file that is not there.
  static func noInput(_ path: String, _ message: String, advice: String...) -> CommandProblem {
    CommandProblem(.noInput, [Explanation(message, at: path, advice: advice)])
  }

  /// A file that cannot be read or written.
  static func file(_ path: String, _ message: String, advice: String...) -> CommandProblem {
    CommandProblem(.file, [Explanation(message, at: path, advice: advice)])
  }

  /// A bug of ours.
  static func bug(_ messages: [String]) -> CommandProblem {
    CommandProblem(.brokenInvariant, messages.map { Explanation($0) })
  }

  /// What is wrong with the content of a file, as the room that reads it says.
  init(_ error: some ExplainedError, in path: String) {
    self.init(error.exitStatus, error.explanations.map { $0.within(path) })
  }
}
