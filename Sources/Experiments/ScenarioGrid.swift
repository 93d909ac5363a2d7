// One scenario at every combination of some settings.

import Scenarios

/// A setting with the values that it takes in turn.
public struct GridAxis: Hashable, Sendable {
  /// The key, for example `training.microbatches`.
  public var key: String
  /// Its values as a scenario writes them.
  public var values: [String]

  /// Reads `KEY=VALUE,VALUE,...`; nil where the text has another form or repeats a value.
  public init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    key = String(parts[0])
    values = parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !values.contains(where: \.isEmpty), Set(values).count == values.count else { return nil }
  }
}

/// The points of a grid, the last axis varying fastest.
public struct ScenarioGrid: Sendable {
  /// The settings of a point, and its scenario or why it has none.
  public struct Point: Sendable {
    /// One setting for each axis.
    public var settings: [(key: String, value: String)]
    /// The scenario with these settings.
    public var scenario: Result<AnyScenario, ScenarioError>
  }

  /// The most points of a grid.
  public static let pointLimit = 1000

  /// At least one.
  public let points: [Point]

  /// The name of the scenario.
  public var name: String {
    points.lazy.compactMap { try? $0.scenario.get().name }.first ?? ""
  }

  /// Whether it asks about steps of inference; settings do not change that.
  public var asksAboutInference: Bool {
    points.contains { if case .success(.inference) = $0.scenario { true } else { false } }
  }

  /// Reads the scenario once for each point. Whether a schedule takes the sizes is left open.
  ///
  /// - Parameters:
  ///   - overrides: settings that hold at every point.
  ///   - traces: who reads routing traces.
  ///   - axes: what varies; at most `pointLimit` combinations.
  /// - Throws: the first point's `ScenarioError` where no point has a scenario.
  public init(
    path: String, overrides: [String], seed: UInt64?, traces: TraceFiles = .unread,
    axes: [GridAxis]
  ) throws(ScenarioError) {
    var settings: [[(key: String, value: String)]] = [[]]
    for axis in axes {
      settings = settings.flatMap { point in
        axis.values.map { point + [(key: axis.key, value: $0)] }
      }
    }
    var points: [Point] = []
    for point in settings {
      do {
        let scenario = try AnyScenario.load(
          path: path, overrides: overrides + point.map { "\($0.key)=\($0.value)" }, seed: seed,
          schedules: ScheduleVocabulary.catalogue.withoutSizeRules, traces: traces)
        points.append(Point(settings: point, scenario: .success(scenario)))
      } catch {
        if case .noInput = error { throw error }
        points.append(Point(settings: point, scenario: .failure(error)))
      }
    }
    if let first = points.first, case .failure(let error) = first.scenario,
      points.allSatisfy({ if case .failure = $0.scenario { true } else { false } })
    {
      throw error
    }
    self.points = points
  }
}
