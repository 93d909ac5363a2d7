// Scales a scenario's trace up to its model, once for all trials of an experiment.

import Routing
import Scenarios

extension Scenario {
  /// Sequences routed to fit a trace: a quarter of the default of `moe scale`, which takes about
  /// ten seconds for 256 experts.
  private static let scaledSequences = TraceScaling.usualSequences / 4

  /// The question with its trace, if any, scaled up to expert loads.
  ///
  /// - Throws: `TraceFileProblem` if the trace has disappeared since the scenario was read.
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
