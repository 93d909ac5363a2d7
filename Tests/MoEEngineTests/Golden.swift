// The golden vectors: weights, tokens and the results of a reference model in PyTorch (Float64).

import Foundation
import Routing
import Testing

@testable import MoEEngine

/// The weights and tokens of a model with 38,224 parameters.
struct GoldenModel: Decodable {
  struct Configuration: Decodable {
    var vocab, dim, n_layers, n_dense, heads, q_rank, kv_rank, d_nope, d_rope, d_v, inter: Int
    var moe_inter, experts, shared, topk, groups, topk_groups, yarn_orig, mtp_depth: Int
    var route_scale: Float
    var eps: Float
    var rope_theta, yarn_factor, yarn_beta_fast, yarn_beta_slow, yarn_mscale: Double
    var mtp_lambda, seq_aux_alpha, bias_u: Double
  }

  var config: Configuration
  var weights_x1024: [String: [Float]]
  var bias_x1024: [String: [Float]]
  var tokens: [[Int32]]

  static func load() throws -> GoldenModel { try fixture("tiny_weights") }

  var configuration: ModelConfiguration {
    var model = ModelConfiguration(
      width: config.dim, layers: config.n_layers, heads: config.heads, queryRank: config.q_rank,
      keyValueRank: config.kv_rank, plainWidth: config.d_nope, rotaryWidth: config.d_rope,
      valueWidth: config.d_v, denseWidth: config.inter, expertWidth: config.moe_inter,
      gate: Gate(
        experts: config.experts, groups: config.groups, groupLimit: config.topk_groups,
        topK: config.topk))
    model.vocabulary = config.vocab
    model.denseLayers = config.n_dense
    model.sharedExperts = config.shared
    model.routeScale = config.route_scale
    model.normEpsilon = config.eps
    model.rotary = RotaryEmbedding(
      base: config.rope_theta,
      yarn: .init(
        factor: config.yarn_factor, originalLength: config.yarn_orig,
        betaFast: config.yarn_beta_fast, betaSlow: config.yarn_beta_slow,
        mscale: config.yarn_mscale))
    model.predictionModules = config.mtp_depth
    return model
  }

  /// The model with the golden weights and biases.
  var transformer: Transformer {
    let transformer = Transformer(configuration, seed: 1)
    for entry in transformer.layout.entries {
      transformer.parameters[entry.offset..<entry.offset + entry.count] =
        (weights_x1024[entry.name] ?? []).map { $0 / 1024 }
    }
    for (router, name) in GoldenModel.routers.enumerated() {
      let bias = (bias_x1024[name] ?? []).map { $0 / 1024 }
      transformer.biases[router * config.experts..<(router + 1) * config.experts] = bias
    }
    return transformer
  }

  /// A pass with the shape and the loss weights of the golden batch.
  func pass(_ transformer: Transformer, recomputes: Bool = false) -> BatchPass {
    var settings = PassSettings()
    settings.balance = BalanceLoss(weight: config.seq_aux_alpha)
    settings.predictionWeight = config.mtp_lambda
    settings.recomputes = recomputes
    return BatchPass(
      transformer, BatchShape(sequences: tokens.count, length: tokens[0].count - 1), settings)
  }

  /// Names of the routers, in the order of the engine.
  static let routers = ["L1.", "L2.", "M0."]
}

/// The results of the reference model.
struct GoldenResults: Decodable {
  struct Routing: Decodable {
    var idx: [[Int]]
    var weights: [[Float]]
    var scores_first4: [[Float]]
    var counts: [Int]
    var aux, maxvio: Double
    var new_bias: [Float]
  }
  struct Weight: Decodable {
    var sum, l2: Double
    var first4: [Double]
  }
  struct Losses: Decodable {
    var main: Double
    var mtp: [Double]
  }

  var loss_main, aux_sum, loss_total, grad_norm, softmax_scale: Double
  var loss_mtp: [Double]
  var rope_freqs: [Double]
  var logits: [Double]
  var mtp_logits: [[Double]]
  var hidden_after_layer_last_token: [[Double]]
  var routing: [String: Routing]
  var grads: [String: [Double]]
  var adamw_after: [String: Weight]
  var loss_after_step: Losses

  static func load() throws -> GoldenResults { try fixture("tiny_expected") }
}

extension BatchPass {
  /// The logits of the main model `[T, vocabulary]`, until `losses` overwrites them.
  var logits: [Float] { copy(head.logits) }

  /// The logits of a prediction module, until `losses` overwrites them.
  func predictionLogits(_ module: Int) -> [Float] { copy(predictions[module].head.logits) }

  /// The residual stream after a layer `[T, d]`.
  func hidden(afterLayer layer: Int) -> [Float] { copy(streams[layer + 1]) }

  private func copy(_ matrix: Matrix) -> [Float] {
    (0..<matrix.rows).flatMap {
      Array(UnsafeBufferPointer(start: matrix.row($0), count: matrix.columns))
    }
  }
}

/// Decodes a JSON fixture.
func fixture<Value: Decodable>(_ name: String, as: Value.Type = Value.self) throws -> Value {
  let url = try #require(
    Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json"))
  return try JSONDecoder().decode(Value.self, from: Data(contentsOf: url))
}
