import Foundation
import Testing

@testable import Scenarios

@Suite("A user-defined schedule")
struct OrderFileTests {
  private let order = """
    # schedule=mine pp=2 microbatches=2 placement=linear
    r0: F0@0 F1@0 D0@0 D1@0
    r1: F0@1 D0@1 F1@1 D1@1

    """

  /// A folder with a small scenario that refers to `order.txt`, and that file.
  private func withScenario<Result>(
    _ order: String?, _ body: (_ scenario: String, _ folder: URL) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = try shippedText("tiny-16gpu").split(
      separator: "\n", omittingEmptySubsequences: false
    ).map { line in
      line.contains("  schedule:")
        ? "  schedule_file: order.txt"
        : line.contains("  microbatches:") || line.contains("  global_batch:")
          ? "  microbatches: 2" : String(line)
    }.joined(separator: "\n")
    let path = folder.appending(path: "s.yaml").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try order?.write(
      to: folder.appending(path: "order.txt"), atomically: true, encoding: .utf8)
    return try body(path, folder)
  }

  private func load(_ path: String, _ overrides: [String] = []) -> [String] {
    do {
      _ = try Scenario.load(
        path: path, overrides: ["training.parallel.pipeline=2"] + overrides)
      return []
    } catch {
      return error.diagnostics.map(\.explanation.report)
    }
  }

  @Test("the order next to the scenario is read, and stored in the recorded text")
  func read() throws {
    try withScenario(order) { path, _ in
      let scenario = try Scenario.load(
        path: path, overrides: ["training.parallel.pipeline=2"])

      #expect(scenario.training.schedule == "mine")
      #expect(scenario.training.userSchedule?.text == order)
      #expect(scenario.text.hasSuffix("# order: r1: F0@1 D0@1 F1@1 D1@1\n"))
    }
  }

  @Test("PyTorch's CSV is read as an order (F2-29)")
  func pytorch() throws {
    try withScenario("0F0,0F1,0B0,0B1\r\n,1F0,1B0,1F1,1B1\r\n") { path, _ in
      let scenario = try Scenario.load(
        path: path, overrides: ["training.parallel.pipeline=2"])

      #expect(scenario.training.schedule == "pytorch")
      #expect(scenario.training.userSchedule?.microbatches == 2)
    }
  }

  @Test("a violated law is reported with file, line, column and word")
  func law() throws {
    let broken = order.replacingOccurrences(of: "D1@1", with: "D1@0")
    try withScenario(broken) { path, folder in
      let file = folder.appending(path: "order.txt").path

      let found = load(path)

      #expect(
        found == [
          "\(file):3:1: error: \"r1:\" is misplaced\n  expected: B1@1 on this line too",
          "\(file):3:1: error: \"r1:\" is misplaced\n  expected: W1@1 on this line too",
          "\(file):3:20: error: \"D1@0\" is misplaced\n"
            + "  expected: B1@0 on rank 0, which holds stage 0",
        ])
    }
  }

  @Test("an order for other sizes is refused at its key")
  func sizes() throws {
    try withScenario(order) { path, _ in
      let found = load(path, ["training.microbatches=4"])

      #expect(
        found.map { $0.contains("the order \"mine\" is for pp=2 microbatches=2") } == [true])
    }
  }

  @Test("a missing file, a folder, and bytes that are not text are refused by name")
  func unreadable() throws {
    try withScenario(nil) { path, folder in
      #expect(load(path).map { $0.contains("\"order.txt\": no such file (tried") } == [true])
      #expect(
        load(path, ["training.schedule_file=\(folder.path)"]).map {
          $0.contains("is a directory")
        } == [true])
      try Data([0xff, 0xfe]).write(to: folder.appending(path: "order.txt"))
      #expect(load(path).map { $0.contains("is not UTF-8 text") } == [true])
    }
  }

  @Test("schedule and schedule_file exclude each other; an override replaces the other one")
  func exclusion() throws {
    try withScenario(order) { path, folder in
      let scenario = try Scenario.load(
        path: path, overrides: ["training.parallel.pipeline=2", "training.schedule=1f1b"])
      #expect(scenario.training.schedule == "1f1b" && scenario.training.userSchedule == nil)

      let text = try String(contentsOfFile: path, encoding: .utf8)
      try text.replacingOccurrences(
        of: "  schedule_file:", with: "  schedule: 1f1b\n  schedule_file:"
      ).write(toFile: path, atomically: true, encoding: .utf8)
      #expect(load(path).map { $0.contains("write schedule or schedule_file, not both") } == [true])
      try text.replacingOccurrences(of: "  schedule_file: order.txt\n", with: "").write(
        toFile: path, atomically: true, encoding: .utf8)
      #expect(load(path).map { $0.contains("needs schedule or schedule_file") } == [true])
    }
  }
}
