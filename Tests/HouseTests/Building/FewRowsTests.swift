// Runs the program on steps so small that a GPU has fewer rows than experts.

import Foundation
import Testing

@Suite("Steps with fewer rows than experts")
struct FewRowsTests {
  private static let training =
    ["scenarios/tiny-16gpu.yaml"]
    + set("training.schedule=1f1b", "model.experts.routed=256", "training.sequence_length=128")
  private static let prefill =
    ["scenarios/inference-prefill-ep32.yaml"]
    + set("inference.batch=1", "inference.microbatches=1", "inference.context=1")

  private func run(_ arguments: [String]) throws -> ChildProcess {
    try ChildProcess.run(ReadmeCommands.builtProgram.path, arguments)
  }

  /// `--set` arguments for each assignment.
  private static func set(_ assignments: String...) -> [String] {
    assignments.flatMap { ["--set", $0] }
  }

  @Test(
    "have finite figures",
    arguments: [
      training + set("model.experts.top_k=1", "training.parallel.expert=1"),
      training
        + set(
          "model.experts.top_k=2", "training.parallel.tensor=2", "training.parallel.expert=1"),
      training
        + set(
          "model.experts.top_k=2", "training.parallel.tensor=2", "training.sequence_length=8",
          "training.routing={source: lognormal, sigma: 1.5}"),
      prefill, prefill + set("inference.routing={source: lognormal, sigma: 3}"),
      prefill + set("inference.phase=decode", "inference.communication_sms=0"),
    ])
  func steps(arguments: [String]) throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "results.db").path

    let step = try run(["run"] + arguments + ["--format", "json", "-o", file])
    let kernels = try run(["kernels"] + arguments)

    #expect(step.status == 0, "\(step.errors)")
    #expect(kernels.status == 0, "\(kernels.errors)")
    for text in [step.output, kernels.output] {
      #expect(!text.isEmpty)
      #expect(!text.contains(/\b(nan|inf|null)\b/.ignoresCase()))
    }
  }

  @Test("can be compared with steps that have more rows")
  func comparison() throws {
    let result = try run(
      ["compare"] + Self.training
        + Self.set("model.experts.top_k=1", "training.parallel.expert=1")
        + ["--schedule", "1f1b", "--over", "training.sequence_length=64,128,256"]
        + ["--format", "csv"])

    #expect(result.status == 0, "\(result.errors)")
    let lengths = result.output.split(separator: "\r\n").dropFirst().map { $0.prefix { $0 != "," } }
    #expect(lengths.sorted() == ["128", "256", "64"])
  }
}
