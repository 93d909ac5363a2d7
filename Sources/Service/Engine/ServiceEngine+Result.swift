// The run that an engine leaves behind.

import Recording
import Units

extension ServiceEngine {
  /// What became of the requests, and what the pools did.
  var result: ServiceRun {
    var run = ServiceRun(
      requests: requests, outcomes: outcomes, gaps: gaps, pools: pools, samples: samples,
      moments: moments, end: now, fingerprint: kernel.fingerprint.hexadecimal)
    for pool in setup.timetables.indices where !setup.timetables[pool].isEmpty {
      let most = setup.units.count { $0.pool == pool } * pools[pool].gpusPerUnit
      let all = Double(most) * (now - SimTime.zero).seconds
      run.pools[pool].freeGPUSeconds = max(0, all - pools[pool].heldGPUSeconds)
    }
    return run
  }
}
