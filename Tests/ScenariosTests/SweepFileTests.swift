import Foundation
import Recording
import Testing

@testable import Scenarios

@Suite("A sweep file")
struct SweepFileTests {
  private static let scenario =
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "scenarios/tiny-16gpu.yaml").path

  private func file(_ lines: String...) throws(ScenarioProblem) -> SweepFile {
    try SweepFile(
      text: (["name: a", "scenario: \(Self.scenario)"] + lines).joined(separator: "\n") + "\n",
      file: "a.yaml")
  }

  /// The problems of a file with these lines after the first two: `LINE:COLUMN key: message`.
  private func problems(_ lines: String...) -> [String] { problems(lines) }

  private func problems(_ lines: [String]) -> [String] {
    do throws(ScenarioProblem) {
      _ = try SweepFile(
        text: (["name: a", "scenario: \(Self.scenario)"] + lines).joined(separator: "\n") + "\n",
        file: "a.yaml")
      return []
    } catch {
      return error.diagnostics.map {
        "\($0.line ?? 0):\($0.column ?? 0) \($0.keyPath): \($0.message)"
          + ($0.suggestion.map { " -> \($0)" } ?? "")
      }
    }
  }

  @Test("a key that scenarios do not have is located, with the nearest one")
  func unknownKey() {
    #expect(
      problems("axes:", "  - {key: training.microbatch_s, values: [1]}") == [
        "4:11 axes[0].key: \"microbatch_s\" is not a key here -> microbatches"
      ])
    #expect(
      problems("axis: 3").first == "3:1 axis: \"axis\" is not a key here -> axes")
  }

  @Test("rows of another length, repeated keys and ends in two units are refused at their places")
  func conditions() {
    #expect(
      problems("axes:", "  - keys: [training.schedule, seed]", "    points: [[1f1b]]") == [
        "5:14 axes[0].points[0]: has 1 of 2 values"
      ])
    #expect(
      problems(
        "axes:", "  - {key: seed, values: [1]}", "replications: 2") == [
          "4:5 axes[0]: \"seed\" varies twice"
        ])
    #expect(
      problems(
        "design:", "  kind: latin_hypercube", "  points: 2",
        "  ranges: [{key: cluster.node.nic, from: 25 GB/s, to: 100 Gb/s}]") == [
          "6:55 design.ranges[0].to: \"100 Gb/s\" has another unit than \"25 GB/s\""
        ])
  }

  @Test("a missing scenario is located in the sweep file")
  func missingScenario() {
    do {
      _ = try SweepFile(text: "name: a\nscenario: nothing-there.yaml\n", file: "a.yaml")
      Issue.record("no problem")
    } catch {
      #expect(error.exitStatus == .noInput && error.diagnostics.first?.line == 2)
    }
  }

  @Test("values of a range keep their unit, whole keys get whole numbers, levels equal parts")
  func ranges() throws {
    let ranges =
      try file(
        "design:", "  kind: tornado", "  ranges:",
        "    - {key: cluster.node.nic, from: 20 GB/s, to: 40 GB/s}",
        "    - {key: training.microbatches, from: 8, to: 10}",
        "    - {key: training.parallel.tensor, levels: [1, 2]}"
      ).design?.ranges ?? []

    #expect(ranges.map { $0.value(at: 0.3) } == ["26.0 GB/s", "9", "1"])
    #expect(ranges.map { $0.value(at: 0.5) } == ["30.0 GB/s", "9", "2"])
  }

  @Test("multiples and exponents of ends are part of their numbers, and the ends are exact")
  func multiples() throws {
    let ranges =
      try file(
        "design:", "  kind: latin_hypercube", "  points: 8", "  ranges:",
        "    - {key: training.sequence_length, from: 1K, to: 2K}",
        "    - {key: training.seq_length, from: 1e3 tokens, to: 1.5K}",
        "    - {key: training.global_batch, from: 0.5k sequences, to: 2k sequences}",
        "    - {key: cluster.node.nic, from: 1e1 GB/s, to: 2.5e+1 GB/s}",
        "    - {key: run.tokens, from: 1.5T tokens, to: 2T tokens}",
        "    - {key: seed, from: 1e1, to: 2e1}"
      ).design?.ranges ?? []

    // K of tokens is 1,024, e3 and k are 1,000.
    #expect(
      ranges.map { $0.value(at: 0) }
        == ["1024", "1000 tokens", "500 sequences", "10.0 GB/s", "1.5 T tokens", "10"])
    #expect(
      ranges.map { $0.value(at: 1) }
        == ["2048", "1536 tokens", "2000 sequences", "25.0 GB/s", "2.0 T tokens", "20"])
    let lengths = (0...8).compactMap { Int(ranges[0].value(at: Double($0) / 8)) }
    #expect(lengths == (0...8).map { 1024 + 128 * $0 })
    let decimals = SweepDesign.Range(
      key: "a", values: .interval(from: 0.7, to: 0.1, unit: "", isWhole: false))
    #expect(decimals.value(at: 1) == "0.1")
  }

  @Test("ends that a key cannot read are refused at their places")
  func foreignEnds() {
    func problems(_ key: String, _ from: String, _ to: String) -> [String] {
      self.problems(
        "design:", "  kind: tornado", "  ranges:",
        "    - {key: \(key), from: \(from), to: \(to)}")
    }

    #expect(
      problems("training.global_batch", "1K", "2K") == [
        "6:42 design.ranges[0].from: \"1K\" is not a number of sequences"
      ])
    #expect(
      problems("seed", "1", "2k") == ["6:32 design.ranges[0].to: \"2k\" is not a number"])
    #expect(
      problems("cluster.node.nic", "25 GB", "50 GB/s") == [
        "6:37 design.ranges[0].from: \"25 GB\" is not a number with a unit"
      ])
    #expect(problems("training.sequence_length", "1", "1e300").count == 1)
  }

  @Test("a Sobol design has at most 20 ranges, as its sequence has 40 dimensions")
  func tooManyRanges() {
    func problems(of count: Int, _ kind: String) -> [String] {
      let ranges = [String](repeating: "    - {key: seed, from: 1, to: 9}", count: count)
      let lines = ["design:", "  kind: \(kind)", "  points: 8", "  ranges:"] + ranges
      return self.problems(lines).filter { $0.contains("design.ranges: ") }
    }

    #expect(
      problems(of: 21, "sobol") == ["6:3 design.ranges: has 21 ranges, too many for sobol"])
    #expect(problems(of: 20, "sobol") == [] && problems(of: 21, "morris") == [])
  }

  @Test("the canonical form does not depend on units, order or other programs' names")
  func canonical() throws {
    let text = try String(contentsOfFile: Self.scenario, encoding: .utf8)
    let document = try ScenarioDocument(text: text, file: "s.yaml")
    func form(_ settings: Setting...) -> String {
      document.canonical(ScenarioChanges(settings: settings)).compact
    }

    #expect(
      form(Setting("cluster.node.nic", "50 GB/s"), Setting("seed", "3"))
        == form(Setting("seed", "3"), Setting("cluster.node.nic", "400 Gb/s")))
    #expect(
      form(Setting("training.parallel.tensor", "2"))
        == form(Setting("training.tensor_model_parallel_size", "2")))
    #expect(form(Setting("seed", "3")) != form(Setting("seed", "4")))
  }
}
