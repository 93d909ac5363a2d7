// Training runs of a tiny model on generated arithmetic.

import Foundation
import Routing
import Testing
import Units

@testable import MoEEngine

/// A run that takes well under a second in a debug build.
enum SmallRun {
  static var settings: TrainingSettings {
    var settings = TrainingSettings(seed: 11)
    settings.name = "test"
    settings.model = ModelConfiguration(
      width: 16, layers: 2, heads: 2, queryRank: 8, keyValueRank: 8, plainWidth: 4,
      rotaryWidth: 4, valueWidth: 4, denseWidth: 16, expertWidth: 8,
      gate: Gate(experts: 8, groups: 2, groupLimit: 1, topK: 2))
    settings.shape = BatchShape(sequences: 2, length: 12)
    return settings
  }

  /// One domain of sums and one of products.
  static var corpus: Corpus { corpus(lines: 60) }

  /// Enough text for the sequences of the presets.
  static var longCorpus: Corpus { corpus(lines: 400) }

  private static func corpus(lines count: Int) -> Corpus {
    var stream = RandomStream(seed: 1, purpose: RandomPurpose("test.corpus"))
    let documents = [("+", 0), ("*", 1)].map { sign, domain in
      let lines = (0..<count).map { _ -> String in
        let (a, b) = (stream.index(below: 10), stream.index(below: 10))
        return "\(a)\(sign)\(b)=\(domain == 0 ? a + b : a * b)\n"
      }
      return CorpusDocument(domain: domain, bytes: Array(lines.joined().utf8))
    }
    return Corpus(domains: ["sums", "products"], documents: documents)
  }
}

@Suite("A training run")
struct TrainerTests {
  /// Stores all batches.
  struct StoringObserver: RoutingObserver {
    var batches: [RoutedBatch] = []
    mutating func record(_ batch: RoutedBatch) { batches.append(batch) }
  }

  @Test("reduces the held-out loss of every domain", arguments: BalanceRule.allCases)
  func learns(rule: BalanceRule) throws {
    var settings = SmallRun.settings
    settings.balance = rule
    let trainer = Trainer(settings, SmallRun.corpus)

    let before = trainer.evaluate()
    for _ in 0..<25 { _ = try trainer.advance() }
    let after = trainer.evaluate()

    for (a, b) in zip(before.losses, after.losses) { #expect(b < a - 0.5) }
    #expect(after.maximalViolations.count == 1)
    #expect(after.maximalViolations.allSatisfy { $0 >= 0 && $0 <= 7 })
  }

  @Test("a loss that is not finite stops the run with an error")
  func divergence() throws {
    let trainer = Trainer(SmallRun.settings, SmallRun.corpus)
    _ = try trainer.advance()
    let weights = trainer.transformer.parameters
    weights[0..<weights.count] = Array(repeating: .nan, count: weights.count)

    let error = #expect(throws: DivergenceRefusal.self) { try trainer.advance() }

    #expect(error == DivergenceRefusal(step: 1, quantity: "the loss"))
    #expect(
      error?.report == "error: training diverged: the loss of step 2 is not finite")
  }

  @Test("resumes from a checkpoint with the same bits as an uninterrupted run")
  func resume() throws {
    let whole = Trainer(SmallRun.settings, SmallRun.corpus)
    for _ in 0..<3 { _ = try whole.advance() }
    let saved = whole.checkpoint()
    let expected = try (0..<3).map { _ in try whole.advance() }

    let resumed = Trainer(SmallRun.settings, SmallRun.corpus)
    _ = try resumed.advance()
    try resumed.resume(from: saved)
    let steps = try (0..<3).map { _ in try resumed.advance() }

    #expect(steps == expected)
    #expect(resumed.checkpoint() == whole.checkpoint())
  }

