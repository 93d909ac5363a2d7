// Why a valid scenario has no answer, as every room that simulates says it.

/// An error of planning: the scenario is valid, but what it asks for cannot be had.
public protocol SimulationRefusal: Error, Sendable, CustomStringConvertible {
  /// The description after what kind of error it is, for a command that ends with it.
  var message: String { get }
}

extension SimulationRefusal {
  /// The exit status of a program that ends with this error, as in sysexits.h.
  public var exitStatus: Int32 { 65 }
}
