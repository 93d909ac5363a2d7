import Experiments
import Foundation
import Recording
import Testing

@testable import Reports

@Suite("The page of facts")
struct FactsPageTests {
  @Test("docs/facts.md is what the program prints")
  func page() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()

    let page = try String(contentsOf: root.appending(path: "docs/facts.md"), encoding: .utf8)

    #expect(page == StudyText.markdown(ofFacts: .facts), "make docs writes it")
  }

  @Test("a vertical bar in a cell does not end the cell")
  func bars() {
    let page = StudyText.markdown(ofFacts: sampleStudy(.facts))

    #expect(page.contains("\n| `a.table` | 3 rows | a kernel \\| another | A paper, Table 2; "))
    #expect(page.hasSuffix(" | calibration | secondary | 2026-01-02 |\n"))
  }
}
