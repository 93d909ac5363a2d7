import Foundation
import Reports
import Testing

@testable import Accuracy

@Suite("The page of the comparison")
struct PageTests {
  @Test("docs/accuracy.md is what the program prints, with any number of workers")
  func page() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/accuracy.md"), encoding: .utf8)

    let study = try Comparison(of: PublishedFigures.all, workers: 2, programVersion: "test").study()

    #expect(page == StudyText.markdown(ofAccuracy: study), "make docs writes it")
  }
}
