import Foundation
import Testing

@Suite("The gallery")
struct GalleryTests {
  /// The figures of a page as JSON, but for the list of runs, which has the time of day.
  private func figures(_ file: URL) throws -> String {
    let page = try String(contentsOf: file, encoding: .utf8)
    let text = try #require(
      page.firstMatch(of: /id="data">(.*?)<\/script>/), "\(file.lastPathComponent)")
    let data = try JSONSerialization.jsonObject(with: Data(text.1.utf8))
    let list = try #require(data as? [[String: Any]]).filter {
      ($0["columns"] as? [String])?.contains("started") != true
    }
    #expect(list.count >= 2, "\(file.lastPathComponent)")
    return String(
      decoding: try JSONSerialization.data(withJSONObject: list, options: .sortedKeys),
      as: UTF8.self)
  }

  @Test("each page has the figures that its command gives today")
  func current() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let environment = ProcessInfo.processInfo.environment.merging(
      ["PROGRAM": ReadmeCommands.builtProgram.path]) { $1 }
    let made = try ChildProcess.run(
      "/bin/sh", ["Benchmarks/gallery.sh", folder.path], environment: environment,
      limitSeconds: 1_500)
    #expect(made.status == 0, "\(made.errors)")

    let gallery = House.root.appending(path: "reports/gallery")
    let pages = try FileManager.default.contentsOfDirectory(atPath: gallery.path)
      .filter { $0.hasSuffix(".html") }.sorted()
    #expect(pages.count == made.errors.split(separator: "\n").count && pages.count >= 7)
    for page in pages {
      let (kept, today) = try (
        figures(gallery.appending(path: page)), figures(folder.appending(path: page))
      )
      #expect(kept == today, "\(page) is not current: make gallery")
    }
  }
}
