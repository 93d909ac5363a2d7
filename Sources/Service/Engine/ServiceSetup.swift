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
  }

  struct UnitSetup {
    var pool: Int
    /// Its instances, which step together.
    var instances: Range<Int>
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
}
