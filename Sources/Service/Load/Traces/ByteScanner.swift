// Reads numbers, words and JSON values from bytes without making strings of them: traces have
// millions of numbers.

/// A decimal number as it is written.
struct ScannedNumber: Hashable {
  /// The value is `mantissa` x 10^`exponent`, negated if `isNegative`.
  var mantissa: UInt64 = 0
  var exponent = 0
  var isNegative = false

  /// The value x 10^`power`, rounded half up in magnitude; nil if it exceeds 63 bits.
  func integer(timesTenTo power: Int = 0) -> Int? {
    var value = mantissa
    var shift = exponent + power
    while shift > 0, value > 0 {
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      if overflows { return nil }
      value = product
      shift -= 1
    }
    var dropped: UInt64 = 0
    while shift < 0, value > 0 {
      dropped = value % 10
      value /= 10
      shift += 1
    }
    if shift == 0, dropped >= 5 { value += 1 }
    return Int(exactly: value).map { isNegative ? -$0 : $0 }
  }

  /// The value as a whole number; nil if it has a fraction, or exceeds 63 bits.
  var whole: Int? {
    var (value, shift) = (mantissa, exponent)
    while shift < 0 {
      if value % 10 != 0 { return nil }
      if value == 0 { return 0 }
      value /= 10
      shift += 1
    }
    return ScannedNumber(mantissa: value, exponent: shift, isNegative: isNegative).integer()
  }

  /// The value to within 2 ulp.
  var double: Double {
    var value = Double(mantissa)
    var (power, factor) = (exponent.magnitude, 10.0)
    var scale = 1.0
    while power > 0, scale < 1e300 {
      if power & 1 == 1 { scale *= factor }
      factor *= factor
      power >>= 1
    }
    value = exponent < 0 ? value / scale : value * scale
    return isNegative ? -value : value
  }
}

/// A position in bytes.
struct ByteScanner {
  let bytes: [UInt8]
  var position: Int
  /// Where the part to read ends.
  var end: Int

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next byte; nil at the end.
  var next: UInt8? { position < end ? bytes[position] : nil }

  /// Passes spaces, tabs and ends of lines.
  mutating func skipSpaces() {
    while position < end, bytes[position] <= 0x20 { position += 1 }
  }

  /// Passes a byte after spaces; false, at the next byte, if another one is there.
  mutating func take(_ byte: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard position < end, UInt32(bytes[position]) == byte.value else { return false }
    position += 1
    return true
  }

  /// A decimal number, with fraction and exponent if it has them; nil, at the same position, if
  /// there is none.
  mutating func number() -> ScannedNumber? {
    let start = position
    var number = ScannedNumber()
    var digits = 0
    var isFraction = false
    if let sign = next, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      number.isNegative = sign == UInt8(ascii: "-")
      position += 1
    }
    while let byte = next {
      if byte == UInt8(ascii: "."), !isFraction {
        isFraction = true
      } else if byte &- 0x30 < 10 {
        digits += 1
        if number.mantissa < 1_000_000_000_000_000_000 {
          number.mantissa = number.mantissa * 10 + UInt64(byte &- 0x30)
          if isFraction { number.exponent -= 1 }
        } else if !isFraction {
          number.exponent += 1
        }
      } else {
        break
      }
      position += 1
    }
    guard digits > 0, takeExponent(&number) else {
      position = start
      return nil
    }
    return number
  }

  private mutating func takeExponent(_ number: inout ScannedNumber) -> Bool {
    guard let mark = next, mark | 0x20 == UInt8(ascii: "e") else { return true }
    position += 1
    var isNegative = false
    if let sign = next, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      position += 1
    }
    var (value, digits) = (0, 0)
    while let byte = next, byte &- 0x30 < 10 {
      value = min(100_000, value * 10 + Int(byte &- 0x30))
      digits += 1
      position += 1
    }
    number.exponent += isNegative ? -value : value
    return digits > 0
  }

  /// The bytes of a JSON string without its quotes, escapes as they are written; nil if there is
  /// none.
  mutating func string() -> Range<Int>? {
    guard take("\"") else { return nil }
    let start = position
    while position < end, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard position < end else {
      position = end
      return nil
    }
    position += 1
    return start..<(position - 1)
  }

  /// Passes a JSON value; false if there is none.
  mutating func skipValue() -> Bool {
    skipSpaces()
    guard let first = next else { return false }
    if first == UInt8(ascii: "\"") { return string() != nil }
    if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
      var depth = 0
      repeat {
        skipSpaces()
        guard let byte = next else { return false }
        if byte == UInt8(ascii: "\"") {
          guard string() != nil else { return false }
          continue
        }
        if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { depth += 1 }
        if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { depth -= 1 }
        position += 1
      } while depth > 0
      return true
    }
    let start = position
    while let byte = next, byte > 0x20, byte != 0x2c, byte != 0x5d, byte != 0x7d { position += 1 }
    return position > start
  }

  /// Whether bytes are a word.
  func isWord(_ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { buffer in
      zip(range, buffer).allSatisfy { bytes[$0.0] == $0.1 }
    }
  }

  /// Bytes as text.
  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
