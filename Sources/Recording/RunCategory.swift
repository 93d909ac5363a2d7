// Where the wall-clock time of a training run goes. The categories of a run sum to its wall time.

/// A category of a run's wall-clock time.
package enum RunCategory: String, CaseIterable, Sendable {
  /// From the request for nodes until they are granted.
  case queue
  /// The first start: container, load, communicators.
  case startup
  /// Steps that were never undone, without waiting for data.
  case productive
  /// The excess of the first steps after each start.
  case warmUp = "warm_up"
  /// Training stands still for a save; a save that is cut off counts as lost.
  case save = "checkpoint_save"
  /// Checks of the state before saves.
  case verification
  /// Steps that were undone, the step and the save that were cut off.
  case lostWork = "lost_work"
  /// From a failure until it is noticed.
  case detection
  /// Decision, exchange of nodes, scheduler and containers after a failure.
  case rescheduling
  /// Nodes are missing: no spare is left, and repair takes its time.
  case waiting
  /// The state is read back.
  case load
  /// Communicators are set up after a failure.
  case communicators = "communicator_init"
  /// Pauses for evaluation.
  case evaluation
  /// Steps that were never undone wait for data.
  case dataStall = "data_stall"
  /// Planned interruptions.
  case maintenance

  /// The category in words.
  package var words: String {
    switch self {
    case .warmUp: "warm-up"
    case .save: "saves"
    case .lostWork: "lost work"
    case .waiting: "waiting for nodes"
    case .communicators: "communicators"
    case .dataStall: "data stall"
    case .queue, .startup, .productive, .verification, .detection, .rescheduling, .load,
      .evaluation, .maintenance:
      rawValue
    }
  }
}
