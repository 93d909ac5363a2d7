// A multi-token prediction module: one layer that predicts a token further ahead from a hidden
// state and the embedding of the token before it (DeepSeek-V3 report, section 2.2). At position i,
// module m (from 0) reads token i + 1 + m and predicts token i + 2 + m.
// Legend of shapes: T tokens of the module (L - 1 - m per sequence), d width.

/// The activations that a prediction module saves for backward.
final class PredictionActivations {
  /// Embeddings of the tokens ahead, and the hidden states `[T, d]` each.
  let embedded: Matrix
  let hidden: Matrix
  /// r of their norms `[1, T]` each.
  let embeddedInverse: Matrix
  let hiddenInverse: Matrix
  /// Both, normalised and concatenated `[T, 2 d]`.
  let joined: Matrix
  /// Input and output of the layer `[T, d]` each.
  let input: Matrix
  let output: Matrix
  /// Gradient of the layer's output, then of its input `[T, d]`.
  let gradient: Matrix
  /// Gradient of `joined` `[T, 2 d]`.
  let joinedGradient: Matrix
  let block: BlockActivations
  let head: HeadActivations
  let shape: BatchShape
  private let memory: FloatBuffer

  init(_ model: ModelConfiguration, _ shape: BatchShape, router: RouterActivations) {
    self.shape = shape
    let (tokens, width) = (shape.tokens, model.width)
    memory = FloatBuffer(tokens * (9 * width + 2))
    embedded = memory.matrix(tokens, width)
    hidden = memory.matrix(tokens, width, at: tokens * width)
    joined = memory.matrix(tokens, 2 * width, at: tokens * 2 * width)
    input = memory.matrix(tokens, width, at: tokens * 4 * width)
    output = memory.matrix(tokens, width, at: tokens * 5 * width)
    gradient = memory.matrix(tokens, width, at: tokens * 6 * width)
    joinedGradient = memory.matrix(tokens, 2 * width, at: tokens * 7 * width)
    embeddedInverse = memory.matrix(1, tokens, at: tokens * 9 * width)
    hiddenInverse = memory.matrix(1, tokens, at: tokens * (9 * width + 1))
    block = BlockActivations(model, shape, router: router)
    head = HeadActivations(model, tokens: tokens)
  }
}

/// One prediction module.
struct PredictionModule {
  let slots: PredictionSlots
  /// The context of the module's sequences, which are shorter than those of the main model.
  let context: LayerContext
  let bias: UnsafeMutablePointer<Float>
  let embedding: Slot
  let head: Slot

  private var block: Block { Block(slots: slots.block, context: context, bias: bias) }
  private var output: Head { Head(norm: slots.outputNorm, head: head, context: context) }
  private var embeddings: Embedding { Embedding(slot: embedding, context: context) }

  /// The columns of `joined` that hold the embedding and the hidden state.
  private var columns: (embedding: Range<Int>, hidden: Range<Int>) {
    let width = context.model.width
    let (first, second) = (0..<width, width..<2 * width)
    return context.model.joinOrder == .embeddingFirst ? (first, second) : (second, first)
  }

  /// Computes the logits of the module.
  ///
  /// - Parameters:
  ///   - tokens: the token ahead for each row.
  ///   - hidden: the hidden states before the module, with one token more per sequence.
  func forward(_ tokens: [Int32], _ hidden: Matrix, saving saved: PredictionActivations) {
    let weights = context.weights
    embeddings.forward(tokens, into: saved.embedded)
    forEachRow { row, longer in
      saved.hidden.row(row).update(from: hidden.row(longer), count: hidden.columns)
    }
    context.norm.forward(
      saved.embedded, gain: weights.matrix(slots.embeddingNorm),
      into: saved.joined.columns(columns.embedding), inverse: saved.embeddedInverse)
    context.norm.forward(
      saved.hidden, gain: weights.matrix(slots.hiddenNorm),
      into: saved.joined.columns(columns.hidden), inverse: saved.hiddenInverse)
    context.linear.forward(saved.joined, weights.matrix(slots.join), into: saved.input)
    block.forward(saved.input, into: saved.output, saving: saved.block)
    output.forward(saved.output, saving: saved.head)
  }

  /// Calls `body` with each row of the module and the corresponding row of the hidden states, which
  /// have one token more per sequence.
  private func forEachRow(_ body: (_ row: Int, _ longer: Int) -> Void) {
    let length = context.shape.length
    for row in 0..<context.shape.tokens {
      let (sequence, position) = row.quotientAndRemainder(dividingBy: length)
      body(row, sequence * (length + 1) + position)
    }
  }

  /// The sum of the cross-entropies; replaces the logits by their gradient times `weight`.
  func loss(_ targets: [Int32], weight: Float, saved: PredictionActivations) -> Double {
    output.loss(targets, weight: weight, saved: saved.head)
  }

  /// The gradients of all weights; adds the gradient of the hidden states to `dhidden`.
  ///
  /// - Parameter following: whether a following module has already added to `saved.gradient`.
  func backward(
    _ tokens: [Int32], into dhidden: Matrix, saved: PredictionActivations, following: Bool
  ) {
    let (weights, gradients) = (context.weights, context.gradients)
    output.backward(
      saved.output, into: saved.gradient, saved: saved.head, accumulateHead: true,
      accumulate: following)
    block.backward(saved.gradient, saved.input, saved: saved.block)
    context.linear.backwardInput(
      saved.gradient, weights.matrix(slots.join), into: saved.joinedGradient)
    context.linear.backwardWeight(saved.gradient, saved.joined, into: gradients.matrix(slots.join))
    let part = context.scratch.normed.matrix(context.shape.tokens, context.model.width)
    context.norm.backward(
      saved.joinedGradient.columns(columns.embedding), saved.embedded,
      gain: weights.matrix(slots.embeddingNorm), inverse: saved.embeddedInverse, into: part,
      dgain: gradients.matrix(slots.embeddingNorm), partials: context.scratch.partials,
      accumulate: false)
    embeddings.backward(tokens, part)
    context.norm.backward(
      saved.joinedGradient.columns(columns.hidden), saved.hidden,
      gain: weights.matrix(slots.hiddenNorm), inverse: saved.hiddenInverse, into: part,
      dgain: gradients.matrix(slots.hiddenNorm), partials: context.scratch.partials,
      accumulate: false)
    forEachRow { row, longer in
      addScaled(1, part.row(row), to: dhidden.row(longer), part.columns)
    }
  }
}
