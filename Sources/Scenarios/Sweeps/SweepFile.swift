// A sweep file: which scenarios to run at which points. It is read and checked as scenarios are,
// with all problems at their places; what the points mean is checked trial by trial.

import Recording
import Text

/// A checked sweep file.
package struct SweepFile: Sendable {
  /// Keys that vary together, with a row of values for each point.
  package struct Axis: Hashable, Sendable {
    /// The keys, each with a value in every row.
    package var keys: [String]
    /// One row for each point: `[points, keys]`.
    package var rows: [[String]]
  }

  /// Name in results.
  package var name: String
  /// Seed of designs and replications.
  package var seed: UInt64
  /// The scenarios with their names as written.
  package var scenarios: [(name: String, document: ScenarioDocument)]
  /// Changes to every trial.
  package var settings: [Setting]
  /// The grid, the last axis fastest.
  package var axes: [Axis]
  /// Points between the ends of ranges; nil for a grid alone.
  package var design: SweepDesign?
  /// Trials at each point; nil for one trial with the scenario's own seed.
  package var replications: Int?
  /// The text of the file.
  package var text: String

  /// Reads a sweep file and its scenarios.
  ///
  /// - Parameters:
  ///   - path: path of the file; its scenarios are relative to its folder.
  ///   - traces: reader of routing traces.
  /// - Throws: `ScenarioProblem.noInput` if there is no such file, `.badData` with every problem.
  package init(path: String, traces: TraceFiles = .unread) throws(ScenarioProblem) {
    try self.init(text: ScenarioFile(path: path).text(), file: path, traces: traces)
  }

  /// Reads a text; `file` is the name for messages, and scenarios are relative to its folder.
  ///
  /// - Throws: as `init(path:)`.
  package init(
    text: String, file: String, traces: TraceFiles = .unread
  ) throws(ScenarioProblem) {
    var reader = DocumentReader(source: file)
    let document = try reader.read(text)
    if FileKind(of: document) == .scenario { throw FileKind.scenario.problem(in: file) }
    let problems = Problems(in: document, known: [])
    let start = Place(source: file, line: 1, column: 1)
    let fields =
      Checker(problems: problems).fields(document, SweepKeys.record, "", at: start) ?? Fields()
    let resolver = SweepResolver(fields: fields, problems: problems)
    let scenarios = resolver.scenarios(
      folder: ReferredFile.folder(of: file), traces: traces.remembering)
    let (settings, axes, design) = (resolver.settings(), resolver.axes(), resolver.design())
    resolver.checkRepetition(settings: settings, axes: axes, design: design)
    guard problems.diagnostics.isEmpty, let name = fields.given(SweepKeys.name) else {
      precondition(!problems.diagnostics.isEmpty, "a sweep without value has a problem")
      throw .badData(problems.sorted)
    }
    self.name = name
    self.scenarios = scenarios
    self.settings = settings
    self.axes = axes
    self.design = design
    self.text = text
    seed = UInt64(fields.value(SweepKeys.seed) ?? 1)
    replications = fields.given(SweepKeys.replications)
    try checkSize(file)
  }

  /// The most trials of a sweep.
  package static let trialLimit = 100_000

  /// Number of trials; capped above the limit.
  package var trialCount: Int {
    let sizes =
      [scenarios.count] + axes.map(\.rows.count) + [design?.pointCount ?? 1, replications ?? 1]
    return sizes.reduce(1) { product, size in
      let (next, overflows) = product.multipliedReportingOverflow(by: size)
      return overflows ? Int.max : next
    }
  }

  private func checkSize(_ file: String) throws(ScenarioProblem) {
    guard trialCount > Self.trialLimit else { return }
    throw .badData([
      Diagnostic(
        source: file, line: nil, column: nil, keyPath: "",
        message: "makes \(trialCount) trials", allowed: "expected: at most \(Self.trialLimit)")
    ])
  }
}
