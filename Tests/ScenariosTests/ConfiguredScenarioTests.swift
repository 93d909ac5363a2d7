// Scenarios whose model is a configuration, and native keys for formats and indexers.

import Foundation
import ModelCost
import Testing

@testable import Scenarios

@Suite("Scenarios with a configuration")
struct ConfiguredScenarioTests {
  /// Loads a scenario beside whose folder the configurations lie.
  private func load(_ overrides: String..., file: String = "kimi-k2") throws -> Scenario {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(
      at: fixtureURL("configs"), to: folder.appending(path: "configs"))
    let path = folder.appending(path: "a.yaml").path
    try shippedText().write(toFile: path, atomically: true, encoding: .utf8)
    return try Scenario.load(
      path: path,
      overrides: ["model={config: configs/\(file).json}", "training.train_mtp=false"] + overrides)
  }

  private func problem(_ overrides: String..., file: String = "kimi-k2") -> ScenarioProblem? {
    #expect(throws: ScenarioProblem.self) {
      switch overrides.count {
      case 0: try load(file: file)
      case 1: try load(overrides[0], file: file)
      default: try load(overrides[0], overrides[1], file: file)
      }
    }
  }

  @Test("the file is relative to the scenario, and its text is kept with the scenario's")
  func relative() throws {
    let scenario = try load()

    #expect(scenario.model.mainParameters == 1_026_408_232_448)
    #expect(scenario.model.name == "kimi_k2")
    #expect(scenario.text.contains("\n# config:   \"n_routed_experts\": 384,\n"))
  }

  @Test("other keys change it, and the name says so")
  func changed() throws {
    let model = try load(
      "model.experts.top_k=4", "model.hidden=4096", "model.weights.format=nvfp4"
    ).model

    #expect(model.name == "kimi_k2 (changed)")
    #expect(model.experts?.topK == 4)
    #expect(model.experts?.routed == 384)
    #expect(model.hidden == 4096)
    #expect(model.weights == WeightScheme(.nvfp4))
    #expect(try load("model.name=mine").model.name == "mine")
  }

  @Test("config and base exclude each other; an override replaces the other one")
  func exclusion() throws {
    #expect(try load("model.base=deepseek-v3").model.name == "deepseek-v3 (changed)")
    let found = problem("model={base: deepseek-v3, config: configs/kimi-k2.json}")
    #expect(
      found?.diagnostics.map { "\($0.keyPath): \($0.message)" } == [
        "model.config: cannot be combined with base: write base or config, not both"
      ])
  }

  @Test("a file that is not there is named with its path, and the exit status says so")
  func missing() throws {
    let found = problem(file: "none")

    #expect(found?.diagnostics.count == 1)
    #expect(
      found?.diagnostics.first?.message.contains(
        #""configs/none.json": no such file (tried "/"#) == true)
    #expect(found?.exitStatus == .noInput)
    #expect(problem("training.microbatches=0", file: "none")?.exitStatus == .badData)
  }

  @Test("problems of the file are reported in it, with those of the scenario")
  func problems() throws {
    let found = problem("training.microbatches=0", "model.config=configs/broken.json")

    #expect(
      found?.diagnostics.map(\.keyPath).sorted() == ["model.config", "training.microbatches"])
  }

  @Test("formats and windows that a scenario specifies are not read from the file")
  func unread() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let config = try String(contentsOf: fixtureURL("configs/llama-3-8b.json"), encoding: .utf8)
    try Data(
      (#"{"quantization_config": {"quant_method": "gptq"}, "sliding_window": 5,"#
        + config.dropFirst()).utf8
    ).write(to: folder.appending(path: "config.json"))
    let path = folder.appending(path: "config.json").path

    let model = try mainScenario(
      "model={config: \(path), weights: {format: int4_g128}, window: none}",
      "training.train_mtp=false", "training.parallel.expert=1", "training.routing={source: uniform}"
    ).model

    #expect(model.weights == WeightScheme(.int4Group128))
    #expect(model.window == nil)
  }

  @Test("a configuration with an indexer is that of the catalogue, and has dense attention without")
  func indexer() throws {
    let sparse = try load(file: "deepseek-v3.2").model
    let listed = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3.2" })
    #expect(sparse.attention == listed.attention)
    #expect(sparse.mainParameters == listed.mainParameters)

    let dense = try load("model.attention.latent.indexer=none", file: "deepseek-v3.2").model
    #expect(dense.mainParameters == ModelSpec.deepseekV3.mainParameters)
  }

  @Test("an indexer's keys are those of the configuration")
  func indexerKeys() throws {
    let found = try mainProblems(
      "model={base: deepseek-v3, attention: {latent: {indexer: {heads: 64, head_size: 128}}}}")
    #expect(
      found.map { "\($0.keyPath): \($0.message)" } == [
        "model.attention.latent.indexer.top_k: is required"
      ])

    let whole = try mainProblems(
      "model={base: deepseek-v3, attention: {latent: {indexer: {heads: 64, head_size: 128,"
        + " top_k: 2048}}}}")
    #expect(whole.map(\.keyPath) == [])
  }

  @Test("formats of weights by native keys, with a base and without")
  func weights() throws {
    func weights(_ text: String) throws -> WeightScheme {
      try mainScenario(
        "model={base: gpt-oss-120b, weights: \(text)}", "training.train_mtp=false",
        "training.routing={source: uniform}"
      ).model.weights
    }

    #expect(try weights("{format: nvfp4}") == WeightScheme(.nvfp4, .experts))
    #expect(try weights("{covers: linear}") == WeightScheme(.mxfp4))
    #expect(try weights("{format: bf16, covers: linear}") == .bf16)
    #expect(
      try mainProblems("model={base: deepseek-v3, weights: {format: fp9}}").map(\.keyPath)
        == ["model.weights.format"])
  }
}
