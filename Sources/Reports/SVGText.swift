// Text and numbers for all pictures: XML escapes, compact lengths and tick distances.

/// Escapes text for XML; control characters become spaces.
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

/// Formats a length in pixels with one decimal, which keeps files small without visible error.
func pixelText(_ value: Double) -> String {
  let tenths = Int((value * 10).rounded())
  let (whole, fraction) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
  let sign = tenths < 0 ? "-" : ""
  return fraction == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(fraction)"
}

/// Returns the tick distance for a span: 1, 2 or 5 times a power of ten, for at least four ticks.
///
/// - Precondition: the span is finite and positive.
func tickStep(_ span: Double) -> Double {
  precondition(span > 0 && span.isFinite, "an axis without extent")
  var step = 1.0
  while step * 10 < span { step *= 10 }
  while step > span { step /= 10 }
  return [1, 0.5, 0.2].map { $0 * step }.first { span / $0 >= 4 } ?? step
}
