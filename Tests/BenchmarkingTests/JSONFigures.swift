// Reads the JSON of a report.

import Foundation
import Testing

/// The objects of a JSON array.
func jsonObjects(_ text: String) throws -> [[String: Any]] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
}

/// Whether an object has a number, within the rounding errors of Foundation's JSON reader.
func holds(_ object: [String: Any], _ name: String, _ value: Double) throws -> Bool {
  let read = try #require(object[name] as? Double)
  return abs(read - value) <= 4 * value.ulp
}
