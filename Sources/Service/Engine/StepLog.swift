// A log of every step, choice and chunk of tokens, for cases that are checked step by step.

import Units

/// What a service did, in the order of the steps' starts.
struct StepLog {
  struct Step {
    var instance: Int
    var start: SimTime
    var end: SimTime
    var rows: [StepPlan.Row]
    var admitted: [(request: RequestID, cached: Int)]
    var preempted: [RequestID]
    var freeBlocks: Int
    /// The step's own time, if it waits for other instances of its unit.
    var ownTime: SimDuration?
    /// When a fault ended it.
    var aborted: SimTime?
  }

  /// A router's choice; scores in the order of instances that are up.
  struct Choice {
    var request: RequestID
    var scores: [Ratio]
    var instance: Int
  }

  /// Tokens shown to a user.
  struct Chunk {
    var request: RequestID
    var time: SimTime
    var tokens: Int
  }

  var steps: [Step] = []
  var choices: [Choice] = []
  var chunks: [Chunk] = []
}
