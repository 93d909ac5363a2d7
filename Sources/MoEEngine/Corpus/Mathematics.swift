// True lines of arithmetic and algebra from a seed: a domain with rules of its own, in any amount.

import Units

/// Generates lines of mathematics.
enum Mathematics {
  /// Lines that fill exactly `bytes` bytes; the last one may be cut.
  static func lines(bytes count: Int, seed: UInt64) -> [UInt8] {
    var stream = RandomStream(seed: seed, purpose: .corpusMathematics)
    var text: [UInt8] = []
    text.reserveCapacity(count + 64)
    while text.count < count { text += (line(&stream) + "\n").utf8 }
    return Array(text[..<count])
  }

  /// One true line.
  static func line(_ stream: inout RandomStream) -> String {
    let kinds: [(inout RandomStream) -> String] = [
      sum, difference, product, quotient, brackets, equation, quadratic, divisor, power, chain,
    ]
    return kinds[stream.index(below: kinds.count)](&stream)
  }

  private static func number(_ stream: inout RandomStream, _ range: ClosedRange<Int>) -> Int {
    range.lowerBound + stream.index(below: range.count)
  }

  private static func sum(_ stream: inout RandomStream) -> String {
    let (a, b) = (number(&stream, 10...999), number(&stream, 10...999))
    return "\(a) + \(b) = \(a + b)"
  }

  private static func difference(_ stream: inout RandomStream) -> String {
    let (a, b) = (number(&stream, 10...999), number(&stream, 10...999))
    return "\(a) - \(b) = \(a - b)"
  }

  private static func product(_ stream: inout RandomStream) -> String {
    let (a, b) = (number(&stream, 2...99), number(&stream, 2...99))
    return "\(a) * \(b) = \(a * b)"
  }

  private static func quotient(_ stream: inout RandomStream) -> String {
    let (a, b) = (number(&stream, 2...99), number(&stream, 2...99))
    return "\(a * b) / \(b) = \(a)"
  }

  private static func brackets(_ stream: inout RandomStream) -> String {
    let (a, b) = (number(&stream, 1...50), number(&stream, 1...50))
    let c = number(&stream, 2...12)
    return "(\(a) + \(b)) * \(c) = \(a + b) * \(c) = \((a + b) * c)"
  }

  private static func equation(_ stream: inout RandomStream) -> String {
    let (a, x) = (number(&stream, 2...12), number(&stream, 1...30))
    let b = number(&stream, 1...60)
    return "\(a)x + \(b) = \(a * x + b) => \(a)x = \(a * x) => x = \(x)"
  }

  private static func quadratic(_ stream: inout RandomStream) -> String {
    let (a, b) = (number(&stream, 1...15), number(&stream, 1...15))
    return "(x + \(a))(x + \(b)) = x^2 + \(a + b)x + \(a * b)"
  }

  private static func divisor(_ stream: inout RandomStream) -> String {
    let (a, b) = (number(&stream, 4...120), number(&stream, 4...120))
    var (large, small) = (a, b)
    while small != 0 { (large, small) = (small, large % small) }
    return "gcd(\(a), \(b)) = \(large)"
  }

  private static func power(_ stream: inout RandomStream) -> String {
    let (base, exponent) = (number(&stream, 2...9), number(&stream, 2...5))
    let value = (0..<exponent).reduce(1) { value, _ in value * base }
    return "\(base)^\(exponent) = \(value)"
  }

  private static func chain(_ stream: inout RandomStream) -> String {
    let (a, b) = (number(&stream, 1...99), number(&stream, 1...99))
    let c = number(&stream, 1...99)
    return "\(a) + \(b) + \(c) = \(a + b) + \(c) = \(a + b + c)"
  }
}
