// Why a valid scenario has no answer, as every room that simulates says it, and what may help:
// changes of the scenario, to be resolved and planned again, never of what was resolved.

/// An error of planning: the scenario is valid, but what it asks for cannot be had.
public protocol SimulationRefusal: Error, Sendable, CustomStringConvertible {
  /// The description after what kind of error it is, for a command that ends with it.
  var message: String { get }
  /// Changes worth a try, in the order in which they are told.
  var candidates: [RemedyCandidate] { get }

  /// The same refusal, which says which changes were tried and help.
  func telling(_ remedies: [[Setting]]) -> Self
}

extension SimulationRefusal {
  /// The exit status of a program that ends with this error, as in sysexits.h.
  public var exitStatus: Int32 { 65 }
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
