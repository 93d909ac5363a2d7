// Words of the run summary.

import Units

extension RunSummary {
  /// A relative difference with its sign: `+1.4 %`.
  static func signedPercentText(_ share: Double) -> String {
    // Three digits: the fourth of a difference of two rounded figures says nothing.
    (share > 0 ? "+" : "") + "\(significantText(share * 100, digits: 3)) %"
  }

  /// A raw name as words: `overlapped_pair` is `overlapped pair`.
  static func words(_ name: String) -> String {
    String(name.map { $0 == "_" ? " " : $0 })
  }
}

extension String {
  /// The text with spaces at one side up to a count of characters.
  func padding(to count: Int, before: Bool) -> String {
    let spaces = String(repeating: " ", count: max(0, count - self.count))
    return before ? spaces + self : self + spaces
  }
}
