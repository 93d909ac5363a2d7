// Incremental inference with KV caches: the main model and its first prediction module.
// Legend of shapes: n new tokens, d width, V vocabulary.

/// Memory for a fixed number of new tokens, shared by all layers.
private final class DecoderMemory {
  let context: LayerContext
  /// The residual stream before or after a layer `[n, d]`.
  let stream: Matrix
  /// The residual stream after attention `[n, d]`.
  let middle: Matrix
  /// The inputs of a prediction module, normalised and concatenated `[n, 2 d]`, and r of a norm.
  let joined: Matrix
  let inverse: Matrix
  let dense: FeedForwardActivations
  let mixture: FeedForwardActivations
  let head: HeadActivations
  private let memory: FloatBuffer

  init(_ transformer: Transformer, rotation: RotationTable, tokens: Int) {
    let model = transformer.configuration
    let shape = BatchShape(sequences: 1, length: tokens)
    context = LayerContext(
      model: model, weights: transformer.parameters, gradients: FloatBuffer(0),
      linear: Linear(precision: .fp32, workers: .one), workers: .one, shape: shape,
      balance: BalanceLoss(weight: 0), rotation: rotation, scratch: Scratch(model, shape))
    memory = FloatBuffer(tokens * (4 * model.width + 1))
    stream = memory.matrix(tokens, model.width)
    middle = memory.matrix(tokens, model.width, at: tokens * model.width)
    joined = memory.matrix(tokens, 2 * model.width, at: 2 * tokens * model.width)
    inverse = memory.matrix(1, tokens, at: 4 * tokens * model.width)
    dense = FeedForwardActivations(model, tokens: tokens, router: nil)
    mixture = FeedForwardActivations(
      model, tokens: tokens, router: RouterActivations(model.gate, tokens: tokens))
    head = HeadActivations(model, tokens: tokens)
  }
}

/// Incremental inference over one sequence.
package final class TokenDecoder {
  /// The largest number of tokens per pass; longer inputs are split.
  private static let chunk = 32

  private let transformer: Transformer
  private let form: AttentionForm
  private let rotation: RotationTable
  private let caches: [KeyValueCache]
  private let draftCache: KeyValueCache
  /// Memory by number of new tokens.
  private var memories: [DecoderMemory?]
  /// Hidden states of the cached tokens, before the final norm `[capacity, d]`.
  private let hidden: FloatBuffer

  /// A decoder with empty caches.
  ///
  /// - Parameters:
  ///   - transformer: the model with its weights.
  ///   - capacity: the largest number of tokens.
  ///   - form: how attention reads the cached latents.
  package init(_ transformer: Transformer, capacity: Int, form: AttentionForm = .absorbed) {
    let model = transformer.configuration
    self.transformer = transformer
    self.form = form
    rotation = RotationTable(model.rotary, width: model.rotaryWidth, positions: capacity)
    caches = (0..<model.layers).map { _ in KeyValueCache(model, capacity: capacity) }
    draftCache = KeyValueCache(model, capacity: capacity)
    memories = Array(repeating: nil, count: Self.chunk + 1)
    hidden = FloatBuffer(capacity * model.width)
  }

  /// Tokens in the caches of the main model.
  package var count: Int { caches.first?.count ?? 0 }
  /// Tokens in the cache of the prediction module; at most `count`.
  package var draftCount: Int { draftCache.count }

  private func memory(_ tokens: Int) -> DecoderMemory {
    if let memory = memories[tokens] { return memory }
    let memory = DecoderMemory(transformer, rotation: rotation, tokens: tokens)
    memories[tokens] = memory
    return memory
  }

  private func forEachChunk(_ count: Int, _ body: (Range<Int>) -> Void) {
    for start in stride(from: 0, to: count, by: Self.chunk) {
      body(start..<min(start + Self.chunk, count))
    }
  }

  /// Runs the main model on new tokens and appends them to the caches.
  ///
  /// - Returns: the logits for the token after each of them, `[n, V]`.
  /// - Precondition: the capacity suffices.
  package func append(_ tokens: [Int32]) -> [Float] {
    var logits: [Float] = []
    forEachChunk(tokens.count) { logits += appendChunk(Array(tokens[$0])) }
    return logits
  }

  private func appendChunk(_ tokens: [Int32]) -> [Float] {
    let memory = memory(tokens.count)
    let layout = transformer.layout
    let first = count
    Embedding(slot: layout.embedding, context: memory.context).forward(tokens, into: memory.stream)
    for layer in layout.blocks.indices {
      run(
        layout.blocks[layer], router: transformer.router(ofLayer: layer), caches[layer], memory)
    }
    let width = transformer.configuration.width
    hidden.matrix(tokens.count, width, at: first * width).copy(memory.stream)
    return logits(memory, norm: layout.finalNorm)
  }

  /// Runs one layer on `memory.stream`, in place.
  private func run(
    _ slots: BlockSlots, router: Int?, _ cache: KeyValueCache, _ memory: DecoderMemory
  ) {
    CachedAttention(slots: slots, context: memory.context, form: form, cache: cache).forward(
      memory.stream, into: memory.middle)
    let block = Block(
      slots: slots, context: memory.context, bias: router.map { transformer.bias($0) })
    block.feedForward(
      memory.middle, into: memory.stream, saving: router == nil ? memory.dense : memory.mixture)
  }

  private func logits(_ memory: DecoderMemory, norm: Slot) -> [Float] {
    Head(norm: norm, head: transformer.layout.head, context: memory.context).forward(
      memory.stream, saving: memory.head)
    let logits = memory.head.logits
    return Array(UnsafeBufferPointer(start: logits.start, count: logits.rows * logits.columns))
  }

  /// Runs the first prediction module on the next cached positions.
  ///
  /// - Parameter next: the token after each position, starting at position `draftCount`.
  /// - Returns: the module's logits for the token after each of these, `[n, V]`.
  /// - Precondition: the model has a prediction module and has cached the positions.
  package func draft(_ next: [Int32]) -> [Float] {
    precondition(draftCount + next.count <= count, "the main model has not cached the position")
    var logits: [Float] = []
    forEachChunk(next.count) { logits += draftChunk(Array(next[$0])) }
    return logits
  }

  private func draftChunk(_ next: [Int32]) -> [Float] {
    let model = transformer.configuration
    let memory = memory(next.count)
    let slots = transformer.layout.predictions[0]
    let weights = transformer.parameters
    let width = model.width
    let (embedding, state) =
      model.joinOrder == .embeddingFirst
      ? (0..<width, width..<2 * width) : (width..<2 * width, 0..<width)
    Embedding(slot: transformer.layout.embedding, context: memory.context).forward(
      next, into: memory.stream)
    memory.context.norm.forward(
      memory.stream, gain: weights.matrix(slots.embeddingNorm),
      into: memory.joined.columns(embedding), inverse: memory.inverse)
    memory.context.norm.forward(
      hidden.matrix(next.count, width, at: draftCount * width),
      gain: weights.matrix(slots.hiddenNorm), into: memory.joined.columns(state),
      inverse: memory.inverse)
    memory.context.linear.forward(memory.joined, weights.matrix(slots.join), into: memory.stream)
    run(slots.block, router: model.expertLayers, draftCache, memory)
    return logits(memory, norm: slots.outputNorm)
  }

  /// Removes all tokens after the first `count`, from the prediction module's cache too.
  package func truncate(to count: Int) {
    for cache in caches { cache.truncate(to: count) }
    draftCache.truncate(to: min(count, draftCount))
  }
}
