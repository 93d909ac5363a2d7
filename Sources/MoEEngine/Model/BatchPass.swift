// The forward and backward pass of one batch: the order of the layers and the losses.
//
// Memory is allocated once per shape. With activation recomputation, layers save only their inputs
// and share the memory of all other activations; backward repeats the forward of each layer first.
// This is the same arithmetic on the same numbers, so gradients are equal to the last bit.
//
// Legend of shapes: S sequences, L length, T = S L tokens, d width.

import Units

/// The size of a batch: sequences of equal length, one after another in memory.
package struct BatchShape: Hashable, Sendable {
  /// Sequences per batch.
  package var sequences: Int
  /// Tokens per sequence.
  package var length: Int
  /// Tokens per batch.
  package var tokens: Int { sequences * length }

  package init(sequences: Int, length: Int) {
    self.sequences = sequences
    self.length = length
  }
}

/// The mean losses of a batch.
package struct BatchLosses: Equatable, Sendable {
  /// Cross-entropy of the next token, in nats.
  package var main = 0.0
  /// Cross-entropy of each prediction module, over the positions that it predicts.
  package var predictions: [Double] = []
  /// Sum of the routers' balance losses, unweighted.
  package var balance = 0.0
  /// The training objective: the weighted sum of all losses.
  package var total = 0.0
}

/// Settings of forward and backward.
package struct PassSettings: Sendable {
  /// Runs the parts of operations.
  package var workers = Workers.one
  /// The auxiliary loss for load balance.
  package var balance = BalanceLoss(weight: 0)
  /// Precision of linear layers.
  package var precision = LinearPrecision.fp32
  /// Weight of the prediction modules' mean loss (DeepSeek-V3 report, section 4.2: 0.3 at first).
  package var predictionWeight = 0.3
  /// Whether activations are recomputed during backward instead of saved.
  package var recomputes = false

  package init() {}
}

/// Forward and backward passes over batches of one shape.
package final class BatchPass {
  package let transformer: Transformer
  package let shape: BatchShape
  let settings: PassSettings
  /// Gradients of all weights, after `backward`.
  package let gradients: FloatBuffer

  private let context: LayerContext
  /// The residual stream before each layer and after the last, then its gradient; `[T, d]` each.
  let streams: [Matrix]
  private let blocks: [BlockActivations]
  /// Routing decisions of each router: layers first, then prediction modules.
  let routers: [RouterActivations]
  let head: HeadActivations
  let predictions: [PredictionActivations]
  private let memory: FloatBuffer
  /// Inputs and targets of the current batch `[S, L + 1]`.
  private var tokens: [Int32] = []

  /// A pass with memory for a shape.
  ///
  /// - Precondition: sequences have more tokens than the model has prediction modules.
  package init(_ transformer: Transformer, _ shape: BatchShape, _ settings: PassSettings) {
    let model = transformer.configuration
    precondition(
      shape.length > model.predictionModules, "sequences are too short for the prediction modules")
    self.transformer = transformer
    self.shape = shape
    self.settings = settings
    gradients = FloatBuffer(transformer.layout.count)
    context = LayerContext(
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
    if case .mixture(let mixture) = blocks[layer].feedForward.network,
      let router = transformer.router(ofLayer: layer)
    {
      mixture.router = routers[router]
    }
    return Block(
      slots: transformer.layout.blocks[layer], context: context,
      bias: transformer.router(ofLayer: layer).map { transformer.bias($0) })
  }

  private var output: Head {
    Head(norm: transformer.layout.finalNorm, head: transformer.layout.head, context: context)
  }

  private func prediction(_ index: Int) -> PredictionModule {
    PredictionModule(
      slots: transformer.layout.predictions[index], context: context.with(predictions[index].shape),
      bias: transformer.bias(transformer.configuration.expertLayers + index),
      embedding: transformer.layout.embedding, head: transformer.layout.head)
  }

  /// The tokens `distance` positions after each of the first `length` positions of every sequence.
  private func tokens(ahead distance: Int, length: Int) -> [Int32] {
    var result: [Int32] = []
    result.reserveCapacity(shape.sequences * length)
    for sequence in 0..<shape.sequences {
      let first = sequence * (shape.length + 1) + distance
      result += tokens[first..<first + length]
    }
    return result
  }

  /// Computes logits and routing.
  ///
  /// - Parameter tokens: `[S, L + 1]`; the last token of each sequence is only a target.
  /// - Precondition: the number of tokens matches the shape, and all are in the vocabulary.
  package func forward(_ tokens: [Int32]) {
    precondition(
      tokens.count == shape.sequences * (shape.length + 1), "\(tokens.count) tokens for \(shape)")
    precondition(
      tokens.allSatisfy { (0..<Int32(context.model.vocabulary)).contains($0) },
      "a token is not in the vocabulary")
    self.tokens = tokens
    Embedding(slot: transformer.layout.embedding, context: context).forward(
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

  /// Computes the losses and replaces the logits by their gradients, which `backward` needs.
  package func losses() -> BatchLosses {
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

  /// Computes the gradients of all weights.
  ///
  /// - Precondition: `forward` and `losses` have been called for the batch.
  package func backward() {
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
    Embedding(slot: transformer.layout.embedding, context: context).backward(
      tokens(ahead: 0, length: shape.length), gradient)
  }
}
