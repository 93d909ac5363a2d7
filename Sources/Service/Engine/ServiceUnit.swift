// A unit: the instances that step together and fail together.

import EventKernel
import Units

/// The state of a unit.
struct ServiceUnit {
  enum State: Hashable {
    case idle
    case stepping
    /// It has failed, which nobody knows yet.
    case failed
    /// It is known to be down.
    case down
  }

  let pool: Int
  let instances: Range<Int>
  var state = State.idle
  /// Start of the step, or of the steps that run as one.
  var start = SimTime.zero
  /// Steps until the event at their end, and the line of their times.
  var steps = 1
  var line: StepLine?
  var event: EventHandle?
  /// Whether it is to look for work at the end of the instant.
  var isDirty = false
  /// Largest and mean time of its instances in this step, picoseconds.
  var slowest: Int64 = 0
  var mean = 0.0
}
