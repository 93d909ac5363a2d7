import Foundation
import ModelCost
import Testing

/// The counts of the 671B model, computed with the original configuration (see the fixture's
/// notes).
struct GoldenCounts {
  let root: [String: Any]

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "v3_671b", withExtension: "json", subdirectory: "Fixtures"))
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
    root = try #require(object as? [String: Any])
  }

  func number(_ path: String...) throws -> Double {
    var node: Any = root
    for key in path { node = try #require((node as? [String: Any])?[key], "no \(path)") }
    return try #require((node as? NSNumber)?.doubleValue)
  }
}

@Suite("Counts of the 671B model equal the published configuration's")
struct CountsTests {
  let model = ModelSpec.deepseekV3
  let golden: GoldenCounts

  init() throws { golden = try GoldenCounts() }

  @Test("parameters, part by part")
  func parameters() throws {
    let parts: [(String, Int)] = [
      ("attention_per_layer", model.attentionParameters),
      ("dense_ffn", model.denseFeedForwardParameters), ("one_expert", model.expertParameters),
      ("shared_expert", model.sharedExpertParameters),
      ("routed_experts_per_layer", model.routedExpertParameters),
      ("gate_weight", model.gateWeightParameters), ("gate_bias", model.gateBiasParameters),
      ("moe_layer", model.expertLayerParameters), ("dense_layer", model.denseLayerParameters),
      ("embedding", model.embeddingParameters), ("head", model.embeddingParameters),
      ("main_total", model.mainParameters), ("mtp_unique", model.mtpParameters),
      (
        "mtp_with_shared_embed_head", model.mtpParameters + 2 * model.embeddingParameters
      ),
      (
        "checkpoint_total_685B",
        model.mainParameters + model.mtpParameters + 2 * model.embeddingParameters
      ),
      ("active_incl_head_and_embed", model.activeParameters),
      ("active_incl_head", model.activeParameters - model.embeddingParameters),
      ("active_excl_embed_head", model.activeParameters - 2 * model.embeddingParameters),
      ("mtp_active_incl_embed_head", model.mtpActiveParameters),
    ]
    for (name, count) in parts {
      let expected = try golden.number("params", name)
      #expect(Double(count) == expected, "\(name)")
    }
  }

