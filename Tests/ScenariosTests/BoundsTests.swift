// The bounds printed in messages, entered again for every declared key.

import Testing

@testable import Scenarios

@Suite("Bounds of values")
struct BoundsTests {
  /// A key with a range: its bounds as a user would write them, and the first values outside.
  struct Bounded {
    var declaration: Declaration
    var bounds: [String]
    var outside: [String]
  }

  /// Every key with a range, at any depth.
  static let all: [Bounded] = declarations(in: ScenarioKeys.record).flatMap { declaration in
    ranges(of: declaration.kind).map {
      Bounded(declaration: declaration, bounds: $0.bounds, outside: $0.outside)
    }
  }

  private static func declarations(in record: Record) -> [Declaration] {
    record.keys.flatMap { key in [key] + records(in: key.kind).flatMap(declarations) }
  }

  private static func records(in kind: Kind) -> [Record] {
    switch kind {
    case .record(let record), .entry(_, let record): [record]
    case .list(let item, _, _): records(in: item)
    case .either(_, let other): records(in: other)
    default: []
    }
  }

  private static func ranges(of kind: Kind) -> [(bounds: [String], outside: [String])] {
    switch kind {
    case .integer(let range):
      let (above, overflows) = range.upperBound.addingReportingOverflow(1)
      return [
        (
          ["\(range.lowerBound)", "\(range.upperBound)"],
          ["\(range.lowerBound - 1)", overflows ? "9223372036854775808" : "\(above)"]
        )
      ]
    case .number(let range):
      return [(texts(range, ""), outside(range, isWhole: false, ""))]
    case .count(let noun, let range, let isWhole):
      return [(texts(range, " " + noun), outside(range, isWhole: isWhole, " " + noun))]
    case .quantity(let quantity):
      let unit = " " + quantity.units[0]
      return [
        ([quantity.lowest, quantity.highest], outside(quantity.range, isWhole: false, unit))
      ]
    case .either(_, let other): return ranges(of: other)
    default: return []
    }
  }

  private static func texts(_ range: ClosedRange<Double>, _ unit: String) -> [String] {
    [range.lowerBound, range.upperBound].map {
      (Int(exactly: $0).map { "\($0)" } ?? "\($0)") + unit
    }
  }

  private static func outside(
    _ range: ClosedRange<Double>, isWhole: Bool, _ unit: String
  ) -> [String] {
    let (low, high) = (range.lowerBound, range.upperBound)
    return isWhole
      ? ["\(Int(low) - 1)\(unit)", "\(Int(high) + 1)\(unit)"]
      : ["\(low == 0 ? -1 : low.nextDown)\(unit)", "\(high.nextUp)\(unit)"]
  }

  /// The problems of a value of a key.
  private func problems(_ declaration: Declaration, _ text: String) throws -> [Diagnostic] {
    var reader = DocumentReader(source: "a.yaml")
    let node = try reader.read("\(declaration.name): \(text)\n")
    let problems = Problems(in: node, known: [])
    _ = Checker(problems: problems).fields(
      node, Record([declaration]), "", at: node.place)
    return problems.diagnostics
  }

  @Test("bounds are printed with every digit: they are accepted when typed, one beyond is not")
  func bounds() throws {
    #expect(Self.all.count > 50)
    for key in Self.all {
      for bound in key.bounds {
        #expect(try problems(key.declaration, bound).isEmpty, "\(key.declaration.name): \(bound)")
      }
      for text in key.outside {
        let found = try problems(key.declaration, text)
        #expect(found.count == 1, "\(key.declaration.name): \(text)")
        let allowed = found.first?.allowed ?? ""
        // A message states the unit once, and the bounds as numbers.
        let numbers = key.bounds.map { bound in
          if case .count(let noun, _, _) = key.declaration.kind {
            return String(bound.dropLast(noun.count + 1))
          }
          return bound
        }
        #expect(
          allowed.hasSuffix(" \(numbers[0]) to \(numbers[1])"),
          "\(key.declaration.name): \(allowed)")
      }
    }
  }

  @Test("a length just below the limit does not read like the limit")
  func longest() throws {
    let found = try mainProblems("training.sequence_length=16780000")

    #expect(found.first?.allowed == "expected: a number of tokens from 1 to 16777216")
  }
}
