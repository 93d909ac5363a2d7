import Testing

@testable import Text

@Suite("Explained errors")
struct ExplainedErrorTests {
  private struct Sample: ExplainedError {
    var explanations: [Explanation]
  }

  @Test("a report has place, prefix, message and indented advice")
  func report() {
    let bare = Explanation("\"3\" is odd", advice: ["nearest: 2 or 4", "expected: an even number"])
    let error = Sample(explanations: [bare, bare.within("a.csv"), Explanation("no", at: "4:2")])

    #expect(
      error.report == """
        error: "3" is odd
          nearest: 2 or 4
          expected: an even number
        a.csv: error: "3" is odd
          nearest: 2 or 4
          expected: an even number
        4:2: error: no
        """)
    #expect(error.explanations[2].within("a.csv").report == "a.csv:4:2: error: no")
  }

  @Test("inside another text there is no prefix")
  func description() {
    let error = Sample(explanations: [Explanation("is empty", at: "a.csv", advice: "write a row")])

    #expect(error.description == "a.csv: is empty\n  write a row")
    #expect(error.exitStatus == .badData)
  }

  @Test("problems beyond the fiftieth are only counted")
  func many() {
    let error = Sample(explanations: (1...52).map { Explanation("problem \($0)") })

    let lines = error.report.split(separator: "\n")

    #expect(lines.count == 51)
    #expect(lines.suffix(2) == ["error: problem 50", "and 2 more problems"])
  }
}
