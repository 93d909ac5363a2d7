// Models described by native keys: what the catalogue's models need, and what is refused.

import ModelCost
import Testing

@testable import Scenarios

@Suite("Descriptions of models")
struct ModelDescriptionTests {
  private func model(_ text: String) throws -> ModelSpec {
    let line = text.replacing("\n", with: " ")
    return try mainScenario("model={name: mine, \(line)}", "training.train_mtp=false").model
  }

  private func named(_ name: String) throws -> ModelSpec {
    try #require(ModelSpec.catalogue.first { $0.name == name })
  }

  @Test("latent attention without query compression")
  func noCompression() throws {
    let lite = try model(
      """
      hidden: 2048, layers: 27, vocabulary: 102400, dense_intermediate: 10944, mtp_modules: 0,
      attention: {latent: {heads: 16, query_rank: none, kv_rank: 512, nope_head: 128,
      rope_head: 64, value_head: 128}}, experts: {dense_layers: 1, routed: 64, shared: 2,
      top_k: 6, intermediate: 1408, groups: 1, group_limit: 1, gate: softmax,
      selection_bias: false}
      """)

    #expect(lite.mainParameters == (try named("deepseek-v2-lite")).mainParameters)
  }

  @Test("experts in every second layer, chunked attention in listed ones")
  func everySecond() throws {
    let layers = (0..<48).filter { $0 % 4 != 3 }.map(String.init).joined(separator: ", ")
    let mine = try model(
      """
      hidden: 5120, layers: 48, vocabulary: 202048, dense_intermediate: 16384, mtp_modules: 0,
      attention: {grouped: {heads: 40, kv_heads: 8, head_size: 128}},
      window: {tokens: 8192, chunked: true, layers: [\(layers)]},
      experts: {dense_layers: 1, every: 2, routed: 128, shared: 1, top_k: 1, intermediate: 8192,
      groups: 1, group_limit: 1, gate: sigmoid, selection_bias: false}
      """)
    let maverick = try named("llama-4-maverick")

    #expect(mine.layerKinds == maverick.layerKinds)
    #expect(mine.mainParameters == maverick.mainParameters)
    #expect(mine.kvBytes(sequence: 100_000, .bf16) == maverick.kvBytes(sequence: 100_000, .bf16))
  }

  @Test("sinks, biases and sliding windows in every second layer")
  func gptOSS() throws {
    let mine = try model(
      """
      hidden: 2880, layers: 36, vocabulary: 201088, dense_intermediate: 2880, mtp_modules: 0,
      attention: {grouped: {heads: 64, kv_heads: 8, head_size: 64, bias: true,
      output_bias: true, sinks: true}}, window: {tokens: 128, every: 2},
      experts: {dense_layers: 0, routed: 128, shared: 0, top_k: 4, intermediate: 2880, groups: 1,
      group_limit: 1, gate: softmax, selection_bias: false, bias: true}
      """)
    let published = try named("gpt-oss-120b")

    #expect(mine.mainParameters == published.mainParameters)
    #expect(mine.layerKinds == published.layerKinds)
  }

  @Test("a base keeps its choice of layers and the width of its shared experts")
  func base() throws {
    let mine = try model("base: llama-4-maverick, experts: {intermediate: 4096}")
    let wider = try model(
      "base: llama-4-maverick, experts: {every: 4, shared_intermediate: 16384}")

    #expect(mine.experts?.layers == .every(2, from: 1))
    #expect(mine.experts?.sharedWidth == 4096)
    #expect(wider.experts?.layers == .every(4, from: 1))
    #expect(wider.experts?.sharedWidth == 16384)
  }

  @Test("layers that the model does not have, and two ways at once, are refused")
  func refused() throws {
    func messages(_ text: String) throws -> [String] {
      try mainProblems("model={base: deepseek-v3, \(text)}").map {
        "\($0.keyPath): \($0.message)"
      }
    }

    #expect(
      try messages("experts: {layers: [3, 61]}") == [
        "model.experts.layers: \"61\" is no layer: 61 layers are counted from 0"
      ])
    #expect(
      try messages("experts: {layers: [3], every: 2}") == [
        "model.experts.every: is not used beside a list of layers"
      ])
  }
}
