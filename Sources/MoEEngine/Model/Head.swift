// The way in and the way out: embedding, output head and the loss, for the main model and the
// prediction modules alike.
// Legend of shapes: T tokens, d width, V vocabulary.

/// What the output head keeps between forward and backward.
final class HeadActivations {
  /// Normalised hidden states `[T, d]`, and r of their norm `[1, T]`.
  let normed: Matrix
  let inverse: Matrix
  /// Logits `[T, V]`, which the loss replaces by their gradient.
  let logits: Matrix
  private let memory: FloatBuffer

  init(_ model: ModelConfiguration, tokens: Int) {
    memory = FloatBuffer(tokens * (model.width + 1 + model.vocabulary))
    normed = memory.matrix(tokens, model.width)
    inverse = memory.matrix(1, tokens, at: tokens * model.width)
    logits = memory.matrix(tokens, model.vocabulary, at: tokens * (model.width + 1))
  }
}

/// A norm and the output head, which all predictions share.
struct Head {
  /// The gain of the norm.
  let norm: Slot
  /// `[V, d]`.
  let head: Slot
  let pass: Pass

  /// Logits of hidden states `[T, d]`. Head and embedding stay in Float32, as in the published
  /// recipe.
  func forward(_ hidden: Matrix, saving saved: HeadActivations) {
    pass.norm.forward(
      hidden, gain: pass.weights.matrix(norm), into: saved.normed, inverse: saved.inverse)
    pass.workers.multiply(
      saved.normed, pass.weights.matrix(head), transposing: .second, into: saved.logits)
  }

  /// The sum of cross-entropies; logits become their gradient times `weight`.
  ///
  /// - Parameter targets: one token for each row.
  func loss(_ targets: [Int32], weight: Float, saved: HeadActivations) -> Double {
    let losses = UnsafeMutablePointer<Double>.allocate(capacity: targets.count)
    defer { losses.deallocate() }
    pass.workers.run(targets.count, by: 64) { rows in
      for row in rows {
        losses[row] = Softmax.crossEntropy(
          saved.logits.row(row), saved.logits.columns, target: Int(targets[row]), weight: weight)
      }
    }
    var sum = 0.0
    for row in targets.indices { sum += losses[row] }
    return sum
  }

  /// Gradients of norm and head; that of the hidden states is added to `dhidden` or written there.
  func backward(
    _ hidden: Matrix, into dhidden: Matrix, saved: HeadActivations, accumulateHead: Bool,
    accumulate: Bool
  ) {
    let dnormed = pass.scratch.normed.matrix(hidden.rows, hidden.columns)
    pass.workers.multiply(saved.logits, pass.weights.matrix(head), into: dnormed)
    pass.workers.multiply(
      saved.logits, saved.normed, transposing: .first, into: pass.gradients.matrix(head),
      accumulate: accumulateHead)
    pass.norm.backward(
      dnormed, hidden, gain: pass.weights.matrix(norm), inverse: saved.inverse, into: dhidden,
      dgain: pass.gradients.matrix(norm), partials: pass.scratch.partials, accumulate: accumulate)
  }
}

/// Rows of the embedding.
struct Embedding {
  /// `[V, d]`.
  let slot: Slot
  let pass: Pass

  /// `x[row] = embedding[tokens[row]]`.
  func forward(_ tokens: [Int32], into x: Matrix) {
    let table = pass.weights.matrix(slot)
    for (row, token) in tokens.enumerated() {
      x.row(row).update(from: table.row(Int(token)), count: x.columns)
    }
  }

  /// Adds each row's gradient to that of its token, in the order of the rows.
  func backward(_ tokens: [Int32], _ dx: Matrix) {
    let table = pass.gradients.matrix(slot)
    for (row, token) in tokens.enumerated() {
      addScaled(1, dx.row(row), to: table.row(Int(token)), dx.columns)
    }
  }
}
