// Gradients against finite differences of the reference model, on random small models, and bitwise
// equality of equivalent computations.

import Routing
import Testing
import Units

@testable import MoEEngine

@Suite("Gradients of random models")
struct GradientTests {
  /// A small model of random sizes, odd ones included.
  static func model(seed: UInt64) -> ModelConfiguration {
    var stream = RandomStream(seed: seed, purpose: RandomPurpose("test.model"))
    func one(of values: [Int]) -> Int { values[stream.index(below: values.count)] }
    let groups = one(of: [1, 2, 4])
    let gate = Gate(
      experts: groups * one(of: [2, 3]), groups: groups, groupLimit: max(1, groups / 2),
      topK: one(of: [1, 2]))
    var model = ModelConfiguration(
      width: one(of: [5, 8, 12]), layers: one(of: [1, 2, 3]), heads: one(of: [1, 2]),
      queryRank: one(of: [3, 8]), keyValueRank: one(of: [4, 9]), plainWidth: one(of: [3, 4]),
      rotaryWidth: one(of: [2, 4]), valueWidth: one(of: [3, 8]), denseWidth: one(of: [7, 8]),
      expertWidth: one(of: [3, 4]), gate: gate)
    model.vocabulary = one(of: [7, 16])
    model.denseLayers = one(of: [0, 1])
    model.sharedExperts = one(of: [0, 1, 2])
    model.predictionModules = one(of: [0, 1, 2])
    model.joinOrder = one(of: [0, 1]) == 0 ? .embeddingFirst : .hiddenFirst
    if one(of: [0, 1]) == 0 { model.rotary.yarn = .init(factor: 4, originalLength: 8) }
    return model
  }

  private func tokens(_ model: ModelConfiguration, seed: UInt64) -> [[Int32]] {
    var stream = RandomStream(seed: seed, purpose: RandomPurpose("test.tokens"))
    return (0..<2).map { _ in
      (0..<7).map { _ in Int32(stream.index(below: model.vocabulary)) }
    }
  }

  private func pass(
    _ transformer: Transformer, recomputes: Bool = false, workers: Workers = .one,
    precision: LinearPrecision = .fp32
  ) -> BatchPass {
    var settings = PassSettings()
    settings.balance = BalanceLoss(weight: 0.02)
    settings.recomputes = recomputes
    settings.workers = workers
    settings.precision = precision
    return BatchPass(transformer, BatchShape(sequences: 2, length: 6), settings)
  }

  private func gradients(_ pass: BatchPass, _ tokens: [[Int32]]) -> [Float] {
    pass.forward(tokens.flatMap { $0 })
    _ = pass.losses()
    pass.backward()
    return pass.gradients.values
  }

  @Test(
    "equal finite differences of the Float64 reference", arguments: 1...6 as ClosedRange<UInt64>)
  func finiteDifferences(seed: UInt64) {
    let transformer = Transformer(Self.model(seed: seed), seed: seed)
    let tokens = tokens(transformer.configuration, seed: seed)
    let pass = pass(transformer)

    let gradients = gradients(pass, tokens)

    var reference = ReferenceModel(transformer)
    func loss() -> Double { reference.loss(tokens, balanceWeight: 0.02, predictionWeight: 0.3) }
    pass.forward(tokens.flatMap { $0 })
    #expect(abs(pass.losses().total - loss()) < 1e-5, "seed \(seed)")
    var stream = RandomStream(seed: seed, purpose: RandomPurpose("test.direction"))
    for entry in transformer.layout.entries {
      let direction = (0..<entry.count).map { _ in stream.uniform() * 2 - 1 }
      let original = reference.weights[entry.name] ?? []
      let step = 1e-5
      reference.weights[entry.name] = zip(original, direction).map { $0 + step * $1 }
      let above = loss()
      reference.weights[entry.name] = zip(original, direction).map { $0 - step * $1 }
      let below = loss()
      reference.weights[entry.name] = original
      let expected = (above - below) / (2 * step)
      let mine = zip(gradients[entry.offset..<entry.offset + entry.count], direction)
        .reduce(0) { $0 + Double($1.0) * $1.1 }
      #expect(
        abs(mine - expected) < 1e-3 * abs(expected) + 2e-5,
        "seed \(seed), \(entry.name): \(mine), by differences \(expected)")
    }
  }

  @Test("recomputation gives the same bits", arguments: 1...4 as ClosedRange<UInt64>)
  func recomputation(seed: UInt64) {
    let transformer = Transformer(Self.model(seed: seed), seed: seed)
    let tokens = tokens(transformer.configuration, seed: seed)

    #expect(
      gradients(pass(transformer), tokens)
        == gradients(pass(transformer, recomputes: true), tokens))
  }

  @Test("any number of workers gives the same bits", arguments: LinearPrecision.allCases)
  func workers(precision: LinearPrecision) {
    let transformer = Transformer(Self.model(seed: 3), seed: 3)
    let tokens = tokens(transformer.configuration, seed: 3)
    // The reverse order exposes any dependence on it.
    let backwards = Workers(count: 2) { parts, body in
      for part in (0..<parts).reversed() { body(part) }
    }

    #expect(
      gradients(pass(transformer, precision: precision), tokens)
        == gradients(pass(transformer, workers: backwards, precision: precision), tokens))
  }

  @Test(
    "lower precisions give gradients close to Float32",
    arguments: [(LinearPrecision.bf16, 0.05), (.fp8, 0.25), (.fp8PerTensor, 0.25)])
  func precision(precision: LinearPrecision, tolerance: Double) {
    var model = Self.model(seed: 1)
    model.predictionModules = 0
    model.denseLayers = model.layers
    let transformer = Transformer(model, seed: 5)
    let tokens = tokens(model, seed: 5)

    let exact = gradients(pass(transformer), tokens)
    let rounded = gradients(pass(transformer, precision: precision), tokens)

    let error = zip(exact, rounded).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    let size = exact.reduce(0.0) { $0 + Double($1 * $1) }
    #expect(error > 0)
    #expect((error / size).squareRoot() < tolerance)
  }
}
