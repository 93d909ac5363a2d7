// The matrix products of one training step. Their measured times add up to a lower bound of the
// step time. Experts are assumed to have equal loads.

import Units

/// The shape of a matrix product as BLAS receives it, and how often a step computes it.
package struct MatrixProduct: Hashable, Sendable {
  /// Rows of the result.
  package var m: Int
  /// Columns of the result.
  package var n: Int
  /// Terms of each sum.
  package var k: Int
  var transposition: Transposition
  /// Products of this shape per step.
  package var count: Int

  /// Floating-point operations of all `count` products.
  package var operations: Double { 2 * Double(m) * Double(n) * Double(k) * Double(count) }
}

/// The products of a training step.
package struct StepProducts: Sendable {
  /// Every product, split into parts as for the workers.
  package private(set) var products: [MatrixProduct] = []

  /// Floating-point operations of the step's products.
  package var operations: Double { products.reduce(0) { $0 + $1.operations } }

  /// The products of a step with batches of a shape.
  package init(_ model: ModelConfiguration, _ shape: BatchShape) {
    let rows = shape.tokens
    for layer in 0..<model.layers {
      addBlock(model, shape, isDense: layer < model.denseLayers)
    }
    addLinear(rows, from: model.width, to: model.vocabulary)
    for module in 0..<model.predictionModules {
      let shorter = BatchShape(sequences: shape.sequences, length: shape.length - 1 - module)
      addLinear(shorter.tokens, from: 2 * model.width, to: model.width)
      addBlock(model, shorter, isDense: false)
      addLinear(shorter.tokens, from: model.width, to: model.vocabulary)
    }
  }

  private mutating func add(
    _ m: Int, _ n: Int, _ k: Int, _ transposition: Transposition, count: Int = 1,
    isSplit: Bool = true
  ) {
    let block = isSplit ? min(m, Workers.blockRows(of: m)) : m
    guard block > 0 else { return }
    if m / block > 0 {
      products.append(
        MatrixProduct(m: block, n: n, k: k, transposition: transposition, count: m / block * count))
    }
    if m % block > 0 {
      products.append(
        MatrixProduct(m: m % block, n: n, k: k, transposition: transposition, count: count))
    }
  }

  /// The three products of a linear layer: forward, backward for the input and for the weight.
  private mutating func addLinear(
    _ rows: Int, from input: Int, to output: Int, count: Int = 1, isSplit: Bool = true
  ) {
    add(rows, output, input, .second, count: count, isSplit: isSplit)
    add(rows, input, output, .neither, count: count, isSplit: isSplit)
    add(output, input, rows, .first, count: count, isSplit: isSplit)
  }

  private mutating func addBlock(_ model: ModelConfiguration, _ shape: BatchShape, isDense: Bool) {
    let rows = shape.tokens
    addLinear(
      rows, from: model.width, to: model.queryRank + model.keyValueRank + model.rotaryWidth)
    addLinear(rows, from: model.queryRank, to: model.heads * model.headWidth)
    addLinear(
      rows, from: model.keyValueRank, to: model.heads * (model.plainWidth + model.valueWidth))
    addAttention(model, shape)
    addLinear(rows, from: model.heads * model.valueWidth, to: model.width)
    guard !isDense else {
      addLinear(rows, from: model.width, to: 2 * model.denseWidth)
      addLinear(rows, from: model.denseWidth, to: model.width)
      return
    }
    addLinear(rows, from: model.width, to: model.gate.experts)
    if model.sharedExperts > 0 {
      addLinear(rows, from: model.width, to: 2 * model.sharedExperts * model.expertWidth)
      addLinear(rows, from: model.sharedExperts * model.expertWidth, to: model.width)
    }
    let (load, rest) = (rows * model.gate.topK).quotientAndRemainder(
      dividingBy: model.gate.experts)
    for (load, experts) in [(load, model.gate.experts - rest), (load + 1, rest)]
    where load > 0 && experts > 0 {
      addLinear(
        load, from: model.width, to: 2 * model.expertWidth, count: experts, isSplit: false)
      addLinear(load, from: model.expertWidth, to: model.width, count: experts, isSplit: false)
    }
  }

  /// Scores, outputs and their gradients, in blocks of queries that attend to the keys up to their
  /// own end.
  private mutating func addAttention(_ model: ModelConfiguration, _ shape: BatchShape) {
    let heads = shape.sequences * model.heads
    for start in stride(from: 0, to: shape.length, by: Attention.queryBlock) {
      let end = min(start + Attention.queryBlock, shape.length)
      let block = end - start
      for (m, n, k, transposition) in [
        (block, end, model.headWidth, Transposition.second),
        (block, model.valueWidth, end, .neither),
        (end, model.valueWidth, block, .first), (block, end, model.valueWidth, .second),
        (block, model.headWidth, end, .neither), (end, model.headWidth, block, .first),
      ] {
        add(m, n, k, transposition, count: heads, isSplit: false)
      }
    }
  }
}

/// A product with its own memory, for timing.
package struct StandaloneProduct {
  private let product: MatrixProduct
  private let memory: FloatBuffer

  /// A product of two factors that are filled with ones.
  package init(_ product: MatrixProduct) {
    self.product = product
    let factors = product.k * (product.m + product.n)
    memory = FloatBuffer(factors + product.m * product.n)
    memory[0..<factors] = Array(repeating: 1, count: factors)
  }

  /// Computes the product `times` times.
  package func run(times: Int) {
    let (m, n, k) = (product.m, product.n, product.k)
    let a = product.transposition == .first ? memory.matrix(k, m) : memory.matrix(m, k)
    let b =
      product.transposition == .second
      ? memory.matrix(n, k, at: m * k) : memory.matrix(k, n, at: m * k)
    let c = memory.matrix(m, n, at: k * (m + n))
    for _ in 0..<times { multiplyPlain(a, b, transposing: product.transposition, into: c) }
  }

  /// An element of the result: `k` after `run`, 0 before.
  package var result: Float {
    memory[product.k * (product.m + product.n)..<memory.count].first ?? 0
  }
}
