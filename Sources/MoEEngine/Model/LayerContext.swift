// The state that all layers share during forward and backward.

import Units

/// Weights, gradients, shape, scratch memory and arithmetic for the layers of one model.
struct LayerContext {
  let model: ModelConfiguration
  /// All weights.
  let weights: FloatBuffer
  /// The gradients of all weights. A weight is used once per step, so products overwrite them.
  let gradients: FloatBuffer
  /// Products with weights, in the precision of linear layers.
  let linear: Linear
  let workers: Workers
  let shape: BatchShape
  /// The auxiliary loss for load balance.
  let balance: BalanceLoss
  let rotation: RotationTable
  /// Temporary memory that the layers use in turn.
  let scratch: Scratch

  /// RMSNorm with the model's epsilon.
  var norm: Normalization { Normalization(epsilon: model.normEpsilon, workers: workers) }

  /// The same context for another shape, such as the shorter sequences of a prediction module.
  func with(_ shape: BatchShape) -> LayerContext {
    LayerContext(
      model: model, weights: weights, gradients: gradients, linear: linear, workers: workers,
      shape: shape, balance: balance, rotation: rotation, scratch: scratch)
  }
}

/// Temporary memory of the layers, sized for the largest shape.
final class Scratch {
  /// Gradient of a normalised input: `[tokens, width]`.
  let normed: FloatBuffer
  /// Gradient of the heads' outputs: `[tokens, heads x value]`.
  let headOutput: FloatBuffer
  /// Gradients of queries and keys: `[tokens, heads x (plain + rotary)]` each.
  let query: FloatBuffer
  let key: FloatBuffer
  /// Gradient of plain keys and values: `[tokens, heads x (plain + value)]`.
  let keyValue: FloatBuffer
  /// Gradient of attention scores: `[sequences x heads x length, length]`.
  let scores: FloatBuffer
  /// Gradients of the down-projections: `[tokens, queryRank + keyValueRank + rotary]`.
  let down: FloatBuffer
  /// Gradients of the normalised latents: `[tokens, queryRank + keyValueRank]`.
  let ranks: FloatBuffer
  /// Gradients of a dense network's activations: `[tokens, 3 x hidden]`.
  let hidden: FloatBuffer
  /// Outputs of the experts, or gradients of dispatched tokens: `[tokens x topK, width]`.
  let slots: FloatBuffer
  /// Gradients of router logits: `[tokens, experts]`.
  let logits: FloatBuffer
  /// Gradients of the slots' weights: `[1, tokens x topK]`.
  let slotWeights: FloatBuffer
  /// Partial gradients of gains.
  let partials: FloatBuffer

  init(_ model: ModelConfiguration, _ shape: BatchShape) {
    let tokens = shape.tokens
    let visits = tokens * model.gate.topK
    let hidden = max(model.denseWidth, model.sharedExperts * model.expertWidth)
    let widest = max(model.width, model.queryRank, model.keyValueRank)
    normed = FloatBuffer(tokens * model.width)
    headOutput = FloatBuffer(tokens * model.heads * model.valueWidth)
    query = FloatBuffer(tokens * model.heads * model.headWidth)
    key = FloatBuffer(tokens * model.heads * model.headWidth)
    keyValue = FloatBuffer(tokens * model.heads * (model.plainWidth + model.valueWidth))
    scores = FloatBuffer(tokens * model.heads * shape.length)
    down = FloatBuffer(tokens * (model.queryRank + model.keyValueRank + model.rotaryWidth))
    ranks = FloatBuffer(tokens * (model.queryRank + model.keyValueRank))
    self.hidden = FloatBuffer(tokens * 3 * hidden)
    slots = FloatBuffer(visits * model.width)
    logits = FloatBuffer(tokens * model.gate.experts)
    slotWeights = FloatBuffer(visits)
    partials = FloatBuffer(Normalization.parts(of: tokens) * widest)
  }
}
