// What every picture writes: text that XML accepts, and lengths in few bytes.

/// Text for XML; control characters become spaces.
func escapedXML(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case _ where scalar.value < 0x20: result += " "
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// A length in pixels with one decimal: enough for eyes, few bytes.
func pixelText(_ value: Double) -> String {
  let tenths = Int((value * 10).rounded())
  let (whole, fraction) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
  let sign = tenths < 0 ? "-" : ""
  return fraction == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(fraction)"
}

/// The distance between ticks: 1, 2 or 5 times a power of ten, at least four in a span.
///
/// - Precondition: a finite span above zero.
func tickStep(_ span: Double) -> Double {
  precondition(span > 0 && span.isFinite, "an axis without extent")
  var step = 1.0
  while step * 10 < span { step *= 10 }
  while step > span { step /= 10 }
  return [1, 0.5, 0.2].map { $0 * step }.first { span / $0 >= 4 } ?? step
}
