// Maps values to pixels, and chooses round tick values.

import Units

/// An axis of a chart.
struct Axis {
  /// The value at its start.
  let from: Double
  /// The value at its end, greater than `from`.
  let to: Double
  /// The pixel of its start.
  let start: Double
  /// The pixel of its end; less than `start` if values grow upwards.
  let end: Double
  /// The unit of the tick labels.
  let unit: Double

  /// Returns the pixel of a value.
  func place(_ value: Double) -> Double { start + (value - from) / (to - from) * (end - start) }

  /// Four to ten round values with their pixels.
  var ticks: [(place: Double, label: String)] {
    let step = tickStep((to - from) / unit)
    let first = (from / unit / step).rounded(.up)
    let last = (to / unit / step).rounded(.down)
    guard first <= last else { return [] }
    return (0...Int(last - first)).map { index in
      let value = (first + Double(index)) * step
      return (place(value * unit), significantText(value, digits: 6))
    }
  }
}
