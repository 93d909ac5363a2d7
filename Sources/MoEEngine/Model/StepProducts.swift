// The matrix products of one training step, shape by shape: what a step would cost if products were
// all it did. The loads of experts are taken as equal.

/// A product's shape, as BLAS gets it.
public struct MatrixProduct: Hashable, Sendable {
  /// Rows of the result.
  public var m: Int
  /// Columns of the result.
  public var n: Int
  /// Elements that are summed.
  public var k: Int
  /// Which factor is transposed.
  var transposition: Transposition
  /// How often it is made.
  public var count: Int

  /// Floating-point operations of all of them.
  public var operations: Double { 2 * Double(m) * Double(n) * Double(k) * Double(count) }
}

/// The products of a training step.
public struct StepProducts: Sendable {
  /// Every product, in the parts that workers get.
  public private(set) var products: [MatrixProduct] = []

  /// Floating-point operations of the step's products.
  public var operations: Double { products.reduce(0) { $0 + $1.operations } }

  /// The products of a step of a shape.
  public init(_ model: ModelConfiguration, _ shape: BatchShape) {
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
    _ m: Int, _ n: Int, _ k: Int, _ transposition: Transposition, count: Int = 1, isCut: Bool = true
  ) {
    let block = isCut ? min(m, Workers.blockRows(of: m)) : m
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

  /// A linear layer forward, backward for its input and backward for its weight.
  private mutating func addLinear(
    _ rows: Int, from input: Int, to output: Int, count: Int = 1, isCut: Bool = true
  ) {
    add(rows, output, input, .second, count: count, isCut: isCut)
    add(rows, input, output, .neither, count: count, isCut: isCut)
    add(output, input, rows, .first, count: count, isCut: isCut)
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
        load, from: model.width, to: 2 * model.expertWidth, count: experts, isCut: false)
      addLinear(load, from: model.expertWidth, to: model.width, count: experts, isCut: false)
    }
  }

  /// Scores, outputs and their gradients, in blocks of queries that see the keys before their end.
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
        add(m, n, k, transposition, count: heads, isCut: false)
      }
    }
  }
}

/// One product on memory of its own, to be timed.
public struct ProductRehearsal {
  private let product: MatrixProduct
  private let memory: FloatBuffer

  /// Memory for a product, all zero but for the factors' ones.
  public init(_ product: MatrixProduct) {
    self.product = product
    let factors = product.k * (product.m + product.n)
    memory = FloatBuffer(factors + product.m * product.n)
    memory[0..<factors] = Array(repeating: 1, count: factors)
  }

  /// Makes the product so many times.
  public func perform(times: Int) {
    let (m, n, k) = (product.m, product.n, product.k)
    let a = product.transposition == .first ? memory.matrix(k, m) : memory.matrix(m, k)
    let b =
      product.transposition == .second
      ? memory.matrix(n, k, at: m * k) : memory.matrix(k, n, at: m * k)
    let c = memory.matrix(m, n, at: k * (m + n))
    for _ in 0..<times { multiplyPlain(a, b, transposing: product.transposition, into: c) }
  }

  /// An element of the result: `k` once the product was made.
  public var result: Float { memory[product.k * (product.m + product.n)..<memory.count].first ?? 0 }
}
