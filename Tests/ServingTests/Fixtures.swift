// What several suites ask of a step.

import Recording
import Units

@testable import Serving

extension SimulationResult {
  /// What the rows of a GPU sum to: by INV-13 the step time.
  func attributedTime(of member: Int) -> SimDuration {
    rankTimes.filter { $0.member == member }.reduce(.zero) { $0 + $1.time }
  }
}
