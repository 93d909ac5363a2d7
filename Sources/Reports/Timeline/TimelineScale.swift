// From instants to places on paper, and the ticks between them.

import Units

/// A window of time drawn over a width.
struct TimelineScale {
  /// The window in picoseconds.
  let window: Range<Int64>
  /// Its width in pixels.
  let width: Double

  /// The place of an instant; outside the window it is its nearer end.
  func x(_ picoseconds: Int64) -> Double {
    let inside = min(max(picoseconds, window.lowerBound), window.upperBound)
    return Double(inside - window.lowerBound) / Double(window.upperBound - window.lowerBound)
      * width
  }

  /// Four to ten round instants of the window, and the unit in which they read best.
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
