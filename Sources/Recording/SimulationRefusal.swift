// Why a valid scenario has no answer, in the form that every simulating room uses, and the changes
// to the scenario that may help; a changed scenario is resolved and planned again.

import Text

/// An error of planning: the scenario is valid, but cannot be carried out.
package protocol SimulationRefusal: ExplainedError {
  /// Changes worth trying, in the order in which they are listed.
  var candidates: [RemedyCandidate] { get }

  /// The same refusal with the changes that were tried and help.
  func telling(_ remedies: [[Setting]]) -> Self
}

extension SimulationRefusal {
  package var candidates: [RemedyCandidate] { [] }
  package func telling(_ remedies: [[Setting]]) -> Self { self }
}

/// A change to a scenario that may help.
package struct RemedyCandidate: Hashable, Sendable {
  /// Settings for the same purpose, of which the first that help are enough. Keys that they remove
  /// may be absent.
  package var alternatives: [[Setting]]
  /// Whether it is tried only if nothing before it helps.
  package var isLastResort: Bool

  package init(_ alternatives: [[Setting]], isLastResort: Bool = false) {
    self.alternatives = alternatives
    self.isLastResort = isLastResort
  }
}
