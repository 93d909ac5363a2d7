// The error for a valid scenario that cannot be simulated, shared by all rooms that simulate. It
// lists changes to the scenario that may help; a changed scenario is resolved and planned again.

import Text

/// A planning error: the scenario is valid but cannot be simulated.
package protocol SimulationRefusal: ExplainedError {
  /// Changes worth trying, in the order in which messages list them.
  var candidates: [RemedyCandidate] { get }

  /// Returns the same refusal with the changes that were found to help.
  func telling(_ remedies: [[Setting]]) -> Self
}

extension SimulationRefusal {
  package var candidates: [RemedyCandidate] { [] }
  package func telling(_ remedies: [[Setting]]) -> Self { self }
}

/// A change to a scenario that may help.
package struct RemedyCandidate: Hashable, Sendable {
  /// Alternative settings for the same purpose; the first one that helps is used. Keys that they
  /// remove may be absent from the scenario.
  package var alternatives: [[Setting]]
  /// Whether to try it only if no earlier candidate helps.
  package var isLastResort: Bool

  package init(_ alternatives: [[Setting]], isLastResort: Bool = false) {
    self.alternatives = alternatives
    self.isLastResort = isLastResort
  }

  /// The candidate for a block at another path: keys below `block` become keys below `path`.
  package func moved(from block: String, to path: String) -> RemedyCandidate {
    RemedyCandidate(
      alternatives.map { settings in
        settings.map { setting in
          guard setting.key.hasPrefix(block + ".") else { return setting }
          return Setting(path + setting.key.dropFirst(block.count), setting.value)
        }
      }, isLastResort: isLastResort)
  }
}
