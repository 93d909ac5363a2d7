import Foundation
import Reports
import Testing

@testable import Accuracy

@Suite("The page of the comparison")
struct PageTests {
  private static let isSanitized =
    ProcessInfo.processInfo.environment["DSV3SIM_SANITIZED"] != nil

  private func page(of figures: [Figure], workers: Int) throws -> String {
    let comparison = try Comparison(of: figures, workers: workers, programVersion: "test")
    return StudyText.markdown(ofAccuracy: comparison.study())
  }

  /// All figures take too long under a sanitizer.
  @Test("docs/accuracy.md is what the program prints", .enabled(if: !isSanitized))
  func page() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/accuracy.md"), encoding: .utf8)

    #expect(try page == self.page(of: PublishedFigures.all, workers: 2), "make docs writes it")
  }

  @Test("INV-9: a page does not depend on the number of workers")
  func workers() throws {
    let all = PublishedFigures.all
    let some = stride(from: 0, to: all.count, by: 80).map { all[$0] }

    #expect(some.count >= 3)
    #expect(try page(of: some, workers: 1) == page(of: some, workers: 3))
  }
}
