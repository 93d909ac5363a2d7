// The number of an operation, a transfer, a variant: each of its own type, so that none can be
// taken for another, and the absence of one is nil.

/// The place of an element in the list of all elements of its kind.
package struct ID<Element>: Hashable, Comparable, Sendable {
  @usableFromInline let number: Int32

  /// The element at an index.
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
