import Recording
import Testing

@testable import Reports

@Suite("Rivals of the best row of a comparison")
struct RivalryTests {
  /// A run with the ratios of its draws.
  private func run(_ ratios: [Double]) -> RunRecord {
    var record = sampleRecord()
    record.predictionErrors = ratios.enumerated().map {
      PredictionError(draw: $0, timeRatio: $1)
    }
    return record
  }

  @Test("draws with equal numbers are compared, of times and of rates")
  func paired() throws {
    let best = run([0.9, 1, 1.1, 1.2])

    // In both, all that is not known is common, but in the last draw.
    let alike = try #require(Rivalry((run([0.9, 1, 1.1, 1]), 102), (best, 100)))
    #expect(alike.wins == 1 && alike.draws == 4 && alike.share == 0.25)
    // Rates have the sign reversed: 98 a second / 1 exceed 100 / 1.2.
    let rate = try #require(Rivalry((run([0.9, 1, 1.1, 1]), -98), (best, -100)))
    #expect(rate.wins == 1)
    #expect(try #require(Rivalry((best, 101), (best, 100))).wins == 0)
  }

  @Test("draws that only one run has count for nothing")
  func missing() throws {
    let short = try #require(Rivalry((run([0.5]), 102), (run([1, 1, 1]), 100)))

    #expect(short.wins == 1 && short.draws == 1)
    #expect(Rivalry((run([]), 102), (run([1]), 100)) == nil)
    #expect(Rivalry((run([1]), 102), (run([]), 100)) == nil)
    var reseeded = run([1])
    reseeded.provenance.seed += 1
    #expect(Rivalry((run([1]), 102), (run([1]), 100)) != nil)
    #expect(Rivalry((run([1]), 102), (reseeded, 100)) == nil)
  }

  @Test(
    "an order is inside the noise from 5 % of the draws on",
    arguments: [(4, false), (5, true), (50, true), (95, true), (96, false)])
  func noise(wins: Int, isInside: Bool) throws {
    let ratios = (0..<100).map { $0 < wins ? 0.5 : 1.0 }
    let rivalry = try #require(
      Rivalry((run(ratios), 102), (run([Double](repeating: 1, count: 100)), 100)))

    #expect(rivalry.isInsideNoise == isInside)
    #expect(rivalry.text.hasSuffix("inside the noise") == isInside)
  }

  @Test("a comparison tells the best row apart, and has no such column without draws")
  func column() {
    func trials(_ ratios: [[Double]]) -> [TrialRecord] {
      ratios.enumerated().map { index, ratios in
        var record = run(ratios)
        record.metrics = [
          Metric(.stepTime, 0.1), Metric(.gpuHoursPerTrillionTokens, 100 + Double(index)),
          Metric(.peakMemory, 1),
        ]
        return TrialRecord(
          index: index, parameters: [(key: "training.schedule", value: "s\(index)")],
          outcome: .ran(record))
      }
    }
    let some = Comparison(trials([[1, 1], [1, 0.9]]))
    let none = Comparison(trials([[], []]))

    #expect(some.text(.table).contains("beats best"))
    #expect(some.text(.table).contains("50 %, inside the noise"))
    #expect(some.text(.table).contains("by an approximation, unless --replications N simulates"))
    #expect(some.text(.json).contains("\"inside_noise\": true"))
    #expect(!none.text(.table).contains("beats best"))
    #expect(!none.text(.json).contains("inside_noise"))
    let services = Comparison(
      [[1.0, 1], [1, 0.9]].enumerated().map { index, ratios in
        var record = sampleService()
        record.predictionErrors = run(ratios).predictionErrors
        return TrialRecord(index: index, parameters: [], outcome: .ran(record))
      }
    ).text(.table)
    #expect(services.contains("beats best:") && !services.contains("by an approximation"))
  }
}
