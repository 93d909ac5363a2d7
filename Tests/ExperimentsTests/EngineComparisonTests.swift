// The engine's comparison and its threads, on a very small model.

import MoEEngine
import Routing
import Testing
import Units

@testable import Experiments

@Suite("Comparison of balancing rules and precisions")
struct EngineComparisonTests {
  static var settings: TrainingSettings {
    var settings = TrainingSettings()
    settings.name = "test"
    settings.model = ModelConfiguration(
      width: 8, layers: 2, heads: 1, queryRank: 8, keyValueRank: 8, plainWidth: 4,
      rotaryWidth: 4, valueWidth: 4, denseWidth: 8, expertWidth: 8,
      gate: Gate(experts: 4, groups: 2, groupLimit: 1, topK: 2))
    settings.shape = BatchShape(sequences: 2, length: 8)
    return settings
  }

  static var corpus: Corpus {
    let text = Array(String(repeating: "1+1=2;2+3=5\n", count: 30).utf8)
    return Corpus(domains: ["sums"], documents: [CorpusDocument(domain: 0, bytes: text)])
  }

  private func trials(_ workers: Workers) throws -> [EngineTrial] {
    let comparison = EngineComparison(Self.settings, Self.corpus, workers: workers)
    return try [1, 2].flatMap { seed in
      try EngineVariant.all.map { variant in
        try comparison.run(variant, seed: seed, steps: 4) { _ in }
      }
    }
  }

  @Test("every variant has a row over all seeds, and the baseline has no error against itself")
  func rows() throws {
    let trials = try trials(.one)

    let rows = EngineComparison.rows(trials)

    #expect(rows.map(\.variant) == EngineVariant.all)
    for row in rows {
      let own = trials.filter { $0.variant == row.variant }
      let losses = own.map(\.after.meanLoss)
      #expect(own.map(\.seed) == [1, 2])
      #expect(abs(row.heldOutLoss.mean - (losses[0] + losses[1]) / 2) < 1e-12)
      #expect(abs(row.heldOutLoss.range - abs(losses[0] - losses[1])) < 1e-12)
      let isBaseline = row.variant == EngineVariant(balance: .lossFree, precision: .bf16)
      #expect((row.lossError.mean == 0) == isBaseline)
    }
  }

  @Test("the number of threads does not change results")
  func threads() throws {
    #expect(try trials(.one) == trials(.threads(3)))
  }

  @Test("the loss error is the mean relative difference of smoothed losses in the second half")
  func lossError() {
    let baseline = [Double](repeating: 2, count: 10)

    #expect(EngineComparison.lossError(baseline, against: baseline) == 0)
    let error = EngineComparison.lossError(baseline.map { $0 * 1.01 }, against: baseline)
    #expect(abs(error - 0.01) < 1e-12)
  }
}
