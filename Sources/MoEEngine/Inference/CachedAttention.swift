// Latent attention of new tokens over a cache, in both published forms (DeepSeek-V2, arXiv
// 2405.04434, section 2.1.2).
// Legend of shapes: n new tokens, d width.

/// The form in which cached attention is computed.
package enum AttentionForm: CaseIterable, Hashable, Sendable {
  /// Projects all cached latents up to keys and values.
  case naive
  /// Applies the up-projections to query and output instead, and attends to the latents directly.
  case absorbed
}

/// The attention of one layer over its cache.
struct CachedAttention {
  let slots: BlockSlots
  let context: LayerContext
  let form: AttentionForm
  let cache: KeyValueCache

  private var model: ModelConfiguration { context.model }

  /// `out = x + attention(norm(x))`, both `[n, d]`; appends the tokens to the cache.
  func forward(_ x: Matrix, into out: Matrix) {
    let weights = context.weights
    let new = cache.grow(by: x.rows)
    let (rank, latent) = (model.queryRank, model.keyValueRank)
    let width = max(model.width, rank)
    let memory = FloatBuffer(
      x.rows * (width + 1 + rank + latent + model.rotaryWidth + rank)
        + x.rows * model.heads * (model.headWidth + model.valueWidth))
    var used = 0
    func matrix(_ rows: Int, _ columns: Int) -> Matrix {
      defer { used += rows * columns }
      return memory.matrix(rows, columns, at: used)
    }
    let (normed, inverse) = (matrix(x.rows, model.width), matrix(1, x.rows))
    let down = matrix(x.rows, rank + latent + model.rotaryWidth)
    let queryLatent = matrix(x.rows, rank)
    let query = matrix(x.rows, model.heads * model.headWidth)
    let headOutput = matrix(x.rows, model.heads * model.valueWidth)
    context.norm.forward(
      x, gain: weights.matrix(slots.attentionNorm), into: normed, inverse: inverse)
    context.linear.forward(normed, weights.matrix(slots.down), into: down)
    context.norm.forward(
      down.columns(0..<rank), gain: weights.matrix(slots.queryNorm), into: queryLatent,
      inverse: inverse)
    context.norm.forward(
      down.columns(rank..<rank + latent), gain: weights.matrix(slots.keyValueNorm),
      into: cache.latents.rows(new), inverse: inverse)
    context.linear.forward(queryLatent, weights.matrix(slots.queryUp), into: query)
    for (row, position) in new.enumerated() {
      context.rotation.rotate(
        down.row(row) + rank + latent, position: position, into: cache.rotaryKeys.row(position))
      for head in 0..<model.heads {
        let rotary = query.row(row) + head * model.headWidth + model.plainWidth
        context.rotation.rotate(rotary, position: position, into: rotary)
      }
    }
    switch form {
    case .naive: naive(query, new, into: headOutput)
    case .absorbed: absorbed(query, new, into: headOutput)
    }
    out.copy(x)
    context.linear.forward(headOutput, weights.matrix(slots.output), into: out, accumulate: true)
  }

  private func softmax(_ scores: Matrix, _ new: Range<Int>) {
    for (row, position) in new.enumerated() {
      Softmax.apply(scores.row(row), visible: position + 1, of: scores.columns)
    }
  }

  private var scale: Float { Float(model.rotary.softmaxScale(headWidth: model.headWidth)) }

  /// The plain and the rotary columns of a head's query.
  private func queryColumns(_ head: Int) -> (plain: Range<Int>, rotary: Range<Int>) {
    let start = head * model.headWidth
    let middle = start + model.plainWidth
    return (start..<middle, middle..<start + model.headWidth)
  }

  private func naive(_ query: Matrix, _ new: Range<Int>, into output: Matrix) {
    let (plain, value, count) = (model.plainWidth, model.valueWidth, cache.count)
    let up = FloatBuffer(count * model.heads * (plain + value))
    let keyValue = up.matrix(count, model.heads * (plain + value))
    context.linear.forward(
      cache.latents.rows(0..<count), context.weights.matrix(slots.keyValueUp), into: keyValue)
    let memory = FloatBuffer(new.count * count)
    let scores = memory.matrix(new.count, count)
    for head in 0..<model.heads {
      let columns = queryColumns(head)
      let start = head * (plain + value)
      multiply(
        query.columns(columns.plain), keyValue.columns(start..<start + plain),
        transposing: .second, into: scores, scale: scale)
      multiply(
        query.columns(columns.rotary), cache.rotaryKeys.rows(0..<count), transposing: .second,
        into: scores, scale: scale, accumulate: true)
      softmax(scores, new)
      multiply(
        scores, keyValue.columns(start + plain..<start + plain + value),
        into: output.columns(head * value..<(head + 1) * value))
    }
  }

  private func absorbed(_ query: Matrix, _ new: Range<Int>, into output: Matrix) {
    let (plain, value, count) = (model.plainWidth, model.valueWidth, cache.count)
    let memory = FloatBuffer(new.count * (count + 2 * model.keyValueRank))
    let scores = memory.matrix(new.count, count)
    let latentQuery = memory.matrix(new.count, model.keyValueRank, at: new.count * count)
    let latentOutput = memory.matrix(
      new.count, model.keyValueRank, at: new.count * (count + model.keyValueRank))
    let up = context.weights.matrix(slots.keyValueUp)
    for head in 0..<model.heads {
      let columns = queryColumns(head)
      let start = head * (plain + value)
      multiply(query.columns(columns.plain), up.rows(start..<start + plain), into: latentQuery)
      multiply(
        latentQuery, cache.latents.rows(0..<count), transposing: .second, into: scores, scale: scale
      )
      multiply(
        query.columns(columns.rotary), cache.rotaryKeys.rows(0..<count), transposing: .second,
        into: scores, scale: scale, accumulate: true)
      softmax(scores, new)
      multiply(scores, cache.latents.rows(0..<count), into: latentOutput)
      multiply(
        latentOutput, up.rows(start + plain..<start + plain + value), transposing: .second,
        into: output.columns(head * value..<(head + 1) * value))
    }
  }
}
