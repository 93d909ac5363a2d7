// The experiment of a sweep file: scenarios, then the axes of the grid, then the design, then
// replications, the last fastest.

import Recording
import Scenarios
import Statistics
import Text

extension Experiment {
  /// Version of the results: equal versions give equal rows for equal scenarios. It rises whenever
  /// a fingerprint of a shipped scenario, a metric or a stored row changes, and only then, so that
  /// a sweep may go on with another build of the program.
  package static let resultVersion = "17.0"

  /// The trials of a sweep file. Their runs name the version of the results instead of the build:
  /// whichever builds a sweep went on with, its bytes are the same.
  package static func sweep(_ file: SweepFile) -> Experiment {
    var axes: [ExperimentAxis] = []
    if file.scenarios.count > 1 {
      axes.append(
        ExperimentAxis(
          keys: ["scenario"],
          file.scenarios.enumerated().map { index, scenario in
            .init(labels: [scenario.name], settings: [], scenario: index)
          }))
    }
    axes += file.axes.map { ExperimentAxis(keys: $0.keys, rows: $0.rows) }
    if let design = file.design {
      let seed = design.seed(of: file.seed)
      var axis = ExperimentAxis(keys: design.ranges.map(\.key), rows: design.rows(seed: seed))
      axis.design = design.record(seed: seed)
      axes.append(axis)
    }
    if let count = file.replications {
      axes.append(
        ExperimentAxis(
          keys: ["replication"],
          (1...count).map { number in
            let seed = replicationSeed(sweep: file.seed, replication: number)
            return .init(labels: [String(number)], settings: [Setting("seed", String(seed))])
          }))
    }
    return Experiment(
      kind: "sweep", file.scenarios.map(\.document), ScenarioChanges(settings: file.settings),
      name: file.name, axes: axes, programVersion: "results \(resultVersion)")
  }

  /// The seed of a replication, the same at every point of a sweep: the first 62 bits of a SHA-256,
  /// so that it is a whole number of a scenario.
  static func replicationSeed(sweep seed: UInt64, replication: Int) -> UInt64 {
    hashedNumber("replication \(replication) of seed \(seed)")
  }

  /// The first 62 bits of the SHA-256 of a text.
  fileprivate static func hashedNumber(_ text: String) -> UInt64 {
    let digits = SHA256.hexDigest(Array(text.utf8)).prefix(16)
    return (UInt64(digits, radix: 16) ?? 0) >> 2
  }
}

extension SweepDesign {
  /// The seed of the points of a sweep. It depends on the sweep's seed and on the design, so that
  /// two sweeps with one seed do not share their random points.
  fileprivate func seed(of sweep: UInt64) -> UInt64 {
    Experiment.hashedNumber("design \(sweep) \(text)")
  }

  /// The values of each range at each point, `[points, ranges]`.
  fileprivate func rows(seed: UInt64) -> [[String]] {
    coordinates(seed: seed).map { point in zip(ranges, point).map { $0.value(at: $1) } }
  }

  private func coordinates(seed: UInt64) -> [[Double]] {
    switch kind {
    case .latinHypercube:
      LatinHypercube(count: size, dimensions: ranges.count, seed: seed).points
    case .tornado: Tornado(dimensions: ranges.count).points
    case .morris: Morris(dimensions: ranges.count, trajectories: size, seed: seed).points
    case .sobol: Sobol(dimensions: ranges.count, rows: size, seed: seed).points
    }
  }

  private var text: String {
    ([kind.rawValue, String(size)]
      + ranges.map { "\($0.key) \($0.value(at: 0)) \($0.value(at: 1))" })
      .joined(separator: "\n")
  }
}
