// The training speed of the MoE engine, and the upper bound that its matrix products set on this
// machine.

import MoEEngine
import Units

/// The training speed of a preset.
package struct EngineFigure: Equatable, Sendable {
  /// Name of the preset.
  package var preset: String
  /// Threads of the run.
  package var threads: Int
  /// Number of weights of the model.
  package var weights: Int
  /// Tokens per training step.
  package var tokensPerStep: Int
  /// Time of the fastest step: user CPU time with one thread, wall time with several.
  package var secondsPerStep: Double
  /// Time of the step's matrix products alone, at their measured rates and divided by the threads.
  package var boundSecondsPerStep: Double
  /// Rate of the matrix products on one thread.
  package var productGFLOPs: Double

  /// Training speed in tokens/s.
  package var tokensPerSecond: Double { Double(tokensPerStep) / secondsPerStep }
  /// The speed as a fraction of the upper bound.
  package var shareOfBound: Double { boundSecondsPerStep / secondsPerStep }
}

/// The benchmark of the engine.
package enum EngineBenchmark {
  /// Trains a preset for some steps and times its matrix products.
  ///
  /// - Parameters:
  ///   - preset: model and batch size to train.
  ///   - threads: threads that the workers use; with one, time is user CPU time, with more it is
  ///     wall time.
  ///   - workers: what runs the parts of each operation.
  ///   - steps: timed steps, of which the fastest counts. One warm-up step precedes them.
  ///   - progress: called before each timed step with the number of those done and of all.
  /// - Throws: `DivergenceRefusal`.
  package static func figure(
    _ preset: Preset, threads: Int, workers: Workers, steps: Int,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> EngineFigure {
    let trainer = Trainer(
      TrainingSettings(preset: preset), corpus(length: preset.shape.length), workers: workers)
    _ = try trainer.advance()
    var done = 0
    let fastest = try leastSeconds(runs: steps, threads: threads) {
      progress(done, steps)
      _ = try trainer.advance()
      done += 1
    }
    let products = StepProducts(preset.model, preset.shape)
    let total = products.products.reduce(0) { $0 + seconds(of: $1) }
    return EngineFigure(
      preset: preset.rawValue, threads: threads, weights: trainer.transformer.layout.count,
      tokensPerStep: preset.shape.tokens, secondsPerStep: fastest,
      boundSecondsPerStep: total / Double(threads),
      productGFLOPs: products.operations / total * 1e-9)
  }

  /// The shortest time of several runs: user CPU time with one thread, because it does not depend
  /// on other processes, and wall time with several.
  private static func leastSeconds(
    runs: Int, threads: Int, _ work: () throws -> Void
  ) rethrows -> Double {
    if threads == 1 { return try leastUserSeconds(runs: runs, work) }
    let clock = ContinuousClock()
    return try (0..<runs).reduce(.infinity) { least, _ in
      min(least, try clock.measure(work) / .seconds(1))
    }
  }

  /// The time of all products of a shape on one thread.
  private static func seconds(of product: MatrixProduct) -> Double {
    let standalone = StandaloneProduct(product)
    // About 20 million operations per run: much longer than the clock's resolution, much shorter
    // than a time slice.
    let times = max(1, Int(2e7 * Double(product.count) / product.operations))
    standalone.run(times: times)
    let fastest = leastSeconds(runs: 5, threads: 1) { standalone.run(times: times) }
    return fastest / Double(times) * Double(product.count)
  }

  /// Random text: its content does not affect the speed.
  private static func corpus(length: Int) -> Corpus {
    var stream = RandomStream(seed: 1, purpose: RandomPurpose("benchmark.engine"))
    let bytes = (0..<40 * length).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
    return Corpus(domains: ["random"], documents: [CorpusDocument(domain: 0, bytes: bytes)])
  }
}

/// The training speed of presets as text and as JSON.
package struct EngineReport: Sendable {
  /// The figures, in printing order.
  package var figures: [EngineFigure]

  /// A report of figures.
  package init(_ figures: [EngineFigure]) {
    self.figures = figures
  }

  /// One line per figure.
  package func table() -> String {
    figures.map { figure in
      """
      \(figure.preset), \(figure.weights) weights, \(figure.threads) thread\
      \(figure.threads == 1 ? "" : "s"): \(significantText(figure.tokensPerSecond)) tokens/s, \
      \(significantText(figure.shareOfBound)) of the bound set by its matrix products \
      (\(significantText(figure.productGFLOPs)) GFLOP/s on one thread)

      """
    }.joined()
  }

  /// A JSON array with one object per figure, at full precision.
  package func json() -> String {
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
