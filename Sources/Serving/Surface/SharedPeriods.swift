// Periods of steps that several surfaces of one deployment share: replications of a service, and
// its trials under other loads, ask for the same nodes. A period is a function of the step alone,
// so sharing changes no result; each surface still counts what it asks for.

import Synchronization
import Units

/// Known periods of the steps of one deployment.
package final class SharedPeriods: Sendable {
  /// The most periods that are kept: about 20 MB.
  private static let limit = 100_000

  private let known = Mutex<[SurfaceMachine.Step: SimDuration]>([:])

  package init() {}

  /// The period of a step, made by the first that asks; two that ask at once may both make it.
  func period(_ step: SurfaceMachine.Step, make: () -> SimDuration) -> SimDuration {
    if let period = known.withLock({ $0[step] }) { return period }
    let period = make()
    known.withLock { if $0.count < Self.limit { $0[step] = period } }
    return period
  }
}
