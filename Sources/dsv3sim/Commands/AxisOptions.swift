// `--over KEY=VALUE,VALUE`, for commands that run a scenario many times.

import Experiments
import Text

/// The values of the option, in the order given.
struct AxisOptions {
  /// Maximum number of points in a grid.
  static let pointLimit = 1000

  private let texts: [String]

  init(_ texts: [String]) {
    self.texts = texts
  }

  /// The axes of the grid.
  ///
  /// - Parameter schedules: schedules chosen by another option.
  /// - Throws: `CommandProblem` for an invalid axis, and for too many points.
  func axes(besides schedules: [String]) throws -> [ExperimentAxis] {
    let axes = try texts.map { text in
      guard let axis = ExperimentAxis(text) else {
        throw CommandProblem.usage(
          "--over \(quoted(text)) is not KEY=VALUE,VALUE with distinct values",
          advice: "for example: --over training.microbatches=32,64,120")
      }
      return axis
    }
    for (index, axis) in axes.enumerated() {
      if axes[..<index].contains(where: { $0.key == axis.key }) {
        throw refusal(of: axis, "give all its values in one --over")
      }
      if axis.key == ExperimentAxis.scheduleKey, !schedules.isEmpty {
        throw refusal(of: axis, "choose with --schedule or with --over, not both")
      }
    }
    let points = axes.reduce(1) { $0.multipliedReportingOverflow(by: $1.values.count).partialValue }
    guard points <= Self.pointLimit else {
      throw CommandProblem.usage(
        "--over makes \(points) points, the limit is \(Self.pointLimit)")
    }
    return axes
  }

  private func refusal(of axis: ExperimentAxis, _ advice: String) -> CommandProblem {
    .usage("--over \(quoted(axis.key)) cannot be an axis here", advice: advice)
  }
}
