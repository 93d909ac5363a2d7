// The line among a run's assumptions that says on what its kernel times rest.

/// The line on the evidence of kernel times; only runs with draws of them have it.
package enum StepEvidence {
  /// How it begins.
  package static let head = "kernel time by evidence:"
}
