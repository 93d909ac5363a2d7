// Names with ranges of numbers, such as `node0-3.nic1` for one NIC of each of four nodes.

/// A dotted name, some parts of which may end in a range.
struct NameRange {
  /// The parts in order: a stem, and the numbers appended to it; without numbers, a plain part.
  private let parts: [(stem: Substring, numbers: ClosedRange<Int>?)]

  /// Reads a name; nil if no part is a range.
  init?(_ name: String) {
    parts = name.split(separator: ".", omittingEmptySubsequences: false).map(Self.part)
    guard parts.contains(where: { $0.numbers != nil }) else { return nil }
  }

  /// How many names it denotes, or `limit` + 1 if they are more than `limit`.
  func count(upTo limit: Int) -> Int {
    parts.reduce(1) { count, part in
      let (product, overflows) = count.multipliedReportingOverflow(by: part.numbers?.count ?? 1)
      return overflows ? limit + 1 : min(product, limit + 1)
    }
  }

  /// Every name, the last part counting fastest.
  var names: [String] {
    parts.reduce(into: [""]) { names, part in
      let texts = part.numbers.map { $0.map { "\(part.stem)\($0)" } } ?? [String(part.stem)]
      names = names.flatMap { name in texts.map { name.isEmpty ? $0 : "\(name).\($0)" } }
    }
  }

  /// A part such as `node0-3`; a part of any other form, or with a reversed range, is plain.
  private static func part(_ text: Substring) -> (stem: Substring, numbers: ClosedRange<Int>?) {
    guard let match = text.wholeMatch(of: #/([A-Za-z]+)([0-9]{1,8})-([0-9]{1,8})/#),
      let first = Int(match.2), let last = Int(match.3), first <= last
    else { return (text, nil) }
    return (match.1, first...last)
  }
}
