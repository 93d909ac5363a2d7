// Why a valid scenario has no answer, as every room that simulates says it, and what may help:
// changes of the scenario, to be resolved and planned again, never of what was resolved.

import Text

/// An error of planning: the scenario is valid, but what it asks for is not possible.
public protocol SimulationRefusal: ExplainedError {
  /// Changes worth a try, in the order in which they are told.
  var candidates: [RemedyCandidate] { get }

  /// The same refusal, which says which changes were tried and help.
  func telling(_ remedies: [[Setting]]) -> Self
}

extension SimulationRefusal {
  public var candidates: [RemedyCandidate] { [] }
  public func telling(_ remedies: [[Setting]]) -> Self { self }
}

/// A change of a scenario that may help.
public struct RemedyCandidate: Hashable, Sendable {
  /// Settings for the same end, of which the first that help are enough. Keys that they take out
  /// need not be there.
  public var alternatives: [[Setting]]
  /// Whether it is tried only where nothing before helps.
  public var isLastResort: Bool

  public init(_ alternatives: [[Setting]], isLastResort: Bool = false) {
    self.alternatives = alternatives
    self.isLastResort = isLastResort
  }
}
