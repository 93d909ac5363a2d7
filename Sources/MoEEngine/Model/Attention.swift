// Multi-head latent attention for training: keys and values are projected up from a low-rank latent
// (DeepSeek-V2, arXiv 2405.04434, section 2.1). The absorbed form is in `CachedAttention`.
//
// Legend of shapes: T tokens, S sequences, L length, d width, h heads, p plain, r rotary, v value.

/// The activations that attention saves for backward.
final class AttentionActivations {
  /// Normalised input `[T, d]` and the norm's r `[1, T]`.
  let normed: Matrix
  let inverse: Matrix
  /// Down-projections `[T, queryRank + keyValueRank + r]`.
  let down: Matrix
  /// The normalised latents `[T, queryRank]` and `[T, keyValueRank]`, with r of their norms.
  let queryLatent: Matrix
  let queryInverse: Matrix
  let keyValueLatent: Matrix
  let keyValueInverse: Matrix
  /// Rotated queries and keys `[T, h (p + r)]`.
  let query: Matrix
  let key: Matrix
  /// Plain keys and values, head by head `[T, h (p + v)]`.
  let keyValue: Matrix
  /// Attention weights `[S h L, L]`.
  let probabilities: Matrix
  /// Outputs of the heads `[T, h v]`.
  let headOutput: Matrix
  private let memory: [FloatBuffer]

  init(_ model: ModelConfiguration, _ shape: BatchShape) {
    var memory: [FloatBuffer] = []
    func matrix(_ rows: Int, _ columns: Int) -> Matrix {
      let buffer = FloatBuffer(rows * columns)
      memory.append(buffer)
      return buffer.matrix(rows, columns)
    }
    let tokens = shape.tokens
    normed = matrix(tokens, model.width)
    inverse = matrix(1, tokens)
    down = matrix(tokens, model.queryRank + model.keyValueRank + model.rotaryWidth)
    queryLatent = matrix(tokens, model.queryRank)
    queryInverse = matrix(1, tokens)
    keyValueLatent = matrix(tokens, model.keyValueRank)
    keyValueInverse = matrix(1, tokens)
    query = matrix(tokens, model.heads * model.headWidth)
    key = matrix(tokens, model.heads * model.headWidth)
    keyValue = matrix(tokens, model.heads * (model.plainWidth + model.valueWidth))
    probabilities = matrix(tokens * model.heads, shape.length)
    headOutput = matrix(tokens, model.heads * model.valueWidth)
    self.memory = memory
  }
}

/// The attention of one layer.
struct Attention {
  /// Queries per block.
  static let queryBlock = 64

  let slots: BlockSlots
  let context: LayerContext

  private var model: ModelConfiguration { context.model }
  /// The columns of `down` with the query latent, the key-value latent and the shared rotary key.
  private var queryColumns: Range<Int> { 0..<model.queryRank }
  private var latentColumns: Range<Int> {
    model.queryRank..<model.queryRank + model.keyValueRank
  }
  private var rotaryColumns: Range<Int> {
    latentColumns.upperBound..<latentColumns.upperBound + model.rotaryWidth
  }

  /// `out = x + attention(norm(x))`, both `[T, d]`.
  func forward(_ x: Matrix, into out: Matrix, saving saved: AttentionActivations) {
    let weights = context.weights
    context.norm.forward(
      x, gain: weights.matrix(slots.attentionNorm), into: saved.normed, inverse: saved.inverse)
    context.linear.forward(saved.normed, weights.matrix(slots.down), into: saved.down)
    context.norm.forward(
      saved.down.columns(queryColumns), gain: weights.matrix(slots.queryNorm),
      into: saved.queryLatent, inverse: saved.queryInverse)
    context.norm.forward(
      saved.down.columns(latentColumns), gain: weights.matrix(slots.keyValueNorm),
      into: saved.keyValueLatent, inverse: saved.keyValueInverse)
    context.linear.forward(saved.queryLatent, weights.matrix(slots.queryUp), into: saved.query)
    context.linear.forward(
      saved.keyValueLatent, weights.matrix(slots.keyValueUp), into: saved.keyValue)
    applyRotation(saved)
    forEachHead { head in forwardHead(head, saved) }
    out.copy(x)
    context.linear.forward(
      saved.headOutput, weights.matrix(slots.output), into: out, accumulate: true)
  }

