// The line among a run's assumptions that says which rates of failures are drawn.

/// The line on rates from counts; only runs with counts have it.
package enum CountedRates {
  /// How it begins.
  package static let head = "rates of failures from counts:"
}
