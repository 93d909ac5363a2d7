// Requests that are served one at a time: if these miss the objective, more units cannot help.

import Recording
import Scenarios
import Service
import Statistics

/// A service with hardly any load.
struct ServeAlone {
  /// Requests of the one replication.
  static let requests = 64
  /// A rate at which no request meets another, as a scenario writes it.
  static let rate = "0.001 /s"

  private let settings: [Setting]

  /// - Parameter settings: of the layout, with its least units.
  init(_ settings: [Setting]) {
    self.settings =
      settings
      + [
        Setting("service.load.rate", Self.rate),
        Setting("service.load.requests", "\(Self.requests)"),
      ]
  }

  /// The samples; none if the load is a file, a number of users, or cannot be thinned out.
  ///
  /// - Throws: `ServeTrialRefusal` if the service cannot run.
  func samples(
    _ trials: ServeTrials, _ service: ServiceSpec
  ) throws -> [ObjectiveSample] {
    guard case .open = service.load.arrivals, (try? trials.scenario(settings)) != nil else {
      return []
    }
    return try trials.replications(settings, 0..<2).map(\.sample)
  }
}
