import Foundation
import Recording
import Scenarios
import Testing

@testable import Experiments

@Suite("Comparisons of steps of inference")
struct InferenceComparisonTests {
  private let file = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "scenarios/redundant-experts.yaml").path

  private func grid(_ axes: String...) throws -> ScenarioGrid {
    try ScenarioGrid(
      path: file, overrides: ["inference.routing={source: uniform}"], seed: nil,
      axes: axes.compactMap(GridAxis.init))
  }

  @Test("a point is the run of its scenario, in the order of the grid")
  func points() throws {
    let grid = try grid("inference.microbatches=2,1", "inference.batch=8,64")
    #expect(grid.asksAboutInference)

    let trials = try InferenceComparison(grid, programVersion: "test").run()

    #expect(
      trials.map { $0.parameters.map(\.value).joined(separator: " ") }
        == ["2 8", "2 64", "1 8", "1 64"])
    for (trial, point) in zip(trials, grid.points) {
      guard case .ran(let record) = trial.outcome,
        case .inference(let scenario) = try point.scenario.get()
      else {
        Issue.record("\(trial.parameters) did not run")
        continue
      }
      let alone = try InferenceTrial(scenario, programVersion: "test").run()
      #expect(record.metrics == alone.metrics)
      #expect(record.provenance == alone.provenance)
    }
  }

  @Test("what does not fit, or is no scenario, is refused with its reason")
  func refusals() throws {
    let trials = try InferenceComparison(
      grid("inference.batch=8,1024", "inference.redundant_experts=0,3"), programVersion: "test"
    ).run()

    let reasons = trials.map { trial in
      if case .refused(let reason) = trial.outcome { reason } else { "" }
    }
    #expect(reasons[0].isEmpty)
    #expect(reasons[1].contains("\"3\"") && reasons[1].contains("(nearest: 0 or "))
    #expect(reasons[2].contains("GiB"))
    #expect(reasons[3].contains("\"3\""))
  }

  @Test("a comparison of schedules has no trial for inference")
  func schedules() throws {
    #expect(
      try ScheduleComparison(grid("inference.batch=8"), programVersion: "test").run(["1f1b"])
        .isEmpty)
  }
}
