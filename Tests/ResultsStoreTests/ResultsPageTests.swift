import Foundation
import Recording
import Testing

@testable import ResultsStore

@Suite("The page of results")
struct ResultsPageTests {
  private let page = ResultsPage.markdown()

  @Test("docs/results.md is what the program prints")
  func file() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()

    let text = try String(contentsOf: root.appending(path: "docs/results.md"), encoding: .utf8)

    #expect(text == page, "make docs writes it")
  }

  @Test("every table, view and metric is on it")
  func contents() {
    let lines = Set(page.split(separator: "\n").map(String.init))

    for table in Schema.tables + Schema.views { #expect(lines.contains("### \(table.name)")) }
    for metric in MetricKind.all {
      #expect(page.contains("\n| `\(metric.name)` | \(metric.unit.symbol) | "))
    }
  }
}
