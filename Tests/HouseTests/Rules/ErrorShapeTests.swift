// Errors of all rooms are of one kind, follow one naming rule, and become text in one place.

import Testing

@Suite("Errors of the rooms")
struct ErrorShapeTests {
  /// Error types that do not explain themselves, or whose names break the rule.
  static func offences(_ file: SourceFile) -> [Offence] {
    let declaration = #/^ *(?:\w+ )*(?:struct|enum|class|actor|extension) (\w+): ([^{]*)\{/#
    return file.lines.enumerated().compactMap { index, line in
      guard let match = line.firstMatch(of: declaration) else { return nil }
      let parents = match.2.split { ", ".contains($0) }
      let name = String(match.1)
      if parents.contains("Error") || parents.contains("LocalizedError") {
        return Offence(line: index + 1, message: "`\(name)` is an error: conform to ExplainedError")
      }
      let isError = parents.contains("ExplainedError") || parents.contains("SimulationRefusal")
      let isNamed = ["Problem", "Refusal", "BrokenInvariant"].contains { name.hasSuffix($0) }
      guard isError && !isNamed else { return nil }
      return Offence(
        line: index + 1,
        message: "name `\(name)` XProblem (bad input), XRefusal or BrokenInvariant")
    }
  }

  @Test("every error explains itself, and its name says what it is")
  func types() {
    #expect(House.report(House.sources, Self.offences) == [])
  }

  @Test("the prefix is added in one place, and no command prints its own usage")
  func prefix() {
    let places = House.sources.flatMap { file in
      file.lines.filter { $0.contains("\"error: ") || $0.contains("ValidationError") }
        .map { _ in file.path }
    }

    #expect(places == ["Sources/Text/ExplainedError.swift"])
  }

  @Test(
    "an error without explanation or with another name is detected",
    arguments: [
      ("struct OddProblem: Error, Hashable {", 1), ("public enum Odd: ExplainedError {", 1),
      ("extension Odd: SimulationRefusal {", 1), ("struct OddRefusal: ExplainedError {", 0),
      ("final class Queue<Value, Failure: Error>: Sendable {", 0),
    ])
  func found(text: String, count: Int) {
    #expect(Self.offences(SourceFile(path: "Sources/A/B.swift", text: text)).count == count)
  }
}
