// Speed of the MoE engine: tokens a second of training, and the limit that the same matrix products
// alone would set on this machine.

import MoEEngine
import Units

/// What training a preset gave.
public struct EngineFigure: Equatable, Sendable {
  /// The preset's name.
  public var preset: String
  /// Threads of the run.
  public var threads: Int
  /// Weights of the model.
  public var weights: Int
  /// Tokens of a step.
  public var tokensPerStep: Int
  /// Time of the fastest step, in seconds: user CPU time of one thread, wall time of several.
  public var secondsPerStep: Double
  /// Time of the step's products alone, each at its measured rate, shared evenly by the threads.
  public var boundSecondsPerStep: Double
  /// Rate of the products, measured on one thread.
  public var productGFLOPs: Double

  /// Tokens trained on in a second.
  public var tokensPerSecond: Double { Double(tokensPerStep) / secondsPerStep }
  /// The speed over the limit of the products.
  public var shareOfBound: Double { boundSecondsPerStep / secondsPerStep }
}

/// The benchmark of the engine.
public enum EngineBenchmark {
  /// Trains a preset for some steps and times its products.
  ///
  /// - Parameter steps: timed steps, of which the fastest counts; before them comes one that is not
  ///   timed.
  /// - Throws: `DivergenceRefusal`.
  public static func figure(
    _ preset: Preset, threads: Int, workers: Workers, steps: Int
  ) throws -> EngineFigure {
    let trainer = Trainer(
      TrainingSettings(preset: preset), corpus(length: preset.shape.length), workers: workers)
    _ = try trainer.advance()
    let fastest = try leastSeconds(runs: steps, threads: threads) { _ = try trainer.advance() }
    let products = StepProducts(preset.model, preset.shape)
    let total = products.products.reduce(0) { $0 + seconds(of: $1) }
    return EngineFigure(
      preset: preset.rawValue, threads: threads, weights: trainer.transformer.layout.count,
      tokensPerStep: preset.shape.tokens, secondsPerStep: fastest,
      boundSecondsPerStep: total / Double(threads),
      productGFLOPs: products.operations / total * 1e-9)
  }

  /// The least time of several runs: user CPU time of one thread, which neighbours do not change,
  /// and wall time of several.
  private static func leastSeconds(
    runs: Int, threads: Int, _ work: () throws -> Void
  ) rethrows -> Double {
    if threads == 1 { return try leastUserSeconds(runs: runs, work) }
    let clock = ContinuousClock()
    return try (0..<runs).reduce(.infinity) { least, _ in
      min(least, try clock.measure(work) / .seconds(1))
    }
  }

  /// Seconds that all products of a shape take on one thread.
  private static func seconds(of product: MatrixProduct) -> Double {
    let rehearsal = ProductRehearsal(product)
    // Some 20 million operations a run: long beside the clock's grain, short beside a time slice.
    let times = max(1, Int(2e7 * Double(product.count) / product.operations))
    rehearsal.perform(times: times)
    let fastest = leastSeconds(runs: 5, threads: 1) { rehearsal.perform(times: times) }
    return fastest / Double(times) * Double(product.count)
  }

  /// Random text: what it says does not matter for speed.
  private static func corpus(length: Int) -> Corpus {
    var stream = RandomStream(seed: 1, purpose: RandomPurpose("benchmark.engine"))
    let bytes = (0..<40 * length).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
    return Corpus(domains: ["random"], documents: [CorpusDocument(domain: 0, bytes: bytes)])
  }
}

/// The engine's figures as text.
public struct EngineReport: Sendable {
  /// The figures, in the order they are printed.
  public var figures: [EngineFigure]

  /// Makes a report of figures.
  public init(_ figures: [EngineFigure]) {
    self.figures = figures
  }

  /// One line a figure, for people.
  public func table() -> String {
    figures.map { figure in
      """
      \(figure.preset), \(figure.weights) weights, \(figure.threads) thread\
      \(figure.threads == 1 ? "" : "s"): \(significantText(figure.tokensPerSecond)) tokens/s, \
      \(significantText(figure.shareOfBound)) of the limit that its matrix products set \
      (\(significantText(figure.productGFLOPs)) GFLOP/s on one thread)

      """
    }.joined()
  }

  /// A JSON array, one object and one line for each figure.
  public func json() -> String {
    jsonLines(
      figures.map { figure in
        [
          "preset": figure.preset, "threads": figure.threads, "weights": figure.weights,
          "tokens_per_step": figure.tokensPerStep, "step_time_s": figure.secondsPerStep,
          "product_time_s": figure.boundSecondsPerStep,
          "tokens_per_second": figure.tokensPerSecond,
          "share_of_product_bound": figure.shareOfBound,
        ]
      }) + "\n"
  }
}
