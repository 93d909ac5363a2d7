// Calls that rooms must not contain, with their replacements.

/// A sequence of tokens that some rooms must not contain.
struct Ban: Sendable {
  /// The tokens in order; an operator must touch the token before it.
  var tokens: [String]
  /// The replacement, as the end of "`x` is banned: ...".
  var instead: String

  /// The ban as written in source.
  var text: String { tokens.joined() }

  /// Banned because one scenario and seed must always give the same bytes.
  static let deterministic: [Ban] =
    [
      ["Date", "("], ["Date", ".", "now"], ["clock_gettime"], ["gettimeofday"],
      ["ContinuousClock"], ["SuspendingClock"], ["DispatchTime"], ["systemUptime"],
    ].map { Ban(tokens: $0, instead: "use SimTime; wall time belongs to Benchmarking and dsv3sim") }
    + [
      ["SystemRandomNumberGenerator"], ["arc4random"], ["drand48"], ["rand", "("],
      ["getrandom"], [".", "random", "("], [".", "randomElement", "("], [".", "shuffle", "("],
      [".", "shuffled", "("], ["UUID", "("],
    ].map { Ban(tokens: $0, instead: "draw from a RandomStream of Units by inverse CDF") }
    + [["hashValue"], ["Hasher", "("], ["ObjectIdentifier", "("]].map {
      Ban(tokens: $0, instead: "it differs in every process: use an index or EventKernel's hash")
    }
    + [
      ["DispatchQueue"], ["Task", "{"], ["Task", "("], ["Task", ".", "detached"],
      ["Thread", "("], ["withTaskGroup"], ["withThrowingTaskGroup"], ["async"], ["await"],
      ["actor"],
    ].map { Ban(tokens: $0, instead: "a run has one thread; Experiments runs trials in parallel") }
    + [["nonisolated", "(", "unsafe"]].map {
      Ban(tokens: $0, instead: "no globals: hold state in a value that the run owns")
    }
    + [["getenv"], ["ProcessInfo"]].map {
      Ban(tokens: $0, instead: "take it as a parameter: runs depend on scenario and seed only")
    }

  /// Banned in every room, in addition to what the formatter refuses (force unwraps, `try!`).
  static let everywhere: [Ban] = [
    Ban(tokens: ["as", "!"], instead: "use `as?` and say what is wrong otherwise"),
    Ban(tokens: ["fatalError", "(", ")"], instead: "give `fatalError` its reason"),
    Ban(tokens: ["preconditionFailure", "(", ")"], instead: "give the reason"),
    Ban(
      tokens: [".", "write", "(", "Data", "("],
      instead: "it traps if nothing can be written: `write(contentsOf:)` throws, and `remark`"
        + " is for messages"),
  ]
}

/// A violation of a rule.
struct Offence: Equatable {
  /// 1-based.
  var line: Int
  var message: String
}

extension SwiftTokens {
  /// The locations of banned tokens.
  func offences(against bans: [Ban]) -> [Offence] {
    let byFirst = Dictionary(grouping: bans) { $0.tokens[0] }
    return tokens.indices.flatMap { index in
      (byFirst[tokens[index].text] ?? []).filter { stands($0.tokens, at: index) }.map {
        Offence(line: tokens[index].line, message: "`\($0.text)` is banned: \($0.instead)")
      }
    }
  }

  /// Whether a comment is on a line or on the line above.
  func isExplained(_ line: Int) -> Bool {
    comments.contains { $0.line == line || $0.line == line - 1 }
  }

  private func stands(_ wanted: [String], at index: Int) -> Bool {
    guard index + wanted.count <= tokens.count else { return false }
    return wanted.indices.allSatisfy { offset in
      let token = tokens[index + offset]
      let touches = wanted[offset] != "!" || !token.followsSpace
      return token.kind != .string && token.text == wanted[offset] && touches
    }
  }
}
