// The formatter's own opinion, where the toolchain brings it.

import Foundation
import Testing

@Suite("Formatting")
struct FormatTests {
  @Test("swift format lint has nothing to say", .enabled(if: ChildProcess.find("swift") != nil))
  func lint() throws {
    let swift = try #require(ChildProcess.find("swift"))
    let folders = ["Sources", "Tests", "Plugins", "Package.swift"].filter(House.has)

    let lint = try ChildProcess.run(
      swift, ["format", "lint", "--recursive", "--strict"] + folders, limitSeconds: 300)

    #expect(lint.status == 0, Comment(rawValue: lint.errors + lint.output))
  }

  @Test("swift format lint refuses a badly indented file")
  func lintCanFail() throws {
    let swift = try #require(ChildProcess.find("swift"))
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try "func f() {\n      print(1) ;\n}\n".write(
      to: folder.appending(path: "a.swift"), atomically: true, encoding: .utf8)

    let lint = try ChildProcess.run(
      swift, ["format", "lint", "--strict", folder.appending(path: "a.swift").path])

    #expect(lint.status != 0)
    #expect(lint.errors.contains("a.swift:2"))
  }
}
