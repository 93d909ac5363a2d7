// Ratios of a run over replications: of sums, so that a replication counts by its length.

import Recording
import Statistics
import Testing

@testable import Runs

@Suite("Ratios of runs")
struct RunRatioTests {
  /// Replications of 2,000 s of steps without saves.
  private func outcomes(meanLife: Double) throws -> [RunOutcome] {
    var process = RunProcess(
      stretches: [RunStretch(steps: 200, stepSeconds: 10, tokensPerStep: 100)],
      nodes: JobNodes(count: 1))
    process.queue = 100
    process.failures = [
      FailureClass("gpu", scope: .job, law: .life(.exponential(mean: meanLife)))
    ]
    return try process.outcomes(0..<16, seed: 5)
  }

  private func ratio(_ kind: MetricKind) throws -> RunRatio {
    try #require(RunRatio.all.first { $0.kind == kind })
  }

  private func value(_ metrics: [Metric], _ statistic: MetricStatistic) throws -> Double {
    try #require(metrics.first { $0.statistic == statistic }?.value)
  }

  @Test("goodput is all productive time over all time granted, and its range is of single runs")
  func sums() throws {
    let runs = try outcomes(meanLife: 700)

    let metrics = try ratio(.runGoodput).metrics(runs, confidence: 0.95)

    let productive = runs.reduce(0) { $0 + $1.seconds(.productive) }
    let granted = runs.reduce(0) { $0 + $1.wallSeconds - $1.seconds(.queue) }
    let goodput = try value(metrics, .value)
    #expect(abs(goodput / (productive / granted) - 1) < 1e-12)
    // Runs whose work is lost often are long: the mean of the ratios is far too high.
    #expect(SampleMean(runs.map(\.goodput)).mean > 1.2 * goodput)
    #expect(try value(metrics, .low) < goodput && goodput < value(metrics, .high))
    #expect(try value(metrics, .p5) == sampleQuantile(runs.map(\.goodput), 0.05))
    #expect(try value(metrics, .p95) == sampleQuantile(runs.map(\.goodput), 0.95))
  }

  @Test("the interval of a share of the time does not leave 0 to 1")
  func bounds() throws {
    let runs = try outcomes(meanLife: 5_000)
    let interval = RatioOfMeans(
      of: runs.map { $0.seconds(.productive) }, over: runs.map(\.grantedSeconds)
    ).interval(confidence: 0.999)
    try #require(interval.high > 1, "the interval by Student's t ends above 1")

    let metrics = try ratio(.runGoodput).metrics(runs, confidence: 0.999)

    #expect(try value(metrics, .high) == 1)
    #expect(try value(metrics, .low) == interval.low)
  }

  @Test("the product of the ratios of sums is that of the whole")
  func product() throws {
    let runs = try outcomes(meanLife: 700)
    func sum(_ kind: MetricKind) throws -> Double {
      try value(ratio(kind).metrics(runs, confidence: 0.95), .value)
    }

    let product = try sum(.runSchedulingGoodput) * sum(.runGoodput) * sum(.runProgramGoodput)

    #expect(abs(product / (try sum(.runProductivityGoodput)) - 1) < 1e-12)
  }
}
