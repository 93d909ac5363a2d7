// Tables with a row for each case of an enumeration: no case is turned into a number by hand.

extension CaseIterable where Self: Equatable, AllCases == [Self] {
  /// Its place among all cases, from 0.
  ///
  /// - Complexity: linear in the cases.
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

  /// The same value for all cases.
  @inlinable
  public init(repeating value: Value) {
    values = Array(repeating: value, count: Key.allCases.count)
  }

  /// The value of each case.
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
