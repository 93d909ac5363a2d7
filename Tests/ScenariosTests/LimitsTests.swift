import Foundation
import Testing

@testable import Scenarios

/// The processor time of a body on this thread, which does not depend on the load of the machine.
private func processorTime(_ body: () throws -> Void) rethrows -> Duration {
  func now() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
  }
  let start = now()
  try body()
  return now() - start
}

/// A file without anything unusual but its length: an unknown key with a list.
private func plainFile(bytes: Int) -> String {
  "k: [" + String(repeating: "a,", count: bytes / 2 - 4) + "a]\n"
}

/// What the time of refusing a file is compared with, so that neither the machine nor a sanitizer
/// matters: a plain file of the maximum size.
private let fullFileTime = processorTime { _ = problems(plainFile(bytes: 1_000_000)) }

@Suite("Hostile and broken files are refused at once")
struct LimitsTests {
  private func single(_ text: String, _ words: String) {
    let found = problems(text)
    #expect(found.count == 1, "\(found.count)")
    #expect(found.first?.message.contains(words) == true, "\(found.first?.message ?? "none")")
  }

  @Test("an alias bomb is refused in less time than a full file is read", arguments: [2, 9, 30])
  func aliasBomb(width: Int) {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...30 {
      let items = Array(repeating: "*a\(level - 1)", count: width).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(items)]\n"
    }

    let elapsed = processorTime { single(text, "aliases") }

    #expect(elapsed < fullFileTime)
  }

  @Test("a few aliases with a large expansion are refused in less time than a full file is read")
  func expansion() {
    let items = Array(repeating: "x", count: 9000).joined(separator: ", ")
    let text = "a: &a [\(items)]\nb: [*a, *a]\n"

    let elapsed = processorTime { single(text, "once its aliases are expanded") }

    #expect(elapsed < fullFileTime)
  }

  @Test("a key that repeats a large list many times is refused in the time of two full files")
  func expandedKeys() {
    let items = String(repeating: "x,", count: 30_000)
    let text = "a: &a [\(items)x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\n? [*c,*c]\n: 1\n"
    let larger = text.replacingOccurrences(of: "x]", with: "\(items)x]")

    let elapsed = processorTime {
      single(text, "once its aliases are expanded")
      single(larger, "has an alias")
    }

    #expect(elapsed < fullFileTime * 2)
  }

  @Test("deep nesting is refused in every style")
  func nesting() {
    single("a: " + String(repeating: "[", count: 100_000), "brackets")
    single("a: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40), "nested")
    single(
      "a: " + String(repeating: "[", count: 500) + String(repeating: "]", count: 500), "nested")
    single(String(repeating: "- ", count: 50_000) + "a", "indented")
    single(String(repeating: "- ", count: 39) + "a", "nested")
    single((0..<79).map { String(repeating: " ", count: $0) + "a:\n" }.joined(), "nested")
  }

  @Test("nesting within the limit is not reported as deep")
  func shallow() {
    let text = "a: " + String(repeating: "[", count: 30) + String(repeating: "]", count: 30)

    #expect(problems(text).allSatisfy { !$0.message.contains("nested") })
  }

  @Test("syntax errors state their place")
  func syntax() throws {
    let found = problems("name: x\nmodel: [a, b\ntraining: {}\n")

    #expect(found.count == 1)
    #expect(found.first?.line == 3)
    #expect(found.first?.message.hasPrefix("is not valid YAML here") == true)
    single("a: \u{1}", "not readable")
    single("a: b\n---\nc: d\n", "another document")
    single("a: *nothing", "undefined alias")
  }

  @Test("a repeated key is refused at its second occurrence")
  func duplicate() throws {
    let found = problems("name: x\nseed: 1\nname: y\n")

    #expect(found.map(\.line) == [3])
    #expect(found.first?.message == "key \"name\" is written twice, first in line 1")
  }

  @Test("merge keys and tags are refused")
  func mergeKeys() {
    let found = problems("name: x\ncluster: &c {nodes: 2}\nmodel:\n  <<: *c\nseed: !!int 1\n")

    #expect(found.map(\.keyPath) == ["model.<<", "seed"])
    #expect(found.map(\.line) == [4, 5])
  }

  @Test(
    "a document without content is reported as empty",
    arguments: ["# only a comment\n", "---\n", "\n\n", "~"])
  func nothing(text: String) {
    single(text, "is empty")
  }
}

@Suite("Files that cannot be scenarios")
struct FileTests {
  /// The error of loading a file with these contents.
  private func error(content: Data, resizedTo size: UInt64? = nil) throws -> ScenarioProblem? {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "dsv3sim-\(UUID().uuidString).yaml")
    try content.write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    if let size {
      let handle = try FileHandle(forWritingTo: url)
      try handle.truncate(atOffset: size)
      try handle.close()
    }
    return error(path: url.path)
  }

  private func error(path: String) -> ScenarioProblem? {
    do throws(ScenarioProblem) {
      _ = try Scenario.load(path: path)
      return nil
    } catch {
      return error
    }
  }

  @Test("a missing file and a directory are missing input; a similar name is suggested")
  func noInput() {
    let missing = error(path: shippedPath("tiny-16gpus"))
    let directory = error(path: scenarioFolder.path)

    #expect(missing?.exitStatus == .noInput)
    #expect(missing?.description.contains("no such file") == true)
    #expect(missing?.description.contains("tiny-16gpu.yaml") == true)
    #expect(directory?.exitStatus == .noInput)
    #expect(directory?.description.contains("is a directory") == true)
  }

  @Test("an empty file is invalid data")
  func empty() throws {
    let error = try error(content: Data())

    #expect(error?.exitStatus == .badData)
    #expect(error?.diagnostics.map(\.message) == ["is empty"])
  }

  @Test("a file of 100 MB is refused in less time than a full file is read")
  func large() throws {
    var found: ScenarioProblem?

    let elapsed = try processorTime {
      found = try error(content: Data("name: x\n".utf8), resizedTo: 100_000_000)
    }

    #expect(found?.diagnostics.first?.message.contains("larger than 1000000 bytes") == true)
    #expect(elapsed < fullFileTime)
  }

  @Test("the time of reading is linear in the length, and bounded on any machine")
  func linear() {
    let short = processorTime { _ = problems(plainFile(bytes: 1_000_000 / 16)) }

    #expect(plainFile(bytes: 1_000_000).utf8.count < 1_000_000)
    // Linear time is 16 times as much, quadratic time 256 times.
    #expect(fullFileTime < short * 64)
    // It takes about two seconds in a debug build; the rest is for sanitizers and slow machines.
    #expect(fullFileTime < .seconds(60))
  }

  @Test("text that is not UTF-8 is invalid data")
  func encoding() throws {
    let error = try error(content: Data([0x6e, 0x3a, 0x20, 0xff, 0xfe, 0x0a]))

    #expect(error?.diagnostics.map(\.message) == ["is not UTF-8 text"])
  }

  @Test("a byte order mark is not part of the text")
  func byteOrderMark() throws {
    let error = try error(content: Data([0xef, 0xbb, 0xbf] + Array(try shippedText().utf8)))

    #expect(error == nil)
  }
}
