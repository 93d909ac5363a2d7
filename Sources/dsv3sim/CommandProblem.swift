// Errors of the commands themselves: invalid command lines, and files that commands read or write
// directly.

import Text

/// A failure of a command.
struct CommandProblem: ExplainedError {
  let explanations: [Explanation]
  let exitStatus: ExitStatus

  private init(_ status: ExitStatus, _ explanations: [Explanation]) {
    self.explanations = explanations
    exitStatus = status
  }

  /// An invalid command line.
  static func usage(_ message: String, advice: String...) -> CommandProblem {
    CommandProblem(.usage, [Explanation(message, advice: advice)])
  }

  /// Command-line values that another room rejects.
  static func usage(_ explanations: [Explanation]) -> CommandProblem {
    CommandProblem(.usage, explanations)
  }

  /// A file with invalid content.
  static func badData(_ path: String, _ message: String, advice: String...) -> CommandProblem {
    CommandProblem(.badData, [Explanation(message, at: path, advice: advice)])
  }

  /// A file that does not exist.
  static func noInput(_ path: String, _ message: String, advice: String...) -> CommandProblem {
    .noInput(path, message, advice: advice)
  }

  /// A file that does not exist, with any number of lines of advice.
  static func noInput(_ path: String, _ message: String, advice: [String]) -> CommandProblem {
    CommandProblem(.noInput, [Explanation(message, at: path, advice: advice)])
  }

  /// A file that cannot be read or written.
  static func file(_ path: String, _ message: String, advice: String...) -> CommandProblem {
    CommandProblem(.file, [Explanation(message, at: path, advice: advice)])
  }

  /// A valid question that has no answer.
  static func noAnswer(_ message: String) -> CommandProblem {
    CommandProblem(.badData, [Explanation(message)])
  }

  /// A bug in the program.
  static func bug(_ messages: [String]) -> CommandProblem {
    CommandProblem(.brokenInvariant, messages.map { Explanation($0) })
  }

  /// Trials of a sweep that are not there yet.
  static func incomplete(_ path: String, _ message: String, advice: String...) -> CommandProblem {
    CommandProblem(.incomplete, [Explanation(message, at: path, advice: advice)])
  }

  /// Trials of a sweep without a run, with the reasons of some.
  static func failedTrials(
    _ reasons: [String], of count: Int, isBroken: Bool
  ) -> CommandProblem {
    let advice = count > reasons.count ? ["\(count) trials failed in all"] : []
    let explanations = reasons.map { Explanation($0) }
    // A refusal follows from the scenario, and comes back unless a file changed that it names.
    let retry =
      isBroken
      ? "run them again with --retry-failed"
      : "the same values fail again; after a change of a file that they name: --retry-failed"
    let last = Explanation(
      "\(count) trial\(count == 1 ? "" : "s") failed", advice: [retry] + advice)
    return CommandProblem(isBroken ? .brokenInvariant : .badData, explanations + [last])
  }

  /// Creates a problem for a file whose content another room rejects.
  init(_ error: some ExplainedError, in path: String) {
    self.init(error.exitStatus, error.explanations.map { $0.within(path) })
  }
}
