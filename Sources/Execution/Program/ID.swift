// Numbers of operations, transfers and variants. Each has its own type, so that they cannot be
// confused, and absence is nil.

/// The index of an element in the list of all elements of its kind.
package struct ID<Element>: Hashable, Comparable, Sendable {
  @usableFromInline let number: Int32

  /// The ID of the element at an index.
  @inlinable
  package init(_ index: Int) { number = Int32(index) }

  /// Its index in the list.
  @inlinable package var index: Int { Int(number) }

  @inlinable
  package static func < (a: ID, b: ID) -> Bool { a.number < b.number }
}

/// An operation of a `StreamProgram`.
package typealias OperationID = ID<StreamOperation>
/// One of the transfers that a `StreamProgram` lists.
package typealias TransferID = ID<Transfer>
