// The common format of errors. An error states the problem and gives advice; place, prefix and
// indentation are added only here, when a command ends.
//
// An `XProblem` reports bad input, an `XRefusal` valid input that has no answer, and a
// `BrokenInvariant` a bug in the program.

/// Exit statuses of the program, as in sysexits.h.
public enum ExitStatus: Int32, CaseIterable, Sendable {
  /// The command line is invalid.
  case usage = 64
  /// A scenario or other data is invalid, or has no answer.
  case badData = 65
  /// The input does not exist.
  case noInput = 66
  /// A bug in this program.
  case brokenInvariant = 70
  /// A file or database cannot be used.
  case file = 74
  /// Some trials of a sweep are not there yet: the same command goes on.
  case incomplete = 75

  /// The status in a few words, for help and manual page.
  public var meaning: String {
    switch self {
    case .usage: "wrong usage"
    case .badData: "bad scenario or data, or a question without an answer"
    case .noInput: "no such input"
    case .brokenInvariant: "a broken invariant (our bug)"
    case .file: "file or database"
    case .incomplete: "a sweep is incomplete: run it again"
    }
  }
}

/// One problem, with its place and advice.
public struct Explanation: Hashable, Sendable {
  /// `FILE`, `FILE:LINE:COLUMN` or an option; empty if the message names the place.
  public var place: String
  /// The problem: lower case, the user's own word in quotes, no final period.
  public var message: String
  /// Valid values or remedies, one per line.
  public var advice: [String]

  public init(_ message: String, at place: String = "", advice: [String] = []) {
    self.place = place
    self.message = message
    self.advice = advice
  }

  /// Creates an explanation with at most one line of advice.
  public init(_ message: String, at place: String = "", advice: String?) {
    self.init(message, at: place, advice: advice.map { [$0] } ?? [])
  }

  /// The explanation with its place prefixed by a file.
  public func within(_ file: String) -> Explanation {
    var copy = self
    copy.place = place.isEmpty ? file : "\(file):\(place)"
    return copy
  }

  /// Text to include in another text: place, message, and indented advice.
  public var text: String { lines(prefix: "") }

  /// Text to print when the program ends, with the prefix `error: `.
  public var report: String { lines(prefix: "error: ") }

  private func lines(prefix: String) -> String {
    let head = (place.isEmpty ? "" : "\(place): ") + prefix + message
    return ([head] + advice.map { "  \($0)" }).joined(separator: "\n")
  }
}

/// An error that can be reported to the user.
public protocol ExplainedError: Error, Sendable, CustomStringConvertible {
  /// All problems; never empty.
  var explanations: [Explanation] { get }
  /// Exit status of a program that ends with this error.
  var exitStatus: ExitStatus { get }
}

/// Maximum number of explanations to print; the rest are only counted.
private let reportedExplanations = 50

extension ExplainedError {
  public var exitStatus: ExitStatus { .badData }

  /// Text of all explanations, to include in another text.
  public var description: String { text(\.text) }

  /// Text of all explanations, to print when the program ends.
  public var report: String { text(\.report) }

  private func text(_ form: (Explanation) -> String) -> String {
    let rest = explanations.count - reportedExplanations
    let shown = explanations.prefix(reportedExplanations).map(form)
    let tail = rest > 0 ? ["and \(rest) more problem\(rest == 1 ? "" : "s")"] : []
    return (shown + tail).joined(separator: "\n")
  }
}
