// One batch through the model and back: the order of layers, the losses, and what is kept between.
//
// Memory is made once for a shape. With recomputation, layers keep only their inputs and share the
// rest: the backward runs each layer's forward again. It is the same arithmetic on the same
// numbers, so gradients are equal to the last bit. Legend of shapes: S sequences, L length, T = S L
// tokens, d width.

/// The mean losses of a batch.
public struct BatchLosses: Equatable, Sendable {
  /// Cross-entropy of the next token, in nats.
  public var main = 0.0
  /// Cross-entropies of the prediction modules, over the positions that they predict.
  public var predictions: [Double] = []
  /// Sum of the routers' balance losses, without weight.
  public var balance = 0.0
  /// What is minimised.
  public var total = 0.0
}

/// How batches are computed.
public struct PassSettings: Sendable {
  /// Who runs the parts of operations.
  public var workers = Workers.one
  /// The loss that asks for balanced experts.
  public var balance = BalanceLoss(weight: 0)
  /// Precision of linear layers.
  public var precision = Precision.fp32
  /// Weight of the prediction modules' mean loss (DeepSeek-V3 report, section 4.2: 0.3 at first).
  public var predictionWeight = 0.3
  /// Whether layers keep only their inputs and run forward again in the backward.
  public var recomputes = false

  public init() {}
}

/// Forward and backward of batches of one shape.
public final class BatchPass {
  public let transformer: Transformer
  public let shape: BatchShape
  let settings: PassSettings
  /// Gradients of all weights, after `backward`.
  public let gradients: FloatBuffer

  private let pass: Pass
  /// The residual stream before each layer and behind the last, and its gradient `[T, d]` each.
  private let streams: [Matrix]
  private let blocks: [BlockActivations]
  /// What each router decided, layers first and then prediction modules.
  let routers: [RouterActivations]
  private let head: HeadActivations
  private let predictions: [PredictionActivations]
  private let memory: FloatBuffer
  /// Inputs and targets of the batch at hand `[S, L + 1]`.
  private var tokens: [Int32] = []

  /// - Precondition: sequences are longer than the prediction modules are many.
  public init(_ transformer: Transformer, _ shape: BatchShape, _ settings: PassSettings) {
    let model = transformer.configuration
    precondition(shape.length > model.predictionModules, "a token is left for every module")
    self.transformer = transformer
    self.shape = shape
    self.settings = settings
    gradients = FloatBuffer(transformer.layout.count)
    pass = Pass(
      model: model, weights: transformer.parameters, gradients: gradients,
      linear: Linear(precision: settings.precision, workers: settings.workers),
      workers: settings.workers, shape: shape,
      balance: settings.balance,
      rotation: RotationTable(model.rotary, width: model.rotaryWidth, positions: shape.length),
      scratch: Scratch(model, shape))
    let memory = FloatBuffer((model.layers + 2) * shape.tokens * model.width)
    streams = (0..<model.layers + 2).map {
      memory.matrix(shape.tokens, model.width, at: $0 * shape.tokens * model.width)
    }
    self.memory = memory
    let routers = (0..<model.routers).map {
      let module = $0 - model.expertLayers
      let length = module < 0 ? shape.length : shape.length - 1 - module
      return RouterActivations(model.gate, tokens: shape.sequences * length)
    }
    self.routers = routers
    blocks = Self.blocks(transformer, shape, routers, shared: settings.recomputes)
    head = HeadActivations(model, tokens: shape.tokens)
    predictions = (0..<model.predictionModules).map {
      let shorter = BatchShape(sequences: shape.sequences, length: shape.length - 1 - $0)
      return PredictionActivations(model, shorter, router: routers[model.expertLayers + $0])
    }
  }

  private static func blocks(
    _ transformer: Transformer, _ shape: BatchShape, _ routers: [RouterActivations], shared: Bool
  ) -> [BlockActivations] {
    let model = transformer.configuration
    func block(_ layer: Int) -> BlockActivations {
      BlockActivations(
        model, shape, router: transformer.router(ofLayer: layer).map { routers[$0] })
    }
    guard shared else { return (0..<model.layers).map(block) }
    let dense = model.denseLayers > 0 ? block(0) : nil
    let mixture = model.expertLayers > 0 ? block(model.denseLayers) : nil
    return (0..<model.layers).compactMap { $0 < model.denseLayers ? dense : mixture }
  }

  private func block(_ layer: Int) -> Block {
    if case .mixture(let inside) = blocks[layer].feedForward.inside,
      let router = transformer.router(ofLayer: layer)
    {
      inside.router = routers[router]
    }
    return Block(
      slots: transformer.layout.blocks[layer], pass: pass,
      bias: transformer.router(ofLayer: layer).map { transformer.bias($0) })
  }

