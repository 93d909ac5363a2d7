// The golden tables: timelines and orders of the original public implementations.

import Foundation
import Testing

@testable import Schedules

/// One row of schedules.csv.
struct GoldenRow: Sendable, CustomTestStringConvertible {
  var fields: [String: String]

  var schedule: String { self["schedule"] }
  var sizes: ScheduleSizes { Golden.sizes(schedule, self["pp"], self["microbatches"]) }
  var isAutomatic: Bool { schedule.hasSuffix("_auto") }
  var testDescription: String {
    "\(schedule) \(self["comm_model"]) pp=\(self["pp"]) m=\(self["microbatches"]) "
      + "\(self["durations"]) FB=\(self["FB_overlap"]) p2p=\(self["p2p"])"
  }

  subscript(_ column: String) -> String { fields[column] ?? "" }
  func number(_ column: String) -> Double { Double(self[column]) ?? .nan }
  func numbers(_ column: String) -> [Double] {
    self[column].split(separator: ";").map { Double($0) ?? .nan }
  }

  func durations() throws -> CellDurations {
    try CellDurations(
      forward: number("F"), backwardInput: number("B"), backwardWeight: number("W"),
      overlapped: number("FB_overlap"), transfer: number("p2p"))
  }
}

enum Golden {
  static let rows = table("schedules.csv").map(GoldenRow.init)
  static let refused = table("refused.csv").map(GoldenRow.init)
  /// Order texts that do not depend on durations, by file name.
  static let orders = allOrders.filter { order in
    !["_auto_", "v_half_", "v_min_"].contains { order.name.contains($0) }
  }
  static let allOrders: [(name: String, text: String)] = {
    let folder = fixtures.appending(path: "orders")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { ($0, (try? read("orders/" + $0)) ?? "") }
  }()

  static func kind(_ schedule: String) -> ScheduleKind? {
    ScheduleCatalogue.named(
      schedule.hasSuffix("_v2") ? String(schedule.dropLast(3)) : schedule)
  }

  static func sizes(_ schedule: String, _ ranks: String, _ microbatches: String) -> ScheduleSizes {
    .init(
      ranks: Int(ranks) ?? 0, microbatches: Int(microbatches) ?? 0,
      chunks: schedule.hasPrefix("interleaved") ? 2 : nil)
  }

  /// Whether two numbers agree to the printed precision: 1e-9 relative, or the last digit.
  static func agree(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= max(1e-9, 1e-9 * abs(b)) }

  static func read(_ path: String) throws -> String {
    try String(contentsOf: fixtures.appending(path: path), encoding: .utf8)
  }

  private static var fixtures: URL {
    (Bundle.module.resourceURL ?? URL(filePath: ".")).appending(path: "Fixtures")
  }

  private static func table(_ name: String) -> [[String: String]] {
    let lines = ((try? read(name)) ?? "").split(whereSeparator: \.isNewline).map(cut)
    guard let head = lines.first else { return [] }
    return lines.dropFirst().map { Dictionary(zip(head, $0)) { first, _ in first } }
  }

  private static func cut(_ line: Substring) -> [String] {
    var (fields, isQuoted) = ([""], false)
    for character in line where character != "\r" {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == "," && !isQuoted {
        fields.append("")
      } else {
        fields[fields.count - 1].append(character)
      }
    }
    return fields
  }
}
