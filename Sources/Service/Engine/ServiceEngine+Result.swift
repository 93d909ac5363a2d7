// The run that an engine leaves behind.

import Recording
import Units

extension ServiceEngine {
  /// What became of the requests, and what the pools did.
  var result: ServiceRun {
    // Nobody counts who would have arrived after the stop.
    let arrived = (live.lastIndex(where: \.hasArrived) ?? -1) + 1
    var run = ServiceRun(
      requests: Array(requests.prefix(arrived)), outcomes: Array(outcomes.prefix(arrived)),
      gaps: gaps, pools: pools, samples: samples, moments: Array(moments.prefix(arrived)), end: now,
      fingerprint: kernel.fingerprint.hexadecimal)
    for pool in setup.timetables.indices where !setup.timetables[pool].isEmpty {
      let most = setup.units.count { $0.pool == pool } * pools[pool].gpusPerUnit
      let all = Double(most) * (now - SimTime.zero).seconds
      run.pools[pool].freeGPUSeconds = max(0, all - pools[pool].heldGPUSeconds)
    }
    return run
  }
}
