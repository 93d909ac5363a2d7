// Shared by the suites of service scenarios.

import Service

@testable import Scenarios

/// The service of a text with overrides.
func service(
  _ text: String, _ overrides: [String] = [], unset: [String] = []
) throws -> ServiceSpec {
  let scenario = try Scenario.decode(
    text: text, file: "a.yaml", overrides: overrides, unset: unset)
  guard case .service(let spec) = scenario.question else { throw CancellationError() }
  return spec
}
