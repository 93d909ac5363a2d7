// Embedding, output head and cross-entropy loss, which the main model and the prediction modules
// share.
// Legend of shapes: T tokens, d width, V vocabulary.

/// The activations that the output head saves for backward.
final class HeadActivations {
  /// Normalised hidden states `[T, d]`, and r of their norm `[1, T]`.
  let normed: Matrix
  let inverse: Matrix
  /// Logits `[T, V]`, which the loss overwrites with their gradient.
  let logits: Matrix
  private let memory: FloatBuffer

  init(_ model: ModelConfiguration, tokens: Int) {
    memory = FloatBuffer(tokens * (model.width + 1 + model.vocabulary))
    normed = memory.matrix(tokens, model.width)
    inverse = memory.matrix(1, tokens, at: tokens * model.width)
    logits = memory.matrix(tokens, model.vocabulary, at: tokens * (model.width + 1))
  }
}

/// The final norm and the output head.
struct Head {
  /// The norm's gain.
  let norm: Slot
  /// `[V, d]`.
  let head: Slot
  let context: LayerContext

  /// The logits of hidden states `[T, d]`.
  ///
  /// Head and embedding stay in Float32, as in the published recipe.
  func forward(_ hidden: Matrix, saving saved: HeadActivations) {
    context.norm.forward(
      hidden, gain: context.weights.matrix(norm), into: saved.normed, inverse: saved.inverse)
    context.workers.multiply(
      saved.normed, context.weights.matrix(head), transposing: .second, into: saved.logits)
  }

  /// The sum of the cross-entropies; replaces the logits by their gradient times `weight`.
  ///
  /// - Parameter targets: one token per row.
  func loss(_ targets: [Int32], weight: Float, saved: HeadActivations) -> Double {
    let losses = UnsafeMutablePointer<Double>.allocate(capacity: targets.count)
    defer { losses.deallocate() }
    context.workers.run(targets.count, by: 64) { rows in
      for row in rows {
        losses[row] = Softmax.crossEntropy(
          saved.logits.row(row), saved.logits.columns, target: Int(targets[row]), weight: weight)
      }
    }
    var sum = 0.0
    for row in targets.indices { sum += losses[row] }
    return sum
  }

  /// The gradients of norm and head and, in `dhidden`, of the hidden states.
  ///
  /// - Parameters:
  ///   - accumulateHead: whether the gradient of the head is added or overwrites.
  ///   - accumulate: whether the gradient of the hidden states is added or overwrites.
  func backward(
    _ hidden: Matrix, into dhidden: Matrix, saved: HeadActivations, accumulateHead: Bool,
    accumulate: Bool
  ) {
    let dnormed = context.scratch.normed.matrix(hidden.rows, hidden.columns)
    context.workers.multiply(saved.logits, context.weights.matrix(head), into: dnormed)
    context.workers.multiply(
      saved.logits, saved.normed, transposing: .first, into: context.gradients.matrix(head),
      accumulate: accumulateHead)
    context.norm.backward(
      dnormed, hidden, gain: context.weights.matrix(norm), inverse: saved.inverse, into: dhidden,
      dgain: context.gradients.matrix(norm), partials: context.scratch.partials,
      accumulate: accumulate)
  }
}

/// The token embedding.
struct Embedding {
  /// `[V, d]`.
  let slot: Slot
  let context: LayerContext

  /// `x[row] = embedding[tokens[row]]`.
  func forward(_ tokens: [Int32], into x: Matrix) {
    let table = context.weights.matrix(slot)
    for (row, token) in tokens.enumerated() {
      x.row(row).update(from: table.row(Int(token)), count: x.columns)
    }
  }

  /// Adds the gradient of each row to the gradient of its token, in the order of the rows.
  func backward(_ tokens: [Int32], _ dx: Matrix) {
    let table = context.gradients.matrix(slot)
    for (row, token) in tokens.enumerated() {
      addScaled(1, dx.row(row), to: table.row(Int(token)), dx.columns)
    }
  }
}
