// A step of inference over a grid of settings, told in the order of the grid.

import Recording
import Scenarios
import Serving

/// Compares steps of inference at every point of a grid.
public struct InferenceComparison: Sendable {
  private let points: [ScenarioGrid.Point]
  private let programVersion: String

  /// - Parameter programVersion: recorded with every result.
  public init(_ grid: ScenarioGrid, programVersion: String) {
    points = grid.points
    self.programVersion = programVersion
  }

  /// One trial for each point; what is no scenario or does not fit gives its reason.
  ///
  /// - Throws: `BrokenInvariant` for our bugs.
  public func run() throws -> [TrialRecord] {
    try TrialRecord.runAll(points.map(\.settings)) { index in
      switch points[index].scenario {
      case .failure(let error):
        return .refused(reason: error.reason)
      case .success(.training):
        return .refused(reason: "asks about training")
      case .success(.inference(let scenario)):
        do {
          return .ran(try InferenceTrial(scenario, programVersion: programVersion).run())
        } catch let refusal as InferenceRefusal {
          return .refused(reason: refusal.description)
        }
      }
    }
  }
}
