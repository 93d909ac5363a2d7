// Human-readable numbers: at most four significant digits, an SI prefix, a unit.
// For tables and messages; the database keeps full precision.

/// A number with at most `digits` significant digits.
///
/// `1234.5` is `1234`, `0.012345` is `0.01234`, `2` is `2`. Only very large and very small numbers
/// have an exponent: `1.5e+20`.
public func significantText(_ value: Double, digits: Int = 4) -> String {
  guard value.isFinite else { return value.isNaN ? "nan" : (value < 0 ? "-inf" : "inf") }
  guard value != 0 else { return "0" }
  // Powers of ten below the smallest normal number are 0: such a value is scaled up first.
  let shift = value.magnitude < 1e-290 ? 300 : 0
  let magnitude = shift > 0 ? value.magnitude * 1e300 : value.magnitude
  var exponent = decimalExponent(magnitude)
  var scaled = roundedEven(magnitude / power10(exponent - digits + 1))
  if scaled >= power10(digits) {
    exponent += 1
    scaled = roundedEven(magnitude / power10(exponent - digits + 1))
  }
  let sign = value < 0 ? "-" : ""
  exponent -= shift
  if exponent >= 15 || exponent < -6 {
    let mantissa = placePoint(String(UInt64(scaled)), fractionDigits: digits - 1)
    return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(abs(exponent))"
  }
  let fractionDigits = digits - 1 - exponent
  if fractionDigits <= 0 {
    return sign + String(UInt64(scaled * power10(-fractionDigits)))
  }
  return sign + placePoint(String(UInt64(scaled)), fractionDigits: fractionDigits)
}

/// A duration in the most readable unit: `2.61 ms`, `18.2 s`, `54.1 days`.
public func durationText(seconds: Double) -> String {
  let magnitude = seconds.magnitude
  if magnitude == 0 { return "0 s" }
  if magnitude >= 2 * 86_400 { return "\(significantText(seconds / 86_400)) days" }
  if magnitude >= 2 * 3_600 { return "\(significantText(seconds / 3_600)) h" }
  if magnitude >= 0.99995 { return "\(significantText(seconds)) s" }
  if magnitude >= 0.99995e-3 { return "\(significantText(seconds * 1e3)) ms" }
  if magnitude >= 0.99995e-6 { return "\(significantText(seconds * 1e6)) us" }
  return "\(significantText(seconds * 1e9)) ns"
}

/// An amount of memory in binary units: `61.3 GiB`.
public func memoryText(bytes: Double) -> String {
  for (factor, unit) in [
    (1_099_511_627_776.0, "TiB"), (1_073_741_824.0, "GiB"), (1_048_576.0, "MiB"), (1024.0, "KiB"),
  ] where bytes.magnitude >= factor {
    return "\(significantText(bytes / factor)) \(unit)"
  }
  return "\(significantText(bytes)) B"
}

/// An amount of memory with the limit that it exceeds: `91.2 GiB of 79.11 GiB`; in whole bytes if
/// both would otherwise read the same.
public func memoryText(bytes: Double, of limit: Double) -> String {
  let (amount, most) = (memoryText(bytes: bytes), memoryText(bytes: limit))
  guard amount == most, let exact = Int64(exactly: bytes.rounded(.up)),
    let exactLimit = Int64(exactly: limit.rounded(.down))
  else { return "\(amount) of \(most)" }
  return "\(exact) B of \(exactLimit) B"
}

/// A share as a percentage with at most four significant digits: `0.0731` is `7.31 %`.
public func percentText(_ share: Double) -> String {
  "\(significantText(share * 100)) %"
}

private func roundedEven(_ value: Double) -> Double { value.rounded(.toNearestOrEven) }

private func decimalExponent(_ magnitude: Double) -> Int {
  var exponent = 0
  while magnitude >= power10(exponent + 1) { exponent += 1 }
  while magnitude < power10(exponent) { exponent -= 1 }
  return exponent
}

private func power10(_ exponent: Int) -> Double {
  var result = 1.0
  for _ in 0..<abs(exponent) { result *= 10 }
  return exponent < 0 ? 1 / result : result
}

private func placePoint(_ digits: String, fractionDigits: Int) -> String {
  var text = digits
  while text.count <= fractionDigits { text = "0" + text }
  let point = text.index(text.endIndex, offsetBy: -fractionDigits)
  var whole = text[..<point]
  var fraction = text[point...]
  while fraction.last == "0" { fraction.removeLast() }
  if whole.isEmpty { whole = "0" }
  return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
}
