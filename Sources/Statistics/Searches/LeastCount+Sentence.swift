// The verdict of a search in words: what meets the objective, by how much, and what does not.

extension LeastCount.Answer {
  /// Such as "37 meets it (margin 4.1 %, 95 %: 1.2 to 7.0), 36 does not", or "37 meets it (...);
  /// 35, 36 cannot be told apart from it, 34 does not".
  ///
  /// - Parameters:
  ///   - confidence: of the printed interval, such as "95 %".
  ///   - unit: follows the margin.
  ///   - name: a count as text.
  ///   - text: a margin as text, without a unit.
  package func sentence(
    confidence: String, unit: String, count name: (Int) -> String = { "\($0)" },
    margin text: (Double) -> String
  ) -> String {
    guard let least else {
      guard let last = probes.last else { return "nothing was tried" }
      return last.verdict == .fails
        ? "up to \(name(last.count)), none meets it"
        : "up to \(name(last.count)), none can be shown to meet it"
    }
    let range = "\(text(least.interval.low)) to \(text(least.interval.high))"
    let start =
      "\(name(least.count)) meets it (margin \(text(least.margin))\(unit), \(confidence): \(range))"
    let below = probes.filter { $0.count < least.count }
    let undecided = below.filter { $0.verdict == .undecided }.map { name($0.count) }
    let failing = below.last { $0.verdict == .fails }.map { "\(name($0.count)) does not" }
    switch (undecided.isEmpty, failing) {
    case (true, nil): return start + ", the least possible"
    case (true, let failing?): return "\(start), \(failing)"
    case (false, let failing):
      let apart = "\(undecided.joined(separator: ", ")) cannot be told apart from it"
      return "\(start); \(apart)" + (failing.map { ", \($0)" } ?? "")
    }
  }
}
