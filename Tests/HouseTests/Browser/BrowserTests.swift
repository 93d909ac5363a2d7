// Pages of `dsv3sim report` in a real browser. A script that is added to a copy of the page uses it
// as a reader would, and leaves what it finds as the page's title.

import Foundation
import Testing
import Text

/// The browser; nil if none is installed.
private let browser = ChildProcess.find("chromium")

@Suite("Reports in a browser", .enabled(if: browser != nil, "chromium is not installed"))
struct BrowserTests {
  private func dsv3sim(_ arguments: [String], in folder: URL) throws {
    let result = try ChildProcess.run(
      ReadmeCommands.builtProgram.path, arguments, in: folder, limitSeconds: 900)
    #expect(result.status == 0, "\(arguments): \(result.errors)")
  }

  /// The page with one more script, which its policy allows.
  private func instrumented(_ page: String) throws -> String {
    let script = try String(
      contentsOf: House.root.appending(path: "Tests/HouseTests/Browser/reader.js"),
      encoding: .utf8)
    let digits = Array(SHA256.hexDigest(Array(script.utf8)))
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0..<$0 + 2]), radix: 16)
    }
    let hash = "'sha256-\(Data(bytes).base64EncodedString())'"
    return page.replacingOccurrences(of: "script-src ", with: "script-src \(hash) ")
      .replacingOccurrences(of: "</body>", with: "<script>\(script)</script></body>")
  }

  /// Opens a page; the title that the reader leaves, and what the console said.
  private func read(
    _ file: URL, width: Int, in folder: URL
  ) throws -> (title: String, console: [String]) {
    let program = try #require(browser)
    let result = try ChildProcess.run(
      program,
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--user-data-dir=\(folder.path)/profile-\(width)", "--window-size=\(width),1600",
        "--virtual-time-budget=20000", "--enable-logging=stderr", "--dump-dom",
        file.absoluteString,
      ], in: folder, limitSeconds: 900)
    let title = result.output.firstMatch(of: /<title>([^<]*)<\/title>/).map { String($0.1) }
    let console = result.errors.split(separator: "\n").map(String.init).filter {
      $0.contains("CONSOLE")
    }
    return (title ?? "no page: \(result.errors.suffix(500))", console)
  }

  @Test("each kind of page loads, sorts, zooms, searches and changes its theme without an error")
  func pages() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let scenarios = House.root.path + "/scenarios"
    func scenario(_ name: String) -> String { "\(scenarios)/\(name).yaml" }
    for (name, arguments) in [
      ("step", ["run", scenario("tiny-16gpu"), "--timeline"]),
      ("service", ["run", scenario("service-qwen3-235b"), "--requests-table"]),
      ("experts", ["run", scenario("rebalancing"), "--replications", "0"]),
      ("grid", ["compare", scenario("tiny-16gpu"), "--over", "training.microbatches=8,16"]),
    ] {
      try dsv3sim(arguments + ["-o", "\(name).db"], in: folder)
      try dsv3sim(["report", "\(name).db", "-o", "\(name).html"], in: folder)
    }
    try dsv3sim(["report", "step.db", "service.db", "-o", "two.html"], in: folder)

    for name in ["step", "service", "experts", "grid", "two"] {
      let page = try String(
        contentsOf: folder.appending(path: "\(name).html"), encoding: .utf8)
      let file = folder.appending(path: "\(name)-read.html")
      try instrumented(page).write(to: file, atomically: true, encoding: .utf8)
      for width in name == "step" ? [1280, 390] : [1280] {
        let found = try read(file, width: width, in: folder)
        #expect(found.title.hasPrefix("fine: "), "\(name) at \(width): \(found.title)")
        #expect(found.console.isEmpty, "\(name) at \(width)")
      }
    }
  }
}
