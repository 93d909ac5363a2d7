// Why a run cannot be simulated, and what would be valid instead.

import Recording
import Text
import Training

/// Why a run cannot be simulated as requested.
package enum RunRefusal: SimulationRefusal {
  /// It has more saves and pauses than a simulation holds.
  case tooManyLegs(steps: Int)
  /// A step of a phase cannot be planned.
  case step(phase: String, batch: Int, refusal: TrainingRefusal)
  /// It has not ended after the longest time that is simulated.
  case endless
  /// It would not end by then if nothing failed; its steps alone take some seconds.
  case tooLong(stepSeconds: Double)

  package var explanations: [Explanation] {
    switch self {
    case .tooManyLegs(let steps):
      [
        Explanation(
          "the \(countText(Double(steps))) steps of the run have more than"
            + " \(countText(Double(RunProcess.legLimit))) saves and pauses",
          advice: "expected: a longer run.checkpoints interval")
      ]
    case .step(let phase, let batch, let refusal):
      refusal.explanations.map { explanation in
        var explanation = explanation
        explanation.message =
          "phase \(phase), \(countText(Double(batch))) sequences: \(explanation.message)"
        return explanation
      }
    case .endless:
      [
        Explanation(
          "the run has not ended after \(countText(RunSeconds.longest / 86_400)) days or"
            + " \(countText(Double(RunEngine.stopLimit))) restarts",
          advice: "expected: longer mean lives in run.failures, or shorter intervals of saves")
      ]
    case .tooLong(let seconds):
      [
        Explanation(
          "the run takes more than \(countText(RunSeconds.longest / 86_400)) days if nothing fails,"
            + " its steps alone \(countText(seconds / 86_400))",
          advice: "expected: fewer tokens, or more GPUs")
      ]
    }
  }

  /// Those of the step: for all phases, else for the one that cannot be planned, which may have
  /// replaced what all have.
  package var candidates: [RemedyCandidate] {
    guard case .step(let phase, _, let refusal) = self else { return [] }
    return refusal.candidates.map { candidate in
      var moved = candidate.moved(from: "training", to: "run.training")
      moved.alternatives +=
        candidate.moved(from: "training", to: "run.phases.\(phase).training").alternatives
      return moved
    }
  }

  package func telling(_ remedies: [[Setting]]) -> RunRefusal {
    guard case .step(let phase, let batch, let refusal) = self else { return self }
    return .step(phase: phase, batch: batch, refusal: refusal.telling(remedies))
  }
}
