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
    /// It has been asked for and does not serve yet.
    case starting
    /// It is not part of the pool.
    case off
  }

  let pool: Int
  let instances: Range<Int>
  var state: State
  /// Whether it takes no more requests and leaves the pool when it is empty.
  var isDraining = false
  /// When it joined the pool, and since when it has been up.
  var memberSince = SimTime.zero
  var upSince = SimTime.zero
  var faultEvent: EventHandle?
  var startEvent: EventHandle?
  /// How long the unit stands still after the step that runs, for experts to move.
  var stall = SimDuration.zero
  /// Until when it stands still.
  var standsUntil = SimTime.zero
  /// How long the step that runs has stood still before it began.
  var stood = SimDuration.zero
  /// Start of the step, or of the steps that run as one.
  var start = SimTime.zero
  /// Steps until the event at their end, and the line of their times.
  var steps = 1
  var line: StepSeries?
  var event: EventHandle?
  /// Whether it is to look for work at the end of the instant.
  var isDirty = false
  /// Largest time of its instances in this step, picoseconds, and their time if they shared the
  /// load evenly; nil if it was not asked for.
  var slowest: Int64 = 0
  var mean: Double?

  init(pool: Int, instances: Range<Int>, isStarted: Bool) {
    self.pool = pool
    self.instances = instances
    state = isStarted ? .idle : .off
  }

  /// Whether it is part of its pool.
  var isMember: Bool { state != .off }
  /// Whether it serves.
  var isServing: Bool { state == .idle || state == .stepping }
  /// Whether it serves, as far as is known.
  var isUp: Bool { [.idle, .stepping, .failed].contains(state) }
}
