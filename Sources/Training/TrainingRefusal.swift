// Why a training step cannot be planned, and what would be valid instead.

import Recording
import Schedules
import Text

/// Why a step cannot be simulated as requested.
package enum TrainingRefusal: SimulationRefusal {
  /// The schedule does not support the sizes.
  case schedule(ScheduleRefusal)
  /// The layers cannot be partitioned into the stages.
  case partition(String)
  /// A rank would need more memory than its GPU has.
  case memory(MemoryRefusal)

  package var explanations: [Explanation] {
    switch self {
    case .schedule(let refusal): refusal.explanations
    case .partition(let text): [Explanation(text)]
    case .memory(let refusal): refusal.explanations
    }
  }

  package var candidates: [RemedyCandidate] {
    if case .memory(let refusal) = self { refusal.candidates } else { [] }
  }

  package func telling(_ remedies: [[Setting]]) -> TrainingRefusal {
    guard case .memory(var refusal) = self else { return self }
    refusal.wouldFit = remedies
    return .memory(refusal)
  }
}
