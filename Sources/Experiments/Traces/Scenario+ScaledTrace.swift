// A scenario's trace scaled up to its model: a step of a trial, done once for all trials of an
// experiment.

import Routing
import Scenarios

extension Scenario {
  /// Sequences that are routed to fit a trace: a quarter of what `moe scale` takes, some ten
  /// seconds for 256 experts.
  private static let scaledSequences = TraceScaling.usualSequences / 4

  /// The question with expert loads that a step can draw from.
  ///
  /// - Throws: `TraceFileProblem` where the trace is gone since the scenario was read.
  func scaledQuestion(_ shared: SharedCosts) throws -> Question {
    guard let trace = question.trace else { return question }
    return question.scaled(
      to: try shared.value(for: trace) { try Self.profile(of: trace, traces) })
  }

  /// The loads of a trace at the published level.
  private static func profile(
    of reference: TraceReference, _ files: TraceFiles
  ) throws -> LoadProfile {
    switch try files.content(reference.path) {
    case .profile(let profile): return profile
    case .trace(let trace, let hash):
      return TraceScaling.scale(
        trace, hash: hash, layers: reference.layers, level: TraceScaling.publishedSigma,
        sequences: max(scaledSequences, 4 * trace.domains.count), seed: 1
      ).profile
    }
  }
}
