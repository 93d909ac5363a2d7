// What the README and the pages of docs owe to their readers besides right commands.

import Foundation
import Testing

@Suite("The README and the pages of docs")
struct PagesTests {
  /// Links of a page that lead nowhere: to no file, or to no heading of a page.
  static func brokenLinks(_ path: String) -> [String] {
    let page = Readme(House.text(path))
    let folder = path.split(separator: "/").dropLast().map { $0 + "/" }.joined()
    return page.links.filter { !$0.contains("://") }.filter { link in
      let parts = link.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
      let url = URL(filePath: "\(House.root.path)/\(folder)\(parts[0])").standardized
      let target = parts[0].isEmpty ? path : String(url.path.dropFirst(House.root.path.count + 1))
      guard House.has(target) else { return true }
      return parts.count > 1 && !Readme(House.text(target)).anchors.contains(parts[1])
    }
  }

  @Test("every link leads to a file and a heading that exist", arguments: ReadmeCommandsTests.pages)
  func links(path: String) {
    #expect(Self.brokenLinks(path) == [])
  }

  @Test("the README fits in 200 lines, and links every page of docs")
  func readme() {
    let pages = House.files(below: "docs", ending: [".md"]).map(\.path)

    #expect(House.readme.lines.count <= 200)
    #expect(pages.count >= 15)
    let linked = Set(House.readme.links.map { String($0.prefix { $0 != "#" }) })
    #expect(pages.filter { !linked.contains($0) } == [])
  }

  @Test("each command of the README's questions is one that a page runs")
  func questions() {
    let rows = House.readme.table("Questions")
    let commands = ReadmeCommandsTests.pages.flatMap { Readme(House.text($0)).commands }
    let known = Set(commands.map(\.text))

    #expect(rows.count >= 12)
    #expect(rows.compactMap { $0["command"] }.filter { !known.contains($0) } == [])
  }

  @Test("the README's figures of accuracy are those of docs/accuracy.md")
  func accuracy() {
    let lines = House.readme.section("Accuracy").joined(separator: "\n")
    let rows = House.page("accuracy").table("Summary")

    for name in ["all steps", "all kernels", "all services", "all runs"] {
      let row = rows.first { $0["of"] == name } ?? [:]
      #expect(lines.contains(row["inside"] ?? "no row"), "\(name)")
      #expect(lines.contains(row["median \\"] ?? row["median |e|"] ?? "no row"), "\(name)")
    }
  }

  @Test("the Chinese README has the commands, output and links of the English one")
  func translation() {
    let (english, chinese) = (House.readme, Readme(House.text("README.zh.md")))
    func blocks(_ page: Readme) -> [String] {
      page.commands.map { ([$0.text] + $0.printed).joined(separator: "\n") }
    }
    func links(_ page: Readme) -> [String] {
      page.links.map { String($0.prefix { $0 != "#" }) }
        .map { $0 == "README.zh.md" ? "README.md" : $0 }
    }
    func levels(_ page: Readme) -> [Int] {
      page.headings.map { $0.prefix { $0 == "#" }.count }
    }

    #expect(!blocks(chinese).isEmpty && blocks(chinese) == blocks(english))
    #expect(links(chinese) == links(english))
    #expect(levels(chinese) == levels(english))
    #expect(chinese.lines.count <= 200)
  }

  @Test("the picture of the README is what the commands of docs/schedules.md draw")
  func picture() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(
      at: House.root.appending(path: "scenarios"), to: folder.appending(path: "scenarios"))
    let commands = House.page("schedules").commands.filter { $0.text.contains("tiny.db") }
    let place = ReadmeCommands(program: ReadmeCommands.builtProgram, folder: folder)

    #expect(try commands.compactMap(place.problem) == [])
    let drawn = try String(
      contentsOf: folder.appending(path: "dualpipe.svg"), encoding: .utf8)
    #expect(drawn == House.text("docs/pictures/dualpipe.svg"))
  }

  @Test("the notation of schedules is shown by the file of the scenario")
  func order() {
    let blocks = House.page("schedules").blocks("order", in: "A schedule of your own")

    #expect(blocks == [House.text("scenarios/own-order.txt")])
  }

  @Test("a link to no file and a link to no heading are detected")
  func checksCanFail() {
    let page = Readme("# A B, c\n```sh\n# no heading\n```\n[a](x.md) and <img src=\"y.svg\">")

    #expect(page.links == ["x.md", "y.svg"])
    #expect(page.anchors == ["a-b-c"])
  }
}
