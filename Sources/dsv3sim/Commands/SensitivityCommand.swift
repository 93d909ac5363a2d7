// `dsv3sim sensitivity`: which input of a stored experiment moves a result most.

import ArgumentParser
import Recording
import Reports
import ResultsStore
import Text

struct SensitivityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sensitivity",
    abstract: "Rank the inputs of a sweep by how far they move a result; draw a tornado.",
    discussion: "Tornado, Morris and Sobol designs have their own figures, a Latin hypercube rank"
      + " correlations, and a grid the range of means at each value.")

  @Argument(help: "Results file of sweep or compare, such as X.sweep/merged.db.")
  var results: String

  @Option(
    help: ArgumentHelp(
      "Name of a metric; default: the one that compare ranks by.", valueName: "name"))
  var metric: String?

  @Option(
    help: ArgumentHelp(
      "One of its statistics, for example p99; default: its value or its mean.", valueName: "name"))
  var statistic: String?

  @Option(
    name: .customLong("experiment"),
    help: ArgumentHelp(
      "Number of an experiment of the file; default: the last one.", valueName: "number"))
  var experimentNumber: Int64?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("SVG file for the bars of a tornado or of a grid.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(help: "Form of the result.")
  var format = OutputFormat.table

  mutating func run() throws {
    let (kind, statistic) = (try metricKind(), try metricStatistic())
    let store = try ResultsStore(path: results, mode: .read)
    let id =
      try experimentNumber.map { ExperimentID(rawValue: $0) } ?? store.sensitiveExperiment()
    let sensitivity = try Sensitivity(of: id, in: store, metric: kind, statistic: statistic)
    if let output {
      guard let picture = TornadoSVG(sensitivity) else {
        throw CommandProblem.usage(
          "--output draws tornado designs and grids; this is \(sensitivity.method.rawValue)")
      }
      try OutputFile(output).write(picture.text)
      remark("tornado in \(output)")
    }
    try emit(sensitivity.text(format))
  }

  private func metricKind() throws -> MetricKind? {
    guard let metric else { return nil }
    guard let kind = MetricKind.named(metric) else {
      throw CommandProblem.usage(
        "--metric \(quoted(metric)) is no metric",
        advice: knownText(MetricKind.all.map(\.name), insteadOf: metric))
    }
    return kind
  }

  private func metricStatistic() throws -> MetricStatistic? {
    guard let statistic else { return nil }
    guard let known = MetricStatistic(rawValue: statistic) else {
      throw CommandProblem.usage(
        "--statistic \(quoted(statistic)) is no statistic",
        advice: knownText(MetricStatistic.allCases.map(\.rawValue), insteadOf: statistic))
    }
    return known
  }
}

extension ResultsStore {
  /// The last experiment.
  ///
  /// - Throws: `CommandProblem` if there is none.
  func sensitiveExperiment() throws -> ExperimentID {
    guard let id = try lastExperiment() else {
      throw CommandProblem.badData(
        path, "has no experiment", advice: "make one with: dsv3sim sweep SWEEP.yaml")
    }
    return id
  }
}
