// The state of the service at regular intervals.

import EventKernel
import Recording
import Units

extension ServiceEngine {
  /// Ends an interval, and begins the next while anything is left to happen.
  mutating func takeSample() {
    for unit in units.indices { catchUp(unit) }
    sample.time = now
    var held = 0
    var total = 0
    for index in instances.indices {
      sample.running += instances[index].runningCount
      guard units[unitOf[index]].isServing else { continue }
      held += instances[index].cache.total - instances[index].cache.free
      total += instances[index].cache.total
    }
    sample.cacheUse = total > 0 ? Double(held) / Double(total) : 0
    arrivedSoFar += sample.arrived
    endedSoFar += sample.finished + sample.rejected + sample.lost
    sample.queued = arrivedSoFar - endedSoFar - sample.running
    sample.unitsUp = units.count(where: \.isServing)
    samples.append(sample)
    sample = ServiceSample(time: now)
    if let interval = setup.sampleInterval, kernel.pendingCount > 0 {
      schedule(after: interval, .sample)
    }
  }
}
