// The error for a service whose requests do not end before the clock does.

import Recording
import Text
import Units

/// Requests that would end later than the clock can say.
package struct ServiceClockRefusal: SimulationRefusal, Hashable {
  /// Requests that ended in time.
  package var ended: Int
  /// All requests.
  package var requests: Int

  package var explanations: [Explanation] {
    let days = Int(((ServiceClock.end - SimTime.zero).seconds / 86_400).rounded())
    return [
      Explanation(
        "only \(ended) of \(requests) requests end within the \(days) days of the clock",
        advice: ["give service.stop, or shorten steps, waits and repairs"])
    ]
  }
}
