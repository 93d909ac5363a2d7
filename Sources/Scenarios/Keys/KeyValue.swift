// The Swift types that a key's value can have, and the checked values they are made from.

import Cluster
import Execution
import ModelCost
import Recording
import Routing
import Training
import Units

/// A value that passed the check of its kind.
indirect enum Value: Sendable {
  case text(String)
  case flag(Bool)
  case integer(Int)
  case number(Double)
  case list([Value])
  case fields(Fields)
  /// The entries of `Kind.named`.
  case named(NamedFields)
  /// The word of `Kind.either`.
  case word
}

/// The checked keys of one mapping.
struct Fields: Sendable {
  private var values: [(name: String, value: Value)] = []
  private var broken: [String] = []

  mutating func set(_ name: String, _ value: Value?) {
    if let value { values.append((name, value)) } else { broken.append(name) }
  }

  /// The value specified for a key; nil if it is absent or invalid.
  func given<V>(_ key: Key<V>) -> V? {
    values.first { $0.name == key.name }.flatMap { V($0.value) }
  }

  /// The effective value of a key: as specified, or the key's default; nil if it is invalid.
  func value<V>(_ key: Key<V>) -> V? {
    isRefused(key) ? nil : given(key) ?? key.fallback
  }

  /// Whether the specified value is invalid; its problem is already reported.
  func isRefused<V>(_ key: Key<V>) -> Bool { broken.contains(key.name) }

  /// The names of all specified keys, valid or not.
  var names: [String] { values.map(\.name) + broken }

  /// Whether the key is specified, validly or not.
  func isWritten<V>(_ key: Key<V>) -> Bool {
    isRefused(key) || values.contains { $0.name == key.name }
  }
}

/// A type that a key can have.
protocol KeyValue: Sendable {
  /// Nil if the value has another form, which the kind of a key rules out.
  init?(_ value: Value)
  /// The value as a default in the JSON Schema.
  var json: RecordValue { get }
}

extension KeyValue where Self: Recordable {
  var json: RecordValue { recorded }
}

extension Int: KeyValue {
  init?(_ value: Value) {
    switch value {
    case .integer(let integer): self = integer
    case .number(let number): self.init(exactly: number)
    default: return nil
    }
  }
}

extension Double: KeyValue {
  init?(_ value: Value) {
    guard case .number(let number) = value else { return nil }
    self = number
  }

  var json: RecordValue { Kind.number(self) }
}

extension Bool: KeyValue {
  init?(_ value: Value) {
    guard case .flag(let flag) = value else { return nil }
    self = flag
  }
}

extension String: KeyValue {
  init?(_ value: Value) {
    guard case .text(let text) = value else { return nil }
    self = text
  }
}

extension Fields: KeyValue {
  init?(_ value: Value) {
    guard case .fields(let fields) = value else { return nil }
    self = fields
  }

  var json: RecordValue { .object([]) }
}

/// Mappings under names of the user's choice, in the order of the file.
struct NamedFields: KeyValue {
  /// The most entries.
  static let limit = 256

  var items: [(name: String, fields: Fields)]

  init(_ items: [(name: String, fields: Fields)]) { self.items = items }

  init?(_ value: Value) {
    guard case .named(let named) = value else { return nil }
    self = named
  }

  var json: RecordValue { .object([]) }
}

extension Array: KeyValue where Element: KeyValue {
  init?(_ value: Value) {
    guard case .list(let items) = value else { return nil }
    self = items.compactMap { Element($0) }
  }

  var json: RecordValue { .array(map(\.json)) }
}

extension KeyValue where Self: Quantity {
  init?(_ value: Value) {
    guard case .number(let number) = value else { return nil }
    self.init(number)
  }

  var json: RecordValue { .text("\(value) \(Self.baseUnit)") }
}

extension Bytes: KeyValue {}
extension EventsPerSecond: KeyValue {}
extension BytesPerSecond: KeyValue {}
extension FLOPsPerSecond: KeyValue {}
extension Seconds: KeyValue {}
extension Watts: KeyValue {}
extension USDollarsPerGPUHour: KeyValue {}

extension KeyValue where Self: RawRepresentable, RawValue == String {
  init?(_ value: Value) {
    guard case .text(let text) = value else { return nil }
    self.init(rawValue: text)
  }

  var json: RecordValue { .text(rawValue) }
}

extension Precision: KeyValue {}
extension CacheFormat: KeyValue {}
extension PrecisionRecipe: KeyValue {}
extension PrimaryWeights: KeyValue {}
extension StateSharding.States: KeyValue {}
extension OptimizerOffload.Updater: KeyValue {}
extension GroupedAttention.QueryKeyNorm: KeyValue {}
extension WeightFormat: KeyValue {}
extension WeightScheme.Coverage: KeyValue {}
extension ContextExchange: KeyValue {}
extension TensorOverlap: KeyValue {}
extension KernelRelease: KeyValue {}

extension Fidelity: KeyValue {
  /// The words and numbers of a scenario.
  static let kind = Kind.wordOrInteger(["folded", everyGPUWord], memberRange)

  init?(_ value: Value) {
    switch value {
    case .text("folded"): self = .folded
    case .text(Self.everyGPUWord): self = .everyGPU
    case .integer(let count): self = .members(count)
    default: return nil
    }
  }

  var json: RecordValue {
    switch self {
    case .folded: .text("folded")
    case .everyGPU: .text(Self.everyGPUWord)
    case .members(let count): .integer(Int64(count))
    }
  }
}

extension ActivationPolicy.Recompute: KeyValue {}
extension ExpertSpec.Gate: KeyValue {}
extension ExpertPlanner: KeyValue {}
extension PathChoice: KeyValue {}

/// A value, or the word for its absence.
enum OrNone<Wrapped: KeyValue>: KeyValue {
  case none
  case some(Wrapped)

  /// A value, or none.
  init(_ value: Wrapped?) { self = value.map(OrNone.some) ?? .none }

  /// The value; nil for none.
  var value: Wrapped? {
    if case .some(let wrapped) = self { wrapped } else { nil }
  }

  init?(_ value: Value) {
    if case .word = value {
      self = .none
    } else if let wrapped = Wrapped(value) {
      self = .some(wrapped)
    } else {
      return nil
    }
  }

  var json: RecordValue {
    switch self {
    case .none: .text("none")
    case .some(let wrapped): wrapped.json
    }
  }
}

/// The name of a catalogue entry, or a description.
enum NameOrFields: KeyValue {
  case name(String)
  case fields(Fields)

  init?(_ value: Value) {
    switch value {
    case .text(let name): self = .name(name)
    case .fields(let fields): self = .fields(fields)
    default: return nil
    }
  }

  var json: RecordValue {
    switch self {
    case .name(let name): .text(name)
    case .fields(let fields): fields.json
    }
  }
}
