// Numbers of links, operations, transfers and variants. Each has its own type, so that they cannot
// be confused, and absence is nil.

/// The index of an element in the list of all elements of its kind.
public struct ID<Element>: Hashable, Comparable, Sendable {
  @usableFromInline let number: Int32

  /// The ID of the element at an index.
  @inlinable
  public init(_ index: Int) { number = Int32(index) }

  /// Its index in the list.
  @inlinable public var index: Int { Int(number) }

  @inlinable
  public static func < (a: ID, b: ID) -> Bool { a.number < b.number }
}
