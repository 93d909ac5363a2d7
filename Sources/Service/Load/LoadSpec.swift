// The load of a service: which requests arrive, and when.

import Units

/// A source of requests.
package struct LoadSpec: Sendable {
  /// When requests arrive.
  package enum Arrivals: Hashable, Sendable {
    /// At the times of the requests.
    case open
    /// A number of users, each of whom sends the next request a think time after the last one has
    /// ended.
    case closedLoop(users: Int, thinkTime: SimDuration)
  }

  /// When requests arrive.
  package var arrivals = Arrivals.open
  /// The requests in the order of arrival; in a closed loop, in the order in which users send them.
  package var requests: [ServiceRequest]

  package init(requests: [ServiceRequest]) { self.requests = requests }
}
