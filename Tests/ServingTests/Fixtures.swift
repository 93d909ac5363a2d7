// Helpers for several suites.

import Recording
import Units

@testable import Serving

extension SimulationResult {
  /// The sum of a GPU's rows: by INV-13 the step time.
  func attributedTime(of member: Int) -> SimDuration {
    rankTimes.filter { $0.member == member }.reduce(.zero) { $0 + $1.time }
  }
}
