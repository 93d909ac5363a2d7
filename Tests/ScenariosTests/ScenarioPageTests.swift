import Foundation
import Testing

@testable import Scenarios

@Suite("The page of keys")
struct ScenarioPageTests {
  private let page = ScenarioPage.markdown()

  @Test("docs/scenarios.md is what the program prints")
  func file() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()

    let text = try String(contentsOf: root.appending(path: "docs/scenarios.md"), encoding: .utf8)

    #expect(text == page, "make docs writes it")
  }

  @Test("every question has a table, and each key of it a row")
  func keys() {
    for question in ScenarioKeys.questions {
      #expect(page.contains("\n## \(question.name)\n"))
      for key in question.declaration.kind.record?.keys ?? [] {
        #expect(page.contains("\n| `\(key.name)` | "), "\(question.name).\(key.name)")
      }
    }
    #expect(page.contains("\n## training.parallel\n"))
    #expect(
      page.contains("| `seed` | a whole number from 0 | `1` | Seed of every random stream. |"))
  }

  @Test(
    "the form of each kind in words",
    arguments: [
      (Kind.flag, "`true`, `false`"), (.choice(["a", "b"]), "`a`, `b`"),
      (.integer(1...8), "a whole number, 1 to 8"),
      (.integer(2...Int.max), "a whole number from 2"), (.number(0...3), "0 to 3"),
      (.number(0...0.5), "0 to 0.5, or per cent such as `5%`"),
      (.either(word: "none", .schedule), "`none`, or a schedule"),
      (.list(.text, isSet: true, count: 1...4), "a list of different ones, 1 to 4: text"),
      (.wordOrInteger(["x"], 1...2), "`x`, or a whole number, 1 to 2"),
    ])
  func words(kind: Kind, words: String) {
    #expect(kind.words == words)
  }
}
