// Parsing of order texts, including a user's own. The parser checks notation and sizes; PlanChecker
// checks whether the order can run.

import Text

/// An invalid word in an order text.
package struct MisplacedWord: Hashable, Sendable {
  /// The line, from 1.
  package var line: Int
  /// The column, from 1, counted in UTF-8 bytes.
  package var column: Int
  /// The word itself.
  package var word: String
  /// The expected words.
  package var expected: String

  /// What is wrong with the word. The first word of a file without a header is not repeated: it may
  /// be a file of something else.
  package var reason: String {
    expected == Self.header
      ? "a text without this header is not an order" : "\(quoted(word)) is misplaced"
  }

  /// What a text begins with.
  static let header =
    "a header: # schedule=NAME pp=P microbatches=M; or PyTorch's CSV, which begins as 0F0"
}

/// All problems of an order text.
package struct OrderTextProblem: ExplainedError, Hashable {
  /// The invalid words, never empty: the first that breaks the notation, or those that break a law.
  package var all: [MisplacedWord]

  package var explanations: [Explanation] {
    all.map {
      Explanation(
        $0.reason, at: "\($0.line):\($0.column)", advice: ["expected: \($0.expected)"])
    }
  }
}

extension OrderText {
  /// The plan that an order text describes.
  ///
  ///     # schedule=mine pp=1 microbatches=1 placement=linear
  ///     r0: F0@0 B0@0 W0@0
  ///
  /// Empty lines and further lines that start with `#` are skipped. `placement` (and `chunks` for
  /// interleaved) may be left out if the catalogue has the schedule's name.
  ///
  /// A text that begins with an action of PyTorch, such as `0F0`, is read as its CSV.
  ///
  /// Complexity: O(text).
  /// Throws: `OrderTextProblem` for the first place that breaks the notation.
  package static func parse(_ text: String) throws(OrderTextProblem) -> Plan {
    try read(text).plan
  }

  /// The plan in a text, with the places of its words.
  static func read(_ text: String) throws(OrderTextProblem) -> ReadOrder {
    if PyTorchText.isText(text) { return try PyTorchText.read(text) }
    var header: OrderHeader?
    var cells: [[Cell]] = []
    var (cellWords, rankWords): ([[TextWord]], [TextWord]) = ([], [])
    var (cellCount, lineNumber) = (0, 0)
    for line in text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
      lineNumber += 1
      let words = TextWord.split(line, line: lineNumber)
      guard let first = words.first else { continue }
      if first.text.hasPrefix("#") {
        if header == nil { header = try OrderHeader(words) }
        continue
      }
      guard let header else { throw first.error(MisplacedWord.header) }
      guard first.text == "r\(cells.count):", cells.count < header.sizes.ranks else {
        let isLast = cells.count >= header.sizes.ranks
        throw first.error(isLast ? "no more than pp=\(cells.count) ranks" : "r\(cells.count):")
      }
      var rank: [Cell] = []
      for word in words.dropFirst() { rank.append(try cell(word)) }
      cellCount += rank.count
      cells.append(rank)
      cellWords.append(Array(words.dropFirst()))
      rankWords.append(first)
    }
    let end = TextWord(text: "", line: lineNumber, column: 1)
    guard let header else { throw end.error(MisplacedWord.header) }
    guard cells.count == header.sizes.ranks else { throw end.error("r\(cells.count):") }
    // Each stage pass needs at least one cell; this also prevents huge allocations for the sizes in
    // a header.
    guard header.placement.stagesPerPath <= cellCount,
      header.sizes.microbatches <= cellCount / max(1, header.placement.stagesPerPath)
    else {
      throw end.error("more cells: the header's sizes need them for each stage pass")
    }
    let plan = Plan(
      scheduleName: header.name, sizes: header.sizes, placement: header.placement, cells: cells)
    return ReadOrder(plan: plan, words: cellWords, rankWords: rankWords)
  }

  private static func cell(_ word: TextWord) throws(OrderTextProblem) -> Cell {
    let form = "F, B, W or D with microbatch@stage, such as F3@1, or F5@0|D2@7"
    let parts = word.text.split(separator: "|", omittingEmptySubsequences: false)
    guard parts.count <= 2, let (letter, work) = piece(parts[0]) else { throw word.error(form) }
    if parts.count == 2 {
      guard letter == "F", let (second, other) = piece(parts[1]), second == "D" else {
        throw word.error("an overlapped cell such as F5@0|D2@7")
      }
      return .overlapped(forward: work, backward: other)
    }
    switch letter {
    case "F": return .forward(work)
    case "B": return .backwardInput(work)
    case "W": return .backwardWeight(work)
    case "D": return .backward(work)
    default: throw word.error(form)
    }
  }

  private static func piece(_ text: Substring) -> (Character, Work)? {
    guard let letter = text.first else { return nil }
    let numbers = text.dropFirst().split(separator: "@", omittingEmptySubsequences: false)
    guard numbers.count == 2, let microbatch = number(numbers[0]), let stage = number(numbers[1])
    else { return nil }
    return (letter, Work(microbatch: microbatch, stage: stage))
  }

  /// A whole number in plain digits, without the sign that `Int` would allow.
  static func number(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { 48...57 ~= $0 } ? Int(text) : nil
  }
}