  private var output: Head {
    Head(norm: transformer.layout.finalNorm, head: transformer.layout.head, pass: pass)
  }

  private func prediction(_ index: Int) -> PredictionModule {
    PredictionModule(
      slots: transformer.layout.predictions[index], pass: pass.with(predictions[index].shape),
      bias: transformer.bias(transformer.configuration.expertLayers + index),
      embedding: transformer.layout.embedding, head: transformer.layout.head)
  }

  /// Tokens at a distance behind each of the first `length` positions of every sequence.
  private func tokens(ahead distance: Int, length: Int) -> [Int32] {
    var result: [Int32] = []
    result.reserveCapacity(shape.sequences * length)
    for sequence in 0..<shape.sequences {
      let first = sequence * (shape.length + 1) + distance
      result += tokens[first..<first + length]
    }
    return result
  }

  /// Runs the model forward: logits and routing.
  ///
  /// - Parameter tokens: `[S, L + 1]`; the last of each sequence is only a target.
  /// - Precondition: there are as many, all inside the vocabulary.
  public func forward(_ tokens: [Int32]) {
    precondition(tokens.count == shape.sequences * (shape.length + 1), "a batch of the shape")
    precondition(
      tokens.allSatisfy { (0..<Int32(pass.model.vocabulary)).contains($0) },
      "tokens of the vocabulary")
    self.tokens = tokens
    Embedding(slot: transformer.layout.embedding, pass: pass).forward(
      self.tokens(ahead: 0, length: shape.length), into: streams[0])
    for layer in blocks.indices {
      block(layer).forward(streams[layer], into: streams[layer + 1], saving: blocks[layer])
    }
    output.forward(streams[blocks.count], saving: head)
    var hidden = streams[blocks.count]
    for (index, saved) in predictions.enumerated() {
      prediction(index).forward(
        self.tokens(ahead: index + 1, length: saved.shape.length), hidden, saving: saved)
      hidden = saved.output
    }
  }

  /// The losses of the batch; logits become their gradients, as `backward` needs them.
  public func losses() -> BatchLosses {
    var losses = BatchLosses()
    losses.main =
      output.loss(
        tokens(ahead: 1, length: shape.length), weight: 1 / Float(shape.tokens), saved: head)
      / Double(shape.tokens)
    for (index, saved) in predictions.enumerated() {
      let weight = settings.predictionWeight / Double(predictions.count * saved.shape.tokens)
      let sum = prediction(index).loss(
        tokens(ahead: index + 2, length: saved.shape.length), weight: Float(weight), saved: saved)
      losses.predictions.append(sum / Double(saved.shape.tokens))
    }
    for router in routers { losses.balance += router.balance }
    losses.total = losses.main + settings.balance.weight * losses.balance
    for loss in losses.predictions {
      losses.total += settings.predictionWeight * loss / Double(losses.predictions.count)
    }
    return losses
  }

  /// Gradients of all weights.
  ///
  /// - Precondition: `forward` and `losses` went before.
  public func backward() {
    let gradient = streams[blocks.count + 1]
    gradients.matrix(transformer.layout.embedding).clear()
    output.backward(
      streams[blocks.count], into: gradient, saved: head, accumulateHead: false,
      accumulate: false)
    for (index, saved) in predictions.enumerated().reversed() {
      let earlier = index > 0 ? predictions[index - 1].gradient : gradient
      if index > 0 { earlier.clear() }
      prediction(index).backward(
        tokens(ahead: index + 1, length: saved.shape.length), into: earlier, saved: saved,
        following: index + 1 < predictions.count)
    }
    for layer in blocks.indices.reversed() {
      let block = block(layer)
      if settings.recomputes {
        block.forward(streams[layer], into: streams[layer + 1], saving: blocks[layer])
      }
      block.backward(gradient, streams[layer], saved: blocks[layer])
    }
    Embedding(slot: transformer.layout.embedding, pass: pass).backward(
      tokens(ahead: 0, length: shape.length), gradient)
  }

  /// Logits of the main model `[T, vocabulary]`, before `losses` replaces them.
  public var logits: [Float] { copy(head.logits) }

  /// Logits of a prediction module, before `losses` replaces them.
  public func predictionLogits(_ module: Int) -> [Float] { copy(predictions[module].head.logits) }

  /// The residual stream behind a layer `[T, d]`.
  public func hidden(afterLayer layer: Int) -> [Float] { copy(streams[layer + 1]) }

  private func copy(_ matrix: Matrix) -> [Float] {
    (0..<matrix.rows).flatMap {
      Array(UnsafeBufferPointer(start: matrix.row($0), count: matrix.columns))
    }
  }
}