  @Test("rejects checkpoints that are foreign, damaged, truncated or of another run")
  func badCheckpoints() throws {
    let trainer = Trainer(SmallRun.settings, SmallRun.corpus)
    let good = trainer.checkpoint()
    var damaged = good
    damaged[good.count / 2] ^= 1
    var settings = SmallRun.settings
    settings.seed = 12

    #expect(throws: CheckpointProblem.foreign) { try trainer.resume(from: Data("hello".utf8)) }
    #expect(throws: CheckpointProblem.foreign) { try trainer.resume(from: Data()) }
    #expect(throws: CheckpointProblem.damaged) { try trainer.resume(from: damaged) }
    #expect(throws: CheckpointProblem.damaged) { try trainer.resume(from: good.dropLast(5)) }
    let other = Trainer(settings, SmallRun.corpus)
    #expect {
      try other.resume(from: good)
    } throws: { error in
      "\(error)".contains("seed 11") && "\(error)".contains("seed 12")
    }
    #expect(trainer.checkpoint() == good)
  }

  @Test(
    "rejects checkpoints with a right hash and contents that no run writes", arguments: 0..<3)
  func impossibleCheckpoints(change: Int) throws {
    let trainer = Trainer(SmallRun.settings, SmallRun.corpus)
    let good = trainer.checkpoint()
    var body = good.dropLast(8)
    let head = "dsv3sim checkpoint 1\n".utf8.count
    if change < 2 {
      // The step, then the optimizer's.
      let place = head + 8 * (change + 1)
      body.replaceSubrange(
        place..<place + 8, with: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])
    } else {
      body.replaceSubrange(body.count - 4..<body.count, with: [0, 0, 0xc0, 0x7f])
    }
    var bad = Data(body)
    withUnsafeBytes(of: FNV1a.hash(Data(body)).littleEndian) { bad.append(contentsOf: $0) }

    let problem = #expect(throws: CheckpointProblem.self) { try trainer.resume(from: bad) }
    let words = change < 2 ? "it is at step 9223372036854775807" : "a weight is not a number"
    #expect(problem == .impossible(words))
    #expect(trainer.checkpoint() == good)
  }

  @Test("the model of a preset can be loaded from its checkpoint alone")
  func load() throws {
    let trainer = Trainer(TrainingSettings(preset: .tiny, seed: 3), SmallRun.longCorpus)

    let loaded = try Transformer.load(checkpoint: trainer.checkpoint())

    #expect(loaded.parameters.values == trainer.transformer.parameters.values)
    #expect(throws: CheckpointProblem.unknownPreset("test")) {
      try Transformer.load(
        checkpoint: Trainer(SmallRun.settings, SmallRun.corpus).checkpoint())
    }
  }

  @Test("passes all routing decisions to an observer, which does not affect training")
  func observer() throws {
    let trainer = Trainer(SmallRun.settings, SmallRun.corpus)
    let unobserved = Trainer(SmallRun.settings, SmallRun.corpus)
    var observer = StoringObserver()

    let reports = try (0..<2).map { _ in try trainer.advance(observer: &observer) }

    #expect(try reports == (0..<2).map { _ in try unobserved.advance() })
    #expect(observer.batches.map(\.step) == [0, 1])
    let batch = trainer.sampler.batch(step: 1)
    for layer in observer.batches[1].layers {
      let length = layer.name == "M0" ? 11 : 12
      #expect(layer.tokens.count == 2 * length && layer.domains.count == 2 * length)
      // INV-6: tokens x top-k are dispatched.
      #expect(layer.experts.count == layer.tokens.count * layer.topK)
      #expect(layer.scores.count == layer.experts.count)
      #expect(layer.experts.allSatisfy { (0..<8).contains($0) })
      #expect(layer.scores.allSatisfy { $0 > 0 && $0 < 1 })
      #expect(layer.tokens.prefix(length).map(Int32.init) == Array(batch.tokens.prefix(length)))
      #expect(layer.domains.suffix(length).allSatisfy { Int($0) == batch.domains[1] })
    }
    #expect(observer.batches[1].layers.map(\.name) == ["L1", "M0"])
  }

  @Test("changes each bias by exactly the step or not at all, and only when loss-free")
  func biases() throws {
    for rule in BalanceRule.allCases {
      var settings = SmallRun.settings
      settings.balance = rule
      let trainer = Trainer(settings, SmallRun.corpus)

      _ = try trainer.advance()

      let moves = trainer.transformer.biases.values.map { abs($0) }
      #expect(moves.allSatisfy { $0 == 0 || $0 == Float(settings.biasStep(0)) })
      #expect(moves.contains { $0 > 0 } == (rule == .lossFree))
    }
  }
}