private struct OrderHeader {
  var name: String
  var sizes: ScheduleSizes
  var placement: Placement

  init(_ words: [TextWord]) throws(OrderTextProblem) {
    var (name, shape): (String?, PathShape?) = (nil, nil)
    var (ranks, microbatches, chunks): (Int?, Int?, Int?) = (nil, nil, nil)
    for word in words where word.text != "#" {
      let pair = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else { throw word.error("KEY=VALUE") }
      switch pair[0] {
      case "schedule" where !pair[1].isEmpty: name = String(pair[1])
      case "pp": ranks = try Self.count(pair[1], word)
      case "microbatches": microbatches = try Self.count(pair[1], word)
      case "chunks": chunks = try Self.count(pair[1], word)
      case "placement":
        shape = PathShape(rawValue: String(pair[1]))
        if shape == nil {
          let known = PathShape.allCases.map(\.rawValue).joined(separator: ", ")
          throw word.error("placement= one of \(known)")
        }
      default: throw word.error("schedule=NAME, pp=, microbatches=, placement= or chunks=")
      }
    }
    let place = words[0]
    guard let name, let ranks, let microbatches else {
      throw place.error("schedule=NAME pp=P microbatches=M after it")
    }
    let known = OrderText.knownShape(name)
    guard let shape = shape ?? known?.shape else {
      throw place.error("placement= too, because the catalogue has no schedule \(quoted(name))")
    }
    if let known, known.shape != shape || (chunks != nil && chunks != known.chunks) {
      throw place.error("no placement= or chunks= other than those of the catalogue's \"\(name)\"")
    }
    chunks = chunks ?? known?.chunks
    if shape == .interleaved, chunks == nil {
      throw place.error("chunks= too, for an interleaved placement")
    }
    self.name = name
    sizes = ScheduleSizes(ranks: ranks, microbatches: microbatches, chunks: chunks)
    placement = Placement(shape, sizes)
  }

  private static func count(_ text: Substring, _ word: TextWord) throws(OrderTextProblem) -> Int {
    guard let value = OrderText.number(text), 1...ScheduleRefusal.workLimit ~= value else {
      throw word.error("a whole number from 1 to \(ScheduleRefusal.workLimit)")
    }
    return value
  }
}

/// A plan with the words from which it was read.
struct ReadOrder {
  var plan: Plan
  /// The word of each cell of each rank.
  var words: [[TextWord]]
  /// The first word of each rank's line.
  var rankWords: [TextWord]
  /// Whether the text is PyTorch's CSV.
  var isPyTorch = false
}

/// A word of an order text and its place.
struct TextWord {
  var text: String
  var line: Int
  var column: Int

  /// An error at this word, with the expected words.
  func error(_ expected: String) -> OrderTextProblem {
    OrderTextProblem(all: [misplaced(expected)])
  }

  /// This word as a misplaced one, with the expected words.
  func misplaced(_ expected: String) -> MisplacedWord {
    MisplacedWord(line: line, column: column, word: text, expected: expected)
  }

  /// The words of a line, separated by spaces, tabs and carriage returns.
  static func split(_ line: Substring.UTF8View, line number: Int) -> [TextWord] {
    let start = line.startIndex
    return line.split { $0 == 32 || $0 == 9 || $0 == 13 }.map { part in
      TextWord(
        text: String(Substring(part)), line: number,
        column: line.distance(from: start, to: part.startIndex) + 1)
    }
  }
}
