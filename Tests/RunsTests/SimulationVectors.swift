// The vectors of the fixtures, read for comparison with simulated runs.

import Foundation
import Testing

@testable import Runs

/// A vector: inputs and expected values by name.
struct SimulationVector: @unchecked Sendable, CustomTestStringConvertible {
  let inputs: [String: Any]
  let expected: [String: Any]

  var testDescription: String {
    inputs.keys.sorted().map { "\($0) \(inputs[$0] ?? "")" }.joined(separator: ", ")
  }

  /// A number of the inputs; nil for null.
  func input(_ name: String) -> Double? { (inputs[name] as? NSNumber)?.doubleValue }

  /// An input in hours, as seconds.
  func seconds(_ name: String) -> Double { (input(name) ?? 0) * 3_600 }

  /// An expected number; NaN without one.
  func value(_ name: String) -> Double { (expected[name] as? NSNumber)?.doubleValue ?? .nan }

  /// All vectors of a file.
  static func all(_ file: String) -> [SimulationVector] {
    guard
      let url = Bundle.module.url(
        forResource: file, withExtension: "json", subdirectory: "Fixtures"),
      let data = try? Data(contentsOf: url),
      let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let vectors = root["vectors"] as? [[String: Any]]
    else { return [] }
    return vectors.map { vector in
      SimulationVector(
        inputs: vector["inputs"] as? [String: Any] ?? [:],
        expected: vector["expected"] as? [String: Any] ?? [:])
    }
  }
}

/// A mean over replications with its standard error.
struct SimulatedMean {
  let mean: Double
  let error: Double

  init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    error = (squares / (count - 1) / count).squareRoot()
  }

  init(_ outcomes: [RunOutcome], _ value: (RunOutcome) -> Double) { self.init(outcomes.map(value)) }

  /// Distance from an expected mean in standard errors.
  func z(_ expected: Double) -> Double {
    error > 0 ? (mean - expected) / error : (abs(mean - expected) < 1e-9 ? 0 : .infinity)
  }
}

extension RunProcess {
  /// A run of equal segments of work, each with a save at its end, and one component that stops it.
  static func segments(
    _ count: Int, work: Double, save: Double, life: Life, detection: Double, load: Double,
    exposure: Exposure
  ) -> RunProcess {
    var process = RunProcess(
      stretches: [RunStretch(steps: count, stepSeconds: work)], nodes: JobNodes(count: 1))
    process.checkpoints = [CheckpointLevel(every: .steps(1), stall: save)]
    process.checkpoints[0].load = load
    process.restart.firstLoad = load
    process.failures = [FailureClass("failure", scope: .job, law: .life(life))]
    process.failures[0].detection = detection
    process.exposure = exposure
    return process
  }
}
