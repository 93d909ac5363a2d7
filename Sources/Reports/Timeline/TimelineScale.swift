// Maps instants to pixels, and chooses ticks.

import Units

/// The mapping of a time window to a width.
struct TimelineScale {
  /// The window in picoseconds.
  let window: Range<Int64>
  /// The width in pixels.
  let width: Double

  /// Returns the pixel of an instant, clamped to the window.
  func x(_ picoseconds: Int64) -> Double {
    let inside = min(max(picoseconds, window.lowerBound), window.upperBound)
    return Double(inside - window.lowerBound) / Double(window.upperBound - window.lowerBound)
      * width
  }

  /// Four to ten round instants in the window, and a suitable unit.
  var ticks: (unit: String, marks: [(picoseconds: Int64, label: String)]) {
    let span = Double(window.upperBound - window.lowerBound)
    let units: [(name: String, picoseconds: Double)] = [
      ("s", 1e12), ("ms", 1e9), ("us", 1e6), ("ns", 1e3), ("ps", 1),
    ]
    let unit = units.first { span >= 2 * $0.picoseconds } ?? units[units.count - 1]
    let stride = max(1, Int64(tickStep(span)))
    var marks: [(picoseconds: Int64, label: String)] = []
    var mark = (window.lowerBound + stride - 1) / stride * stride
    while mark <= window.upperBound {
      marks.append((mark, significantText(Double(mark) / unit.picoseconds, digits: 6)))
      mark += stride
    }
    return (unit.name, marks)
  }
}
