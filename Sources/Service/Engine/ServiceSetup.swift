// What an engine runs: instances in units, units in pools, and the rules between them.

import Units

/// The parts of a service as the engine sees them.
struct ServiceSetup {
  struct InstanceSetup {
    var role: PoolSpec.Role
    var scheduler: SchedulerSpec
    var drafts = 0
    var blocks: Int
    var blockSize: Int
    /// Time to load a token's cache from host memory, and from the store.
    var hostTime = SimDuration.zero
    var storeTime = SimDuration.zero
  }

  struct UnitSetup {
    var pool: Int
    /// Its instances, which step together.
    var instances: Range<Int>
    /// Whether it serves from the start.
    var isStarted = true
    /// Failures of its parts per second.
    var hazard = 0.0
  }

  struct PoolSetup {
    var name: String
    var role: PoolSpec.Role
    var gpusPerUnit: Int
  }

  var instances: [InstanceSetup]
  var units: [UnitSetup]
  var pools: [PoolSetup]
  var handover = Handover.pull
  var router = RouterSpec.Kind.leastLoad
  var failures = FailureSpec()
  /// Faults by unit, in time order.
  var faults: [(time: SimTime, unit: Int)] = []
  /// Classes of requests.
  var classes = 1
  var acceptance: [Double] = []
  var seed: UInt64 = 0
  var arrivals = LoadSpec.Arrivals.open
  var sampleInterval: SimDuration?
  var scaling: ScalingSpec?
  /// Units by the time of day, by pool; empty for the same number always.
  var timetables: [[TimetableEntry]] = []
  /// From the decision to add a unit by the timetable until it serves.
  var startup = SimDuration.zero
  /// Changes of experts by pool; none for a pool whose experts stay as they are.
  var expertChanges: [ExpertChanges?] = []
  /// Rows of the most loaded GPU's experts / mean at the start, by pool.
  var imbalance: [Double] = []

  /// Whether requests may lose tokens that they have been shown.
  var losesTokens: Bool {
    !faults.isEmpty || units.contains { $0.hazard > 0 } || failures.queueTimeout != nil
  }

  /// Whether things happen that no request waits for.
  var hasBackground: Bool {
    sampleInterval != nil || scaling != nil || timetables.contains { !$0.isEmpty }
      || units.contains { $0.hazard > 0 } || expertChanges.contains { $0 != nil }
  }
}
