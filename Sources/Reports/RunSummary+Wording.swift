// Text formatting for the run summary.

import Units

extension RunSummary {
  /// Formats a relative difference with its sign: `+1.4 %`.
  static func signedPercentText(_ share: Double) -> String {
    // Three digits: the fourth digit of a difference of two rounded figures is meaningless.
    (share > 0 ? "+" : "") + "\(significantText(share * 100, digits: 3)) %"
  }

  /// Returns a raw name as words: `overlapped_pair` becomes `overlapped pair`.
  static func words(_ name: String) -> String {
    String(name.map { $0 == "_" ? " " : $0 })
  }
}

extension String {
  /// Returns the text padded with spaces on one side to a number of characters.
  func padding(to count: Int, before: Bool) -> String {
    let spaces = String(repeating: " ", count: max(0, count - self.count))
    return before ? spaces + self : self + spaces
  }
}
