// Vectors of a separate implementation: inputs, expected values and how closely they must be met.

import Foundation
import Testing

/// A JSON value with lookups that yield nil where the shape is another.
enum GoldenValue: Decodable, Sendable {
  case number(Double), text(String), list([GoldenValue]), table([String: GoldenValue]), nothing

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .nothing
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([GoldenValue].self) {
      self = .list(list)
    } else {
      self = .table(try container.decode([String: GoldenValue].self))
    }
  }

  subscript(key: String) -> GoldenValue {
    if case .table(let table) = self { table[key] ?? .nothing } else { .nothing }
  }
  var number: Double? { if case .number(let number) = self { number } else { nil } }
  var text: String? { if case .text(let text) = self { text } else { nil } }
  var list: [GoldenValue] { if case .list(let list) = self { list } else { [] } }
  var numbers: [Double] { list.compactMap(\.number) }
}

/// One vector.
struct GoldenVector: Decodable, Sendable {
  var inputs: GoldenValue
  var expected: GoldenValue

  /// A number among the inputs.
  func input(_ key: String) throws -> Double { try #require(inputs[key].number, "\(key)") }

  /// Compares a value with an expected one.
  func expect(
    _ key: String, _ value: Double, within tolerance: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try #require(expected[key].number, "\(key)", sourceLocation: sourceLocation)
    #expect(
      abs(value - expected) <= tolerance * max(abs(expected), .leastNormalMagnitude),
      "\(key): \(value), expected \(expected)", sourceLocation: sourceLocation)
  }

  /// The vectors of a file.
  static func all(in file: String) throws -> [GoldenVector] {
    struct File: Decodable { var vectors: [GoldenVector] }
    let url = try #require(
      Bundle.module.url(forResource: file, withExtension: "json", subdirectory: "Fixtures"))
    return try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).vectors
  }
}
