// The formatter's own rules, if the toolchain provides it.

import Foundation
import Testing

@Suite("Formatting")
struct FormatTests {
  @Test("swift format lint reports nothing", .enabled(if: ChildProcess.find("swift") != nil))
  func lint() throws {
    let swift = try #require(ChildProcess.find("swift"))
    let folders = ["Sources", "Tests", "Plugins", "Package.swift"].filter(House.has)

    let lint = try ChildProcess.run(
      swift, ["format", "lint", "--recursive", "--strict"] + folders, limitSeconds: 300)

    #expect(lint.status == 0, Comment(rawValue: lint.errors + lint.output))
  }

  @Test(
    "swift format lint refuses bad indentation, force unwraps and forced tries",
    arguments: [
      ("func f() {\n      print(1) ;\n}\n", "Indentation"),
      ("let a = b!\n", "NeverForceUnwrap"),
      ("let a = try! b()\n", "NeverUseForceTry"),
      ("var a: Int!\n", "NeverUseImplicitlyUnwrappedOptionals"),
    ])
  func lintCanFail(text: String, rule: String) throws {
    let swift = try #require(ChildProcess.find("swift"))
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try text.write(to: folder.appending(path: "a.swift"), atomically: true, encoding: .utf8)
    let configuration = House.root.appending(path: ".swift-format").path

    let lint = try ChildProcess.run(
      swift,
      [
        "format", "lint", "--strict", "--configuration", configuration,
        folder.appending(path: "a.swift").path,
      ])

    #expect(lint.status != 0)
    #expect(lint.errors.contains("[\(rule)]"))
  }
}