  /// Rotates queries in place, and assembles each head's key from its plain part and the rotated
  /// part that all heads share.
  private func applyRotation(_ saved: AttentionActivations) {
    let plain = model.plainWidth
    context.workers.run(context.shape.tokens, by: 64) { tokens in
      for token in tokens {
        let position = token % context.shape.length
        let shared = saved.down.row(token) + rotaryColumns.lowerBound
        for head in 0..<model.heads {
          let query = saved.query.row(token) + head * model.headWidth + plain
          context.rotation.rotate(query, position: position, into: query)
          let key = saved.key.row(token) + head * model.headWidth
          key.update(
            from: saved.keyValue.row(token) + head * (plain + model.valueWidth), count: plain)
          context.rotation.rotate(shared, position: position, into: key + plain)
        }
      }
    }
  }

  /// Rows and columns of one head of one sequence.
  private struct Head {
    /// The tokens of the sequence.
    var rows: Range<Int>
    /// Rows of `probabilities`.
    var scores: Range<Int>
    /// Columns of queries and keys, of values in `keyValue`, and of outputs.
    var queryColumns: Range<Int>
    var valueColumns: Range<Int>
    var outputColumns: Range<Int>
  }

  private func forEachHead(_ body: (Head) -> Void) {
    let length = context.shape.length
    context.workers.run(context.shape.sequences * model.heads) { part in
      let (sequence, head) = part.quotientAndRemainder(dividingBy: model.heads)
      let query = head * model.headWidth
      let value = head * (model.plainWidth + model.valueWidth) + model.plainWidth
      let output = head * model.valueWidth
      body(
        Head(
          rows: sequence * length..<(sequence + 1) * length,
          scores: part * length..<(part + 1) * length,
          queryColumns: query..<query + model.headWidth,
          valueColumns: value..<value + model.valueWidth,
          outputColumns: output..<output + model.valueWidth))
    }
  }

  /// Calls `body` for each block of queries of a sequence.
  ///
  /// A block attends to the keys up to its own end only, so the products skip most of the elements
  /// that the causal mask hides.
  private func forEachQueryBlock(reversed: Bool = false, _ body: (Range<Int>) -> Void) {
    let blocks = (context.shape.length + Self.queryBlock - 1) / Self.queryBlock
    for index in 0..<blocks {
      let start = (reversed ? blocks - 1 - index : index) * Self.queryBlock
      body(start..<min(start + Self.queryBlock, context.shape.length))
    }
  }

  private func forwardHead(_ head: Head, _ saved: AttentionActivations) {
    let query = saved.query.rows(head.rows).columns(head.queryColumns)
    let key = saved.key.rows(head.rows).columns(head.queryColumns)
    let value = saved.keyValue.rows(head.rows).columns(head.valueColumns)
    let output = saved.headOutput.rows(head.rows).columns(head.outputColumns)
    let scores = saved.probabilities.rows(head.scores)
    let scale = Float(model.rotary.softmaxScale(headWidth: model.headWidth))
    forEachQueryBlock { rows in
      let seen = 0..<rows.upperBound
      let block = scores.rows(rows).columns(seen)
      multiply(query.rows(rows), key.rows(seen), transposing: .second, into: block, scale: scale)
      for row in rows {
        Softmax.apply(scores.row(row), visible: row + 1, of: seen.count)
      }
      multiply(block, value.rows(seen), into: output.rows(rows))
    }
  }

