// A multi-token prediction module: joins the hidden state of position i with the embedding of a
// later token, runs one layer and predicts the token behind that one (DeepSeek-V3 report, section
// 2.2). Module m (from 0) joins token i + 1 + m and predicts token i + 2 + m.
// Legend of shapes: T tokens of the module (length L - 1 - m of each sequence), d width.

/// What a prediction module keeps between forward and backward.
final class PredictionActivations {
  /// Embeddings of the joined tokens and the hidden states that they meet `[T, d]` each.
  let embedded: Matrix
  let hidden: Matrix
  /// r of their norms `[1, T]` each.
  let embeddedInverse: Matrix
  let hiddenInverse: Matrix
  /// Both normalised, side by side `[T, 2 d]`.
  let joined: Matrix
  /// The layer's input and output `[T, d]` each.
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
  /// Its pass has the module's own, shorter shape.
  let pass: Pass
  let bias: UnsafeMutablePointer<Float>
  let embedding: Slot
  let head: Slot

  private var block: Block { Block(slots: slots.block, pass: pass, bias: bias) }
  private var output: Head { Head(norm: slots.outputNorm, head: head, pass: pass) }
  private var embeddings: Embedding { Embedding(slot: embedding, pass: pass) }

  /// Columns of `joined` for the embedding and the hidden state.
  private var columns: (embedding: Range<Int>, hidden: Range<Int>) {
    let width = pass.model.width
    let (first, second) = (0..<width, width..<2 * width)
    return pass.model.joinOrder == .embeddingFirst ? (first, second) : (second, first)
  }

  /// Logits of the module.
  ///
  /// - Parameters:
  ///   - tokens: the joined token of each row.
  ///   - hidden: the states before the module, of sequences one token longer.
  func forward(_ tokens: [Int32], _ hidden: Matrix, saving saved: PredictionActivations) {
    let weights = pass.weights
    embeddings.forward(tokens, into: saved.embedded)
    forEachRow { row, longer in
      saved.hidden.row(row).update(from: hidden.row(longer), count: hidden.columns)
    }
    pass.norm.forward(
      saved.embedded, gain: weights.matrix(slots.embeddingNorm),
      into: saved.joined.columns(columns.embedding), inverse: saved.embeddedInverse)
    pass.norm.forward(
      saved.hidden, gain: weights.matrix(slots.hiddenNorm),
      into: saved.joined.columns(columns.hidden), inverse: saved.hiddenInverse)
    pass.linear.forward(saved.joined, weights.matrix(slots.join), into: saved.input)
    block.forward(saved.input, into: saved.output, saving: saved.block)
    output.forward(saved.output, saving: saved.head)
  }

  /// Rows of the module, each with its row among sequences one token longer.
  private func forEachRow(_ body: (_ row: Int, _ longer: Int) -> Void) {
    let length = pass.shape.length
    for row in 0..<pass.shape.tokens {
      let (sequence, position) = row.quotientAndRemainder(dividingBy: length)
      body(row, sequence * (length + 1) + position)
    }
  }

  /// The sum of cross-entropies; logits become their gradient times `weight`.
  func loss(_ targets: [Int32], weight: Float, saved: PredictionActivations) -> Double {
    output.loss(targets, weight: weight, saved: saved.head)
  }

  /// Gradients of all weights; that of the hidden states is added to `dhidden`.
  ///
  /// - Parameter following: whether `saved.gradient` holds what a following module gave.
  func backward(
    _ tokens: [Int32], into dhidden: Matrix, saved: PredictionActivations, following: Bool
  ) {
    let (weights, gradients) = (pass.weights, pass.gradients)
    output.backward(
      saved.output, into: saved.gradient, saved: saved.head, accumulateHead: true,
      accumulate: following)
    block.backward(saved.gradient, saved.input, saved: saved.block)
    pass.linear.backwardInput(
      saved.gradient, weights.matrix(slots.join), into: saved.joinedGradient)
    pass.linear.backwardWeight(saved.gradient, saved.joined, into: gradients.matrix(slots.join))
    let part = pass.scratch.normed.matrix(pass.shape.tokens, pass.model.width)
    pass.norm.backward(
      saved.joinedGradient.columns(columns.embedding), saved.embedded,
      gain: weights.matrix(slots.embeddingNorm), inverse: saved.embeddedInverse, into: part,
      dgain: gradients.matrix(slots.embeddingNorm), partials: pass.scratch.partials,
      accumulate: false)
    embeddings.backward(tokens, part)
    pass.norm.backward(
      saved.joinedGradient.columns(columns.hidden), saved.hidden,
      gain: weights.matrix(slots.hiddenNorm), inverse: saved.hiddenInverse, into: part,
      dgain: gradients.matrix(slots.hiddenNorm), partials: pass.scratch.partials,
      accumulate: false)
    forEachRow { row, longer in
      addScaled(1, part.row(row), to: dhidden.row(longer), part.columns)
    }
  }
}
