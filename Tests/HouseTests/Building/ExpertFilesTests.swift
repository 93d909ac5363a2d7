// Counts as recorders write them, and files for engines, through the program.

import Foundation
import Testing

@Suite("Counts and placements of other programs")
struct ExpertFilesTests {
  private let machine = ["--replicas", "272", "--groups", "8", "--nodes", "2", "--gpus", "16"]

  /// Five rows of 256 experts: three of zeros, and two with counts of the 16 experts of one GPU.
  private static let dump: String = {
    let zeros = Array(repeating: "0.0", count: 256)
    let counted = (0..<256).map { expert in
      (48..<64).contains(expert) ? "\(46_000 + (expert - 48) * 30_000).0" : "0.0"
    }
    return ([zeros, zeros, zeros, counted, counted].map { $0.joined(separator: ",") })
      .joined(separator: "\r\n")
  }()

  private func run(_ arguments: [String], in folder: URL) throws -> ChildProcess {
    try ChildProcess.run(ReadmeCommands.builtProgram.path, arguments, in: folder)
  }

  /// The cells of the line of a table that begins with a word.
  private func cells(_ word: String, _ text: String) -> [String] {
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    return lines.first { $0.first == word } ?? []
  }

  @Test("rows of zeros and experts never seen: warnings, and means without the rows (F2-16)")
  func localCounts() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try Self.dump.write(to: folder.appending(path: "a.csv"), atomically: true, encoding: .utf8)

    let result = try run(["experts", "place", "a.csv"] + machine, in: folder)

    #expect(result.status == 0)
    // All tokens are on one of 16 GPUs, so 16 times the mean, in the layers with counts.
    #expect(cells("3", result.output)[1] == "16")
    #expect(cells("all", result.output)[1] == "16")
    #expect(cells("all", result.output)[2] == cells("3", result.output)[2])
    #expect(cells("0", result.output)[1...3] == ["-", "-", "-"])
    #expect(result.errors.contains("a.csv: taken for a table of 5 layers x 256 experts\n"))
    #expect(result.errors.contains("a.csv: warning: rows 1 to 3 have no counts"))
    #expect(result.errors.contains("a.csv: warning: 240 of 256 experts have no count in row 4"))
  }

  @Test("a scenario's notes on its counts are told once by what simulates variants of it")
  func notesOfVariants() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let row = Array(repeating: "5", count: 32).joined(separator: ",") + "\n"
    try row.write(to: folder.appending(path: "a.csv"), atomically: true, encoding: .utf8)
    try FileManager.default.copyItem(
      at: House.root.appending(path: "scenarios/tiny-16gpu.yaml"),
      to: folder.appending(path: "a.yaml"))

    let compared = try run(
      ["compare", "a.yaml", "--schedule", "1f1b", "--over", "training.microbatches=8,16"]
        + ["--set", "training.routing={source: counts, file: a.csv}"], in: folder)
    try """
    name: two
    scenario: a.yaml
    set:
      - {key: training.routing.source, value: counts}
      - {key: training.routing.file, value: a.csv}
    axes: [{key: training.microbatches, values: [8, 16]}]

    """.write(to: folder.appending(path: "two.yaml"), atomically: true, encoding: .utf8)
    let swept = try run(["sweep", "two.yaml"], in: folder)

    let note = "\"a.csv\" is taken for a table of 1 layer x 32 experts\n"
    for result in [compared, swept] {
      #expect(result.status == 0)
      #expect(result.errors.ranges(of: note).count == 1)
    }
  }

  @Test("a placement with a huge expert and few slots is refused before anything is made of it")
  func hugeExpert() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let rows = "[65535]" + String(repeating: ",[0]", count: 100_000)
    try "{\"physical_to_logical_map\": [\(rows)]}".write(
      to: folder.appending(path: "map.json"), atomically: true, encoding: .utf8)

    let result = try run(["experts", "place", "--from", "map.json"] + machine, in: folder)

    #expect(result.status == 65)
    #expect(
      result.errors.hasPrefix(
        "map.json: error: layer 0 of the placement: expert 0 has no slot\n"))
  }

  @Test("rows of dense layers in SGLang's file are kept with a remark, or left out if asked")
  func denseRows() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try Self.dump.write(to: folder.appending(path: "a.csv"), atomically: true, encoding: .utf8)
    func place(_ arguments: String...) throws -> ChildProcess {
      try run(["experts", "place"] + arguments + machine, in: folder)
    }

    _ = try place("a.csv", "--for", "sglang", "-o", "a.json")
    let direct = try place("a.csv", "--for", "vllm")
    let kept = try place("--from", "a.json", "--for", "vllm")
    let left = try place("--from", "a.json", "--for", "vllm", "--dense-layers", "3")
    let counted = try place("a.csv", "--from", "a.json", "--for", "vllm")
    try direct.output.write(
      to: folder.appending(path: "b.json"), atomically: true, encoding: .utf8)
    let evaluated = try ["a.json", "b.json"].map {
      try run(["experts", "evaluate", "a.csv", "--placement", $0] + machine, in: folder)
    }

    #expect(kept.errors.contains("all 5 rows are kept: SGLang has one for every layer"))
    #expect(kept.output != direct.output)
    #expect(left.output == direct.output && !left.errors.contains("are kept"))
    #expect(counted.output == direct.output)
    #expect(cells("all", evaluated[0].output).count > 3)
    #expect(cells("all", evaluated[0].output) == cells("all", evaluated[1].output))
  }

  @Test("the file of an engine goes to the file that is named, beside a picture and the study")
  func files() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try Self.dump.write(to: folder.appending(path: "a.csv"), atomically: true, encoding: .utf8)

    let result = try run(
      ["experts", "place", "a.csv"] + machine
        + ["--for", "ascend", "-o", "map", "-o", "a.svg", "-o", "a.db"], in: folder)
    let shown = try run(["experts", "place", "a.csv"] + machine + ["--for", "ascend"], in: folder)
    let back = try run(
      ["experts", "place", "--from", "map"] + machine + ["--for", "sglang"], in: folder)

    #expect(result.status == 0 && result.output.isEmpty, "\(result.errors)")
    let text = try String(contentsOf: folder.appending(path: "map"), encoding: .utf8)
    #expect(text == shown.output)
    // The rows of zeros are dense layers, which vllm-ascend does not count.
    #expect(text.hasPrefix("{\"moe_layer_count\": 2, "))
    for name in ["a.svg", "a.db"] {
      #expect(FileManager.default.fileExists(atPath: folder.appending(path: name).path))
    }
    #expect(back.status == 0 && back.output.hasPrefix("{\"physical_to_logical_map\": [["))
    #expect(back.errors.contains("map: taken for vllm-ascend's expert map, 2 layers x 272 slots"))
  }
}
