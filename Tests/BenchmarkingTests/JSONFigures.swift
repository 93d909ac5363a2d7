// Figures of a report as they are read back.

import Foundation
import Testing

/// The objects of a JSON list.
func jsonObjects(_ text: String) throws -> [[String: Any]] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
}

/// Whether an object has a number, but for the one unit in the last place by which Foundation's
/// reader may miss the nearest Double.
func holds(_ object: [String: Any], _ name: String, _ value: Double) throws -> Bool {
  let read = try #require(object[name] as? Double)
  return abs(read - value) <= 4 * value.ulp
}
