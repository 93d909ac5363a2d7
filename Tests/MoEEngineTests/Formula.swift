// Evaluates the formulas of generated mathematics, to check the generator.

/// A formula over integers with the variable x.
struct Formula {
  private var rest: Substring
  private let x: Int

  /// The value of a text for a value of x; nil if it is not a formula.
  static func value(of text: Substring, x: Int) -> Int? {
    var formula = Formula(rest: Substring(text.filter { $0 != " " }), x: x)
    guard let value = formula.sum(), formula.rest.isEmpty else { return nil }
    return value
  }

  private mutating func take(_ word: String) -> Bool {
    guard rest.hasPrefix(word) else { return false }
    rest.removeFirst(word.count)
    return true
  }

  private mutating func sum() -> Int? {
    guard var value = product() else { return nil }
    while true {
      if take("+") {
        guard let next = product() else { return nil }
        value += next
      } else if take("-") {
        guard let next = product() else { return nil }
        value -= next
      } else {
        return value
      }
    }
  }

  private mutating func product() -> Int? {
    guard var value = power() else { return nil }
    while let next = rest.first, next == "*" || next == "/" || next == "x" || next == "(" {
      let divides = take("/")
      if !divides { _ = take("*") }
      guard let factor = power() else { return nil }
      if divides && (factor == 0 || value % factor != 0) { return nil }
      value = divides ? value / factor : value * factor
    }
    return value
  }

  private mutating func power() -> Int? {
    guard let base = atom() else { return nil }
    guard take("^") else { return base }
    guard let exponent = atom() else { return nil }
    return (0..<exponent).reduce(1) { value, _ in value * base }
  }

  private mutating func atom() -> Int? {
    if take("gcd(") {
      guard let a = sum(), take(","), let b = sum(), take(")") else { return nil }
      return (1...min(a, b)).last { a % $0 == 0 && b % $0 == 0 }
    }
    if take("(") {
      guard let value = sum(), take(")") else { return nil }
      return value
    }
    if take("x") { return x }
    let isNegative = take("-")
    let digits = rest.prefix { $0.isNumber }
    rest.removeFirst(digits.count)
    return Int(digits).map { isNegative ? -$0 : $0 }
  }
}
