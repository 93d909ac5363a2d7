// Makes a scenario's trace usable by a step: scales it up to the model, once for all trials of an
// experiment, or loads its tokens.

import Routing
import Scenarios

extension Scenario {
  /// Sequences routed to fit a trace: a quarter of the default of `moe scale`, which takes about
  /// ten seconds for 256 experts.
  private static let scaledSequences = TraceScaling.usualSequences / 4

  /// The question with its trace, if any, scaled up to expert loads or loaded to be replayed.
  ///
  /// - Throws: `TraceFileProblem` if the trace has disappeared since the scenario was read.
  func scaledQuestion(_ shared: SharedCosts) throws -> Question {
    guard let trace = question.trace else { return question }
    if trace.use == .replay {
      guard let tokens = try traces.content(trace.path).trace else {
        throw TraceFileProblem("has no routing trace")
      }
      return question.replaying(tokens)
    }
    return question.scaled(
      to: try shared.value(for: trace) { try Self.profile(of: trace, traces) })
  }

  /// The loads of a trace at the published level.
  private static func profile(
    of reference: TraceReference, _ files: TraceFiles
  ) throws -> LoadProfile {
    let content = try files.content(reference.path)
    if let profile = content.profile { return profile }
    guard let trace = content.trace else { throw TraceFileProblem("has no routing trace") }
    return TraceScaling.scale(
      trace.trace, hash: trace.hash, layers: reference.layers, level: TraceScaling.publishedSigma,
      sequences: max(
        scaledSequences, 4 * trace.trace.domains.count, trace.trace.sequencesOfAllDomains ?? 0),
      seed: 1
    ).profile
  }
}
