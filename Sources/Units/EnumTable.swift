// Tables with one row per case of an enumeration, so that no code converts cases to numbers.

extension CaseIterable where Self: Equatable, AllCases == [Self] {
  /// The index of the case among all cases, from 0.
  ///
  /// - Complexity: linear in the number of cases.
  @inlinable public var caseIndex: Int {
    guard let index = Self.allCases.firstIndex(of: self) else {
      preconditionFailure("allCases lists every case")
    }
    return index
  }
}

/// A value for each case of an enumeration.
public struct EnumTable<Key: CaseIterable & Equatable, Value> where Key.AllCases == [Key] {
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
