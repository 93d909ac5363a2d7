// Why a training step cannot be planned, and what would be right.

import Recording
import Schedules

/// Why a step cannot be simulated as asked.
public enum TrainingRefusal: SimulationRefusal {
  /// The schedule does not support the sizes.
  case schedule(ScheduleRefusal)
  /// Layers and stages do not go together.
  case partition(String)
  /// A rank would need more memory than its GPU has.
  case memory(MemoryShortage)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .schedule(let refusal): refusal.description
    case .partition(let text): text
    case .memory(let shortage): shortage.description
    }
  }

  public var candidates: [RemedyCandidate] {
    if case .memory(let shortage) = self { shortage.candidates } else { [] }
  }

  public func telling(_ remedies: [[Setting]]) -> TrainingRefusal {
    guard case .memory(var shortage) = self else { return self }
    shortage.wouldFit = remedies
    return .memory(shortage)
  }

  /// The same as the last line of a command.
  public var message: String {
    if case .memory = self {
      "error: out of memory: \(description)"
    } else {
      "error: \(description)"
    }
  }
}
