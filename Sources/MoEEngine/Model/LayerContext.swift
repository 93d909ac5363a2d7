// What the layers of one forward or backward share: weights, gradients, arithmetic, shape, scratch.

/// Sequences of equal length that go through the model together, one after another in memory.
public struct BatchShape: Hashable, Sendable {
  /// Sequences.
  public var sequences: Int
  /// Tokens of each.
  public var length: Int
  /// Tokens of all.
  public var tokens: Int { sequences * length }

  public init(sequences: Int, length: Int) {
    self.sequences = sequences
    self.length = length
  }
}

/// The surroundings of a layer's work.
struct Pass {
  /// Sizes and rules.
  let model: ModelConfiguration
  /// All weights.
  let weights: FloatBuffer
  /// Their gradients. Every product overwrites its own: a weight is used once in a step.
  let gradients: FloatBuffer
  /// Products with weights, in the precision asked for.
  let linear: Linear
  let workers: Workers
  let shape: BatchShape
  /// The loss that asks for balanced experts.
  let balance: BalanceLoss
  /// Angles of all positions.
  let rotation: RotationTable
  /// Memory of the backward, used by one layer after another.
  let scratch: Scratch

  /// RMSNorm with the model's epsilon.
  var norm: Normalization { Normalization(epsilon: model.normEpsilon, workers: workers) }

  /// The same surroundings for another shape, such as that of the prediction modules.
  func with(_ shape: BatchShape) -> Pass {
    Pass(
      model: model, weights: weights, gradients: gradients, linear: linear, workers: workers,
      shape: shape, balance: balance, rotation: rotation, scratch: scratch)
  }
}

/// Scratch of the backward, sized for the largest shape.
final class Scratch {
  /// Gradient of a normalised input: `[tokens, width]`.
  let normed: FloatBuffer
  /// Gradient of heads' outputs: `[tokens, heads x value]`.
  let headOutput: FloatBuffer
  /// Gradients of queries and keys: `[tokens, heads x (plain + rotary)]` each.
  let query: FloatBuffer
  let key: FloatBuffer
  /// Gradient of keys without position and values: `[tokens, heads x (plain + value)]`.
  let keyValue: FloatBuffer
  /// Gradient of attention scores: `[sequences x heads x length, length]`.
  let scores: FloatBuffer
  /// Gradients of the down-projections: `[tokens, queryRank + keyValueRank + rotary]`.
  let down: FloatBuffer
  /// Gradients of their normalised parts: `[tokens, queryRank + keyValueRank]`.
  let ranks: FloatBuffer
  /// Gradients of a dense network's insides: `[tokens, 3 x hidden]`.
  let hidden: FloatBuffer
  /// What experts return, or gradients of dispatched tokens: `[tokens x topK, width]`.
  let slots: FloatBuffer
  /// Gradients of router logits: `[tokens, experts]`.
  let logits: FloatBuffer
  /// Gradients of slots' weights: `[1, tokens x topK]`.
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