  /// The gradients of the weights; adds the gradient through attention to `dx`.
  ///
  /// - Parameters:
  ///   - dout: `[T, d]`, the gradient of `out`.
  ///   - x: `[T, d]`, the input of `forward`.
  ///   - dx: `[T, d]`, must already hold `dout`, the residual's gradient; may be `dout` itself.
  func backward(_ dout: Matrix, _ x: Matrix, into dx: Matrix, saved: AttentionActivations) {
    let (weights, gradients, scratch) = (context.weights, context.gradients, context.scratch)
    let tokens = context.shape.tokens
    let dheads = scratch.headOutput.matrix(tokens, saved.headOutput.columns)
    let dquery = scratch.query.matrix(tokens, saved.query.columns)
    let dkey = scratch.key.matrix(tokens, saved.key.columns)
    let dkeyValue = scratch.keyValue.matrix(tokens, saved.keyValue.columns)
    let ddown = scratch.down.matrix(tokens, saved.down.columns)
    context.linear.backwardInput(dout, weights.matrix(slots.output), into: dheads)
    context.linear.backwardWeight(dout, saved.headOutput, into: gradients.matrix(slots.output))
    forEachHead { head in backwardHead(head, saved, dheads, dquery, dkey, dkeyValue) }
    backwardRotation(dquery, dkey, dkeyValue, ddown)

    let dlatents = scratch.ranks.matrix(tokens, model.queryRank + model.keyValueRank)
    let dqueryLatent = dlatents.columns(queryColumns)
    let dkeyValueLatent = dlatents.columns(latentColumns)
    context.linear.backwardInput(dquery, weights.matrix(slots.queryUp), into: dqueryLatent)
    context.linear.backwardWeight(dquery, saved.queryLatent, into: gradients.matrix(slots.queryUp))
    context.linear.backwardInput(
      dkeyValue, weights.matrix(slots.keyValueUp), into: dkeyValueLatent)
    context.linear.backwardWeight(
      dkeyValue, saved.keyValueLatent, into: gradients.matrix(slots.keyValueUp))
    context.norm.backward(
      dqueryLatent, saved.down.columns(queryColumns), gain: weights.matrix(slots.queryNorm),
      inverse: saved.queryInverse, into: ddown.columns(queryColumns),
      dgain: gradients.matrix(slots.queryNorm), partials: scratch.partials, accumulate: false)
    context.norm.backward(
      dkeyValueLatent, saved.down.columns(latentColumns),
      gain: weights.matrix(slots.keyValueNorm), inverse: saved.keyValueInverse,
      into: ddown.columns(latentColumns), dgain: gradients.matrix(slots.keyValueNorm),
      partials: scratch.partials, accumulate: false)

    let dnormed = scratch.normed.matrix(tokens, model.width)
    context.linear.backwardInput(ddown, weights.matrix(slots.down), into: dnormed)
    context.linear.backwardWeight(ddown, saved.normed, into: gradients.matrix(slots.down))
    context.norm.backward(
      dnormed, x, gain: weights.matrix(slots.attentionNorm), inverse: saved.inverse, into: dx,
      dgain: gradients.matrix(slots.attentionNorm), partials: scratch.partials, accumulate: true)
  }

  private func backwardHead(
    _ head: Head, _ saved: AttentionActivations, _ dheads: Matrix, _ dqueries: Matrix,
    _ dkeys: Matrix, _ dkeyValues: Matrix
  ) {
    let query = saved.query.rows(head.rows).columns(head.queryColumns)
    let key = saved.key.rows(head.rows).columns(head.queryColumns)
    let value = saved.keyValue.rows(head.rows).columns(head.valueColumns)
    let probabilities = saved.probabilities.rows(head.scores)
    let doutput = dheads.rows(head.rows).columns(head.outputColumns)
    let dquery = dqueries.rows(head.rows).columns(head.queryColumns)
    let dkey = dkeys.rows(head.rows).columns(head.queryColumns)
    let dvalue = dkeyValues.rows(head.rows).columns(head.valueColumns)
    let dscores = context.scratch.scores.matrix(
      context.shape.tokens * model.heads, context.shape.length
    ).rows(head.scores)
    let scale = Float(model.rotary.softmaxScale(headWidth: model.headWidth))
    // The last block attends to every key, so it comes first and overwrites; the others accumulate.
    forEachQueryBlock(reversed: true) { rows in
      let seen = 0..<rows.upperBound
      let isFirst = rows.upperBound == context.shape.length
      let weights = probabilities.rows(rows).columns(seen)
      let block = dscores.rows(rows).columns(seen)
      multiply(
        weights, doutput.rows(rows), transposing: .first, into: dvalue.rows(seen),
        accumulate: !isFirst)
      multiply(doutput.rows(rows), value.rows(seen), transposing: .second, into: block)
      for row in rows {
        Softmax.backward(
          probabilities.row(row), dscores.row(row), visible: row + 1, of: seen.count)
      }
      multiply(block, key.rows(seen), into: dquery.rows(rows), scale: scale)
      multiply(
        block, query.rows(rows), transposing: .first, into: dkey.rows(seen), scale: scale,
        accumulate: !isFirst)
    }
  }

  /// The backward of `applyRotation`; the gradient of the shared rotary key is the sum over heads.
  private func backwardRotation(
    _ dquery: Matrix, _ dkey: Matrix, _ dkeyValue: Matrix, _ ddown: Matrix
  ) {
    let plain = model.plainWidth
    context.workers.run(context.shape.tokens, by: 64) { tokens in
      for token in tokens {
        let position = token % context.shape.length
        let shared = ddown.row(token) + rotaryColumns.lowerBound
        shared.update(repeating: 0, count: model.rotaryWidth)
        for head in 0..<model.heads {
          let query = dquery.row(token) + head * model.headWidth + plain
          context.rotation.rotate(query, position: position, into: query, back: true)
          let key = dkey.row(token) + head * model.headWidth
          (dkeyValue.row(token) + head * (plain + model.valueWidth)).update(
            from: key, count: plain)
          addScaled(1, key + plain, to: shared, model.rotaryWidth)
        }
        context.rotation.rotate(shared, position: position, into: shared, back: true)
      }
    }
  }
}
