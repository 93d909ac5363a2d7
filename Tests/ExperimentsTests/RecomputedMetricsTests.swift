import Foundation
import Recording
import ResultsStore
import Scenarios
import Testing

@testable import Experiments

@Suite("Printed figures can be recomputed from stored rows")
struct RecomputedMetricsTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func stored(_ name: String) throws -> RecomputedMetrics {
    let path = Self.root.appending(path: "scenarios/\(name).yaml").path
    return try stored(Scenario.load(path: path, traces: .stored))
  }

  private func stored(_ scenario: Scenario) throws -> RecomputedMetrics {
    let record = try Trial(scenario, programVersion: "test")
      .run(keepsTimeline: true, keepsRequests: true)
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).db")
    defer { try? FileManager.default.removeItem(at: file) }
    let store = try ResultsStore(path: file.path)
    let run = try store.write(record, clock: RunClock(startedAt: Date(), wallSeconds: 0))
    return try RecomputedMetrics(try #require(try store.record(of: run)), scenario)
  }

  @Test(
    "INV-17: events are the recorded ones, metrics match their definitions, bytes are conserved",
    arguments: FingerprintTests.chosen)
  func recomputed(name: String) throws {
    let run = try stored(name)
    #expect(try run.record.fingerprint == FingerprintTests.recorded(name))
    let question = run.record.provenance.question
    guard question != "service" else { return try expectDefined(run) }
    guard question != "training_run" else { return try expectAll(run) }

    expectConserved(run.record.network)
    #expect(run.record.metrics.count > 10)
    for kind in MetricKind.all {
      let (printed, value) = (run.record.value(kind), try run.value(kind))
      guard let printed, let value else {
        #expect(printed == nil && value == nil, "\(kind): \(printed ?? .nan), \(value ?? .nan)")
        continue
      }
      // Sums in another order differ in the last bits.
      #expect(
        abs(printed - value) <= 1e-9 * abs(printed) + 1e-15, "\(kind): \(printed), \(value)")
    }
  }

  @Test("INV-17: metrics of a service that is simulated match their definitions")
  func service() throws {
    let scenario = try Scenario.decode(text: SmallService.text, file: "small.yaml")

    try expectDefined(stored(scenario))
  }

  /// Expects that all metrics of a service match their definitions.
  private func expectDefined(_ run: RecomputedMetrics) throws {
    #expect(run.record.metrics.count > 50)
    for metric in run.record.metrics where RecomputedService.canRecompute(metric) {
      let value = try run.value(metric) ?? .nan
      // Differences of seconds are exact to 1e-13 at 300 s, to 1e-11 in a day.
      #expect(
        abs(metric.value - value) <= 1e-9 * abs(value) + 1e-10, "\(metric.name): \(value)")
    }
  }

  /// Expects that all metrics of a whole training run match their definitions, with the bounds of
  /// their intervals, and that its times sum to its mean length.
  private func expectAll(_ run: RecomputedMetrics) throws {
    #expect(run.record.metrics.count > 50)
    for metric in run.record.metrics {
      let value = try run.value(metric) ?? .nan
      #expect(
        abs(metric.value - value) <= 1e-9 * abs(value) + 1e-12, "\(metric.name): \(value)")
    }
    let seconds = run.record.run.times.reduce(0) { $0 + $1.seconds }
    let days = try #require(run.record.value(.runDays))
    #expect(abs(seconds / 86_400 / days - 1) < 1e-12)
    let hours = run.record.run.phases.reduce(0) { $0 + $1.gpuHours }
    #expect(abs(hours / (run.record.value(.runGPUHours) ?? .nan) - 1) < 1e-12)
    // As `query training-run` has it, from the times by category.
    func sum(_ isCounted: (RunCategory) -> Bool) -> Double {
      run.record.run.times.reduce(0) { $0 + (isCounted($1.category) ? $1.seconds : 0) }
    }
    let productive = sum { $0 == .productive } / sum { $0 != .queue }
    #expect(abs(productive / (run.record.value(.runGoodput) ?? .nan) - 1) < 1e-12)
  }

  private func expectConserved(_ network: NetworkUse) {
    func bytes(_ link: LinkClass) -> Double {
      network.links.reduce(0) { $0 + ($1.link == link ? $1.bytes.value * Double($1.gpus) : 0) }
    }
    for (out, into) in [(LinkClass.nicOut, LinkClass.nicIn), (.scaleUpOut, .scaleUpIn)] {
      #expect(abs(bytes(out) - bytes(into)) <= 1e-9 * bytes(out), "\(out)")
    }
    #expect(network.links.contains { $0.bytes.value > 0 })
  }
}
