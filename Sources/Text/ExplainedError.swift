// Errors in one shape. An error says what is wrong and what may help; the prefix, the place before
// it and the indentation of advice are put on here, when a command ends, and nowhere else.
//
// Bad input is an `XProblem`, an honest no to valid input an `XRefusal`, a bug of ours a
// `BrokenInvariant`.

/// Exit statuses of the program, as in sysexits.h.
public enum ExitStatus: Int32, Sendable {
  /// The command line is wrong.
  case usage = 64
  /// A scenario, or other data, is wrong or has no answer.
  case badData = 65
  /// There is no such input.
  case noInput = 66
  /// A bug of this program.
  case brokenInvariant = 70
  /// A file or database cannot be used.
  case file = 74
}

/// One thing that is wrong.
public struct Explanation: Hashable, Sendable {
  /// Where: `FILE`, `FILE:LINE:COLUMN` or an option; empty where the message says it.
  public var place: String
  /// What is wrong: lower case, the user's own word in quotes, no period at the end.
  public var message: String
  /// What would be right, or what to do, one line each.
  public var advice: [String]

  public init(_ message: String, at place: String = "", advice: [String] = []) {
    self.place = place
    self.message = message
    self.advice = advice
  }

  /// An explanation with one line of advice, or none.
  public init(_ message: String, at place: String = "", advice: String?) {
    self.init(message, at: place, advice: advice.map { [$0] } ?? [])
  }

  /// The same inside a file: its place, if it has one, is a line of the file.
  public func within(_ file: String) -> Explanation {
    var copy = self
    copy.place = place.isEmpty ? file : "\(file):\(place)"
    return copy
  }

  /// The explanation as a part of another text: place, message, and indented advice.
  public var text: String { lines(prefix: "") }

  /// The explanation as a program ends with it.
  public var report: String { lines(prefix: "error: ") }

  private func lines(prefix: String) -> String {
    let head = (place.isEmpty ? "" : "\(place): ") + prefix + message
    return ([head] + advice.map { "  \($0)" }).joined(separator: "\n")
  }
}

/// An error that can be told to the person who ran the command.
public protocol ExplainedError: Error, Sendable, CustomStringConvertible {
  /// Everything that is wrong, never empty.
  var explanations: [Explanation] { get }
  /// How a program ends with this error.
  var exitStatus: ExitStatus { get }
}

/// Explanations that are printed before the rest is only counted.
private let reportedExplanations = 50

extension ExplainedError {
  public var exitStatus: ExitStatus { .badData }

  /// The explanations as a part of another text.
  public var description: String { text(\.text) }

  /// The explanations as a program ends with them.
  public var report: String { text(\.report) }

  private func text(_ form: (Explanation) -> String) -> String {
    let rest = explanations.count - reportedExplanations
    let shown = explanations.prefix(reportedExplanations).map(form)
    let tail = rest > 0 ? ["and \(rest) more problem\(rest == 1 ? "" : "s")"] : []
    return (shown + tail).joined(separator: "\n")
  }
}