  @Test(
    "forward FLOPs per token",
    arguments: [
      ("S1024_causal", AttentionCount.causal(sequence: 1024)),
      ("S4096_causal", .causal(sequence: 4096)), ("S8192_causal", .causal(sequence: 8192)),
      ("S32768_causal", .causal(sequence: 32768)), ("S131072_causal", .causal(sequence: 131_072)),
      ("S4096_noncausal", .full(sequence: 4096)),
      ("decode_ctx1024_absorbed", .absorbedDecode(context: 1024)),
      ("decode_ctx4096_absorbed", .absorbedDecode(context: 4096)),
      ("decode_ctx4989_absorbed", .absorbedDecode(context: 4989)),
      ("decode_ctx32768_absorbed", .absorbedDecode(context: 32768)),
    ])
  func forwardFLOPs(key: String, count: AttentionCount) throws {
    let group = "flops_forward_per_token"

    #expect(model.attentionLinearFLOPs == (try golden.number(group, key, "attn_linear_per_layer")))
    #expect(
      model.attentionCoreFLOPs(count) == (try golden.number(group, key, "attn_core_per_layer")))
    #expect(model.expertFeedForwardFLOPs == (try golden.number(group, key, "moe_ffn_per_layer")))
    #expect(model.denseFeedForwardFLOPs == (try golden.number(group, key, "dense_ffn_per_layer")))
    #expect(model.forwardFLOPs(count) == (try golden.number(group, key, "total")))
    #expect(model.linearFLOPs == (try golden.number(group, key, "linear_total")))
  }

  @Test("training FLOPs per token, with and without MTP")
  func trainingFLOPs() throws {
    let count = AttentionCount.causal(sequence: 4096)

    let mtp = model.mtpForwardFLOPs(count)

    #expect(mtp == (try golden.number("mtp_forward_flops_per_token")))
    #expect(
      model.trainingFLOPs(count)
        == (try golden.number("training", "train_flops_per_token_causal_main")))
    #expect(
      model.trainingFLOPs(count) + 3 * mtp == (try golden.number("training", "with_mtp")))
    #expect(
      model.trainingFLOPs(.full(sequence: 4096))
        == (try golden.number("training", "noncausal_main")))
  }

  @Test("an indexer counts once in training, for it has no gradients of the model's loss")
  func indexer() throws {
    let model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3.2" })
    let count = AttentionCount.causal(sequence: 4096)

    // 64 heads of 128 from query latents of 1,536; one key of 128 and 64 weights from 7,168. Scores
    // of 2,048.5 keys in the mean.
    let projections = 2.0 * Double(64 * 128 * 1536 + (128 + 64) * 7168)
    let layer = projections + 2.0 * 64 * 128 * 2048.5
    #expect(model.indexerFLOPs(count) == layer)
    let rest = model.forwardFLOPs(count) - 61 * layer
    #expect(abs(model.trainingFLOPs(count) / (3 * rest + 61 * layer) - 1) < 1e-12)
    #expect(self.model.trainingFLOPs(count) == 3 * self.model.forwardFLOPs(count))
  }

  @Test("KV cache bytes, also of the models in the published comparison")
  func kvCache() throws {
    let named = Dictionary(uniqueKeysWithValues: ModelSpec.catalogue.map { ($0.name, $0) })

    #expect(model.cacheBytesPerLayer(.fp8) == 576)
    let bf16 = try golden.number("kv_cache", "bf16_bytes_per_token")
    let fp8 = try golden.number("kv_cache", "fp8_bytes_per_token")
    #expect(Double(model.kvBytesPerToken(.bf16)) == bf16)
    #expect(Double(model.kvBytesPerToken(.fp8)) == fp8)
    #expect(named["qwen2.5-72b"]?.kvBytesPerToken(.bf16) == 327_680)  // model.kv_bytes_qwen72b
    #expect(named["llama-3.1-405b"]?.kvBytesPerToken(.bf16) == 516_096)  // kv_bytes_llama405b
  }

  @Test(
    "training GFLOPs per token of other models match the published table to 1.5 %",
    arguments: [("deepseek-v2", 155.0), ("llama-3.1-405b", 2448)])
  func otherModels(name: String, published: Double) throws {
    // model.train_gflop_others: printed to three or four digits, 4K sequence, causal. Its third
    // row, 394 for Qwen-72B, does not follow from that model's config (6 x 71.5e9 is 429 already).
    let model = try #require(ModelSpec.catalogue.first { $0.name == name })

    let counted = model.trainingFLOPs(.causal(sequence: 4096)) / 1e9

    #expect(abs(counted / published - 1) < 0.015, "counted \(counted)")
  }

  @Test("activation elements and bytes for each recomputation choice")
  func activations() throws {
    let group = "activation_per_moe_layer_per_token"
    // The configuration's list has shared and routed experts together.
    var sums: [String: Int] = [:]
    for element in model.activationElements(isExpertLayer: true) {
      let name = element.name.replacing(/^(routed|shared)_/, with: "")
      sums[name, default: 0] += element.elements
    }
    for (name, elements) in sums {
      let expected = try golden.number(group, "elements", name)
      #expect(Double(elements) == expected, "\(name)")
    }
    func bytes(_ recompute: Set<ActivationPolicy.Recompute>, _ cached: Precision) -> Double {
      model.activationBytesPerToken(
        isExpertLayer: true, policy: ActivationPolicy(recompute: recompute, cached: cached))
    }
    let all: Set<ActivationPolicy.Recompute> = [
      .rmsnorm, .attentionUpProjection, .swiglu, .expertOutput,
    ]

    #expect(bytes([], .bf16) == (try golden.number(group, "bytes_bf16_no_recompute")))
    #expect(
      bytes([], .bf16) - bytes([.rmsnorm], .bf16)
        == (try golden.number(group, "recompute_rmsnorm_saves")))
    #expect(
      bytes([.rmsnorm, .attentionUpProjection], .bf16)
        == (try golden.number(group, "bytes_after_both")))
    #expect(
      bytes(all, .bf16)
        == (try golden.number(group, "bytes_also_recompute_swiglu_and_expert_out")))
    #expect(
      bytes(all, .fp8)
        == (try golden.number(group, "bytes_also_fp8_dispatch_and_swiglu_inputs")))
  }

  @Test("message sizes of expert traffic")
  func messages() throws {
    let messages = ExpertMessages(hidden: 7168, topK: 8, dispatch: .fp8, combine: .bf16)
    let group = "comm_bytes_per_token"

    #expect(Double(messages.dispatchPayload) == (try golden.number(group, "dispatch_fp8_total")))
    #expect(
      Double(messages.dispatchMessage) == (try golden.number(group, "dispatch_msg_normal_kernel")))
    #expect(
      Double(messages.lowLatencyDispatchMessage)
        == (try golden.number(group, "dispatch_msg_low_latency")))
    #expect(Double(messages.combinePayload) == (try golden.number(group, "combine_bf16")))
    #expect(Double(messages.combineMessage) == (try golden.number(group, "combine_msg_normal")))
    // 22 blocks of 128 and one of 64, each with a scale of 4 bytes.
    let uneven = ExpertMessages(hidden: 2880, topK: 4, dispatch: .fp8, combine: .bf16)
    #expect(uneven.dispatchPayload == 2880 + 23 * 4)
  }
}
