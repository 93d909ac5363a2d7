// Tables with one row per case of an enumeration, so that no code converts cases to numbers.

extension CaseIterable where Self: RawRepresentable {
  /// The index of the case among all cases of an enumeration, from 0, if `allCases` is synthesized.
  ///
  /// An enumeration with raw values has no payloads. The compiler numbers the cases of one in the
  /// order of their declaration, and keeps the number in a byte (docs/ABI/TypeLayout.rst of Swift).
  ///
  /// - Precondition: there are 2 to 256 cases.
  @inlinable public var caseIndex: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}

/// A value for each case of an enumeration.
public struct EnumTable<Key: CaseIterable & RawRepresentable, Value> {
  @usableFromInline var values: [Value]

  /// Makes a table with the same value for all cases.
  @inlinable
  public init(repeating value: Value) {
    values = Array(repeating: value, count: Key.allCases.count)
  }

  /// Makes a table with a value computed for each case.
  @inlinable
  public init(_ value: (Key) -> Value) { values = Key.allCases.map(value) }

  /// The value of a case.
  @inlinable
  public subscript(key: Key) -> Value {
    get { values[key.caseIndex] }
    _modify { yield &values[key.caseIndex] }
  }
}

extension EnumTable: Sendable where Value: Sendable {}
