// Which input moves a result most: the trials of an experiment, seen by the rule that placed them.
// A design has its own figures; listed values have the range of the means at their levels, which
// is fair on a full grid and no more than a description elsewhere.

import Recording
import ResultsStore
import Statistics
import Text

/// The sensitivity of a metric to the inputs of an experiment.
package struct Sensitivity: Sendable {
  /// The name beside those of the reports, which are SQL.
  package static let reportName = "sensitivity"

  /// How inputs are ranked.
  package enum Method: String, Sendable {
    case tornado, morris, sobol
    /// By rank correlation, over a Latin hypercube.
    case rankCorrelation = "rank correlation"
    /// By the range of the means at the levels of listed values.
    case levels = "means by level"
  }

  /// A result of one point of an experiment, the mean of its replications.
  struct Point: Sendable {
    /// The parameters in order.
    var parameters: [(key: String, value: String)]
    /// The value of each replication, in order; nil for one that has none.
    var replications: [Double?] = []

    /// The values that there are.
    var values: [Double] { replications.compactMap(\.self) }
    /// The mean; nil if no replication has a value.
    var mean: Double? { values.isEmpty ? nil : SampleMean(values).mean }
  }

  /// The points of a design for one combination of the other axes.
  struct Group: Sendable {
    /// The values of the other axes, for example `cluster.nodes=2`; empty if there are none.
    var name: String
    /// In the order of the design, or of the trials for listed values.
    var points: [Point]
  }

  /// The metric.
  package let metric: MetricKind
  /// Its statistic.
  package let statistic: MetricStatistic
  /// The name of the experiment's rule.
  package let method: Method
  /// Number of trials.
  package let trialCount: Int
  /// Number of trials that have no value of the metric.
  package let missingCount: Int
  let design: DesignRecord?
  let axes: [AxisRecord]
  let groups: [Group]

  /// Reads the trials of an experiment.
  ///
  /// - Parameters:
  ///   - experiment: the experiment whose trials are read.
  ///   - store: the results file that holds it.
  ///   - metric: nil for the one by which comparisons of such runs are ranked.
  ///   - statistic: nil for the value, or the mean of metrics with several.
  /// - Throws: `SensitivityProblem` if nothing varies or no trial has the metric, `StoreProblem`
  ///   for a problem with the file.
  package init(
    of experiment: ExperimentID, in store: ResultsStore, metric: MetricKind? = nil,
    statistic: MetricStatistic? = nil
  ) throws {
    let stored = try store.axes(of: experiment)
    let question = try store.figures(.stepTime, .value, of: experiment).lazy
      .compactMap(\.question).first
    let metric = metric ?? QuestionForm.named(question ?? "").headline
    var statistic = statistic ?? .value
    var figures = try store.figures(metric, statistic, of: experiment)
    if statistic == .value, !figures.contains(where: { $0.value != nil }) {
      let means = try store.figures(metric, .mean, of: experiment)
      if means.contains(where: { $0.value != nil }) { (statistic, figures) = (.mean, means) }
    }
    let axes = stored.isEmpty ? AxisRecord.guessed(figures) : stored
    guard axes.contains(where: { $0.points > 1 && !$0.isReplication }) else {
      throw SensitivityProblem("experiment \(experiment.rawValue) varies nothing")
    }
    missingCount = figures.count { $0.value == nil }
    guard missingCount < figures.count else {
      throw SensitivityProblem(
        "no trial of experiment \(experiment.rawValue) has \(metric.name)"
          + (statistic == .value ? "" : " with the statistic \(statistic.rawValue)"),
        "see what the runs have: dsv3sim query \(store.path)"
          + " \"SELECT DISTINCT name, statistic FROM metric WHERE scope = 'all'\"")
    }
    self.metric = metric
    self.statistic = statistic
    self.axes = axes
    trialCount = figures.count
    design = axes.lazy.compactMap(\.design).first
    method =
      switch design?.kind {
      case .tornado: .tornado
      case .morris: .morris
      case .sobol: .sobol
      case .latinHypercube: .rankCorrelation
      case nil: .levels
      }
    groups = design == nil ? Self.whole(figures) : Self.grouped(figures, axes)
  }

  /// All points of listed values in one group: trials that differ in the replication alone are one.
  private static func whole(_ figures: [TrialFigure]) -> [Group] {
    var points: [Point] = []
    var places: [String: Int] = [:]
    for figure in figures {
      let parameters = figure.parameters.filter { $0.key != AxisRecord.replication }
      let name = text(parameters)
      if places[name] == nil {
        places[name] = points.count
        points.append(Point(parameters: parameters))
      }
      if let place = places[name] { points[place].replications.append(figure.value) }
    }
    return [Group(name: "", points: points)]
  }

  /// The points of a design, one group for each combination of the axes beside it.
  private static func grouped(_ figures: [TrialFigure], _ axes: [AxisRecord]) -> [Group] {
    guard let place = axes.firstIndex(where: { $0.design != nil }) else { return [] }
    // Trials of a damaged file may lie anywhere, but never outside the design.
    let stride = max(1, axes[(place + 1)...].reduce(1) { $0 &* $1.points })
    let keys = axes[place].keys + [AxisRecord.replication]
    var groups: [Group] = []
    var places: [String: Int] = [:]
    for figure in figures {
      let name = text(figure.parameters.filter { !keys.contains($0.key) })
      if places[name] == nil {
        places[name] = groups.count
        let empty = [Point](repeating: Point(parameters: []), count: axes[place].points)
        groups.append(Group(name: name, points: empty))
      }
      guard let group = places[name] else { continue }
      let point = figure.index / stride % axes[place].points
      groups[group].points[point].parameters = figure.parameters
      groups[group].points[point].replications.append(figure.value)
    }
    return groups
  }

  private static func text(_ parameters: [(key: String, value: String)]) -> String {
    parameters.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }

  /// The largest standard error of a point's mean; nil without replications.
  var noise: Double? {
    groups.flatMap(\.points).map { SampleMean($0.values) }.filter { $0.count > 1 }
      .map(\.standardError).max()
  }
}

/// A sensitivity that has no answer.
package struct SensitivityProblem: ExplainedError {
  package let explanations: [Explanation]
  package var exitStatus: ExitStatus { .badData }

  init(_ message: String, _ advice: String? = nil) {
    explanations = [Explanation(message, advice: advice)]
  }
}

extension AxisRecord {
  /// The key of the axis of replications.
  static let replication = "replication"

  /// Whether the axis only repeats trials with other random numbers.
  var isReplication: Bool { keys == [Self.replication] }

  /// One axis for each key, for files that do not tell which keys vary together.
  fileprivate static func guessed(_ figures: [TrialFigure]) -> [AxisRecord] {
    let keys = figures.first?.parameters.map(\.key) ?? []
    return keys.map { key in
      let values = Set(figures.flatMap { $0.parameters.filter { $0.key == key }.map(\.value) })
      return AxisRecord(keys: [key], points: max(1, values.count))
    }
  }
}