@Suite("Load balancing")
struct BalanceTests {
  @Test("bias updates halve the imbalance of a fixed batch")
  func equalScores() {
    let transformer = Transformer(SmallRun.settings.model, seed: 2)
    let pass = BatchPass(transformer, SmallRun.settings.shape, PassSettings())
    let tokens = BatchSampler(SmallRun.corpus, SmallRun.settings.shape, seed: 1).batch(step: 0)
    pass.forward(tokens.tokens)
    let before = pass.maximalViolations[0]

    for _ in 0..<60 {
      pass.updateBiases(step: 0.02)
      pass.forward(tokens.tokens)
    }

    #expect(pass.maximalViolations[0] < 0.5 * before)
  }

  @Test("a constant added to all biases does not change the routing")
  func constant() {
    let transformer = Transformer(SmallRun.settings.model, seed: 2)
    let pass = BatchPass(transformer, SmallRun.settings.shape, PassSettings())
    let tokens = BatchSampler(SmallRun.corpus, SmallRun.settings.shape, seed: 1).batch(step: 0)
    pass.forward(tokens.tokens)
    let experts = pass.routers.map(\.experts)

    transformer.biases[0..<transformer.biases.count] = transformer.biases.values.map { $0 + 0.25 }
    pass.forward(tokens.tokens)

    #expect(pass.routers.map(\.experts) == experts)
  }

  @Test("the weights of a token sum to the route scale")
  func weights() {
    let transformer = Transformer(SmallRun.settings.model, seed: 2)
    let pass = BatchPass(transformer, SmallRun.settings.shape, PassSettings())
    pass.forward(
      BatchSampler(SmallRun.corpus, SmallRun.settings.shape, seed: 1).batch(step: 0).tokens)

    for token in 0..<SmallRun.settings.shape.tokens {
      let sum = pass.routers[0].weights[2 * token] + pass.routers[0].weights[2 * token + 1]
      #expect(abs(sum - SmallRun.settings.model.routeScale) < 1e-5)
    }
  }

  @Test("the maximal violation is the largest load over the mean, minus one")
  func violation() {
    #expect(maximalViolation([2, 2, 2]) == 0)
    #expect(maximalViolation([6, 0, 0]) == 2)
    #expect(maximalViolation([0, 0]) == 0)
  }
}

@Suite("Batches depend on seed and step only")
struct SamplerTests {
  @Test("domains alternate, windows come from training text, held-out windows from held-out text")
  func windows() {
    let sampler = BatchSampler(SmallRun.corpus, SmallRun.settings.shape, seed: 5)
    for step in 0..<20 {
      let batch = sampler.batch(step: step)

      #expect(batch == sampler.batch(step: step))
      #expect(batch.domains == [0, 1])
      for (sequence, domain) in batch.domains.enumerated() {
        let window = batch.tokens[sequence * 13..<(sequence + 1) * 13].map { UInt8($0) }
        let text = SmallRun.corpus.training[domain].bytes
        #expect(
          String(decoding: text, as: UTF8.self).contains(String(decoding: window, as: UTF8.self)))
      }
    }
    #expect(sampler.batch(step: 0) != sampler.batch(step: 1))
    let first = sampler.heldOut(domain: 1, index: 0, of: 2)
    #expect(
      first.tokens.prefix(13).map { UInt8($0) } == Array(SmallRun.corpus.heldOut[1].bytes[..<13]))
    #expect(first.domains == [1, 1])
  }

  @Test("a domain with too little text is reported by name")
  func tooShort() {
    let corpus = Corpus(
      domains: ["tiny"],
      documents: [CorpusDocument(domain: 0, bytes: Array(repeating: 65, count: 50))])

    #expect(corpus.problems(length: 4) == [])
    #expect(corpus.problems(length: 40).count == 1)
    #expect(corpus.problems(length: 40)[0].contains("\"tiny\""))
    #expect(corpus.problems(length: 100).count == 2)
  }
}
