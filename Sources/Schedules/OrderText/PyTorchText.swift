// The CSV in which PyTorch's pipeline schedules are kept: a line for each rank, a cell for each
// action, with the stage before the letter. `0F3` is the forward of microbatch 3 on stage 0; `I`
// and `W` are the backward for the input and for the weights, `B` is both at once, and
// `(0F5;7B2)OVERLAP_F_B` is an overlapped pair. Empty cells are time steps without work.

import Text

/// Reads and writes PyTorch's CSV of pipeline schedules.
package enum PyTorchText {
  /// The name of an order that is read: the CSV has none.
  package static let name = "pytorch"

  private static let overlap = "OVERLAP_F_B"
  /// Actions that follow from the order of the others: transfers, and gathering of parameters.
  private static let implied = [
    "UNSHARD", "RESHARD", "REDUCE_GRAD", "SEND_F", "RECV_F", "SEND_B", "RECV_B",
  ]

  /// The text of a plan, with lines ending in LF.
  ///
  /// Complexity: O(cells).
  /// Throws: `PyTorchRefusal` for a plan in two directions, whose stages are on two ranks each.
  package static func render(_ plan: Plan) throws(PyTorchRefusal) -> String {
    if case .bidirectional = plan.placement {
      throw PyTorchRefusal(schedule: plan.scheduleName)
    }
    return plan.cells.map { $0.map(render).joined(separator: ",") + "\n" }.joined()
  }

  private static func render(_ cell: Cell) -> String {
    switch cell {
    case .forward(let work): word("F", work)
    case .backwardInput(let work): word("I", work)
    case .backwardWeight(let work): word("W", work)
    case .backward(let work): word("B", work)
    case .overlapped(let forward, let backward):
      "(" + word("F", forward) + ";" + word("B", backward) + ")" + overlap
    }
  }

  /// The word of a pass in this notation.
  static func word(_ pass: Pass, _ work: Work) -> String {
    switch pass {
    case .forward: word("F", work)
    case .backwardInput: word("I", work)
    case .backwardWeight: word("W", work)
    }
  }

  private static func word(_ letter: String, _ work: Work) -> String {
    "\(work.stage)\(letter)\(work.microbatch)"
  }

  /// Whether a text is in this notation: its first cell that is not empty is an action.
  static func isText(_ text: String) -> Bool {
    for line in text.utf8.split(separator: 10) {
      let words = cells(of: line, line: 1)
      if let first = words.first(where: { !$0.text.isEmpty }) {
        return action(first.text) != nil
      }
    }
    return false
  }

  /// The plan in a text, with the places of its words. Ranks, stages and microbatches are counted,
  /// and the placement is the one that the ranks of the stages follow.
  ///
  /// Complexity: O(text).
  /// Throws: `OrderTextProblem` for the first cell that is no action, and for stages that no
  /// placement has on these ranks.
  static func read(_ text: String) throws(OrderTextProblem) -> ReadOrder {
    var cells: [[Cell]] = []
    var (cellWords, rankWords): ([[TextWord]], [TextWord]) = ([], [])
    var lineNumber = 0
    for line in text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
      lineNumber += 1
      let words = Self.cells(of: line, line: lineNumber)
      guard words.count > 1 || words.first?.text.isEmpty == false else { continue }
      var (rank, places): ([Cell], [TextWord]) = ([], [])
      for word in words where !word.text.isEmpty {
        switch action(word.text) {
        case .cell(let cell):
          rank.append(cell)
          places.append(word)
        case .implied: break
        case nil:
          throw word.error("an action such as 0F3, 0I3, 0W3, 0B3 or (0F5;7B2)\(overlap)")
        }
      }
      cells.append(rank)
      cellWords.append(places)
      rankWords.append(TextWord(text: words[0].text, line: lineNumber, column: 1))
    }
    let (sizes, placement) = try shape(of: cells, cellWords)
    let plan = Plan(scheduleName: name, sizes: sizes, placement: placement, cells: cells)
    return ReadOrder(plan: plan, words: cellWords, rankWords: rankWords, isPyTorch: true)
  }

  /// The cells of a line, without white space and quotes around them.
  private static func cells(of line: Substring.UTF8View, line number: Int) -> [TextWord] {
    line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { part in
      let around: [UInt8] = [9, 13, 32, 34]
      let start = part.drop { around.contains($0) }
      let end = start.lastIndex { !around.contains($0) }
      return TextWord(
        text: end.map { String(Substring(start[...$0])) } ?? "", line: number,
        column: line.distance(from: line.startIndex, to: start.startIndex) + 1)
    }
  }

  /// What a cell means.
  private enum Action {
    case cell(Cell)
    case implied
  }

  private static func action(_ text: String) -> Action? {
    if text.hasPrefix("("), text.hasSuffix(")" + overlap) {
      let parts = text.dropFirst().dropLast(overlap.count + 1)
        .split(separator: ";", omittingEmptySubsequences: false)
      guard parts.count == 2, let (first, forward) = piece(parts[0]), first == "F",
        let (second, backward) = piece(parts[1]), second == "B"
      else { return nil }
      return .cell(.overlapped(forward: forward, backward: backward))
    }
    guard let (letter, work) = piece(text[...]) else {
      let name = text.drop { $0.isNumber }
      let word = name.prefix { !$0.isNumber }
      let isImplied = name.count < text.count && implied.contains(String(word))
      return isImplied && name.dropFirst(word.count).allSatisfy(\.isNumber) ? .implied : nil
    }
    switch letter {
    case "F": return .cell(.forward(work))
    case "I": return .cell(.backwardInput(work))
    case "W": return .cell(.backwardWeight(work))
    case "B": return .cell(.backward(work))
    default: return nil
    }
  }

  /// A stage, a letter and a microbatch.
  private static func piece(_ text: Substring) -> (Character, Work)? {
    let stage = text.prefix { $0.isASCII && $0.isNumber }
    let rest = text.dropFirst(stage.count)
    guard let letter = rest.first, !stage.isEmpty, rest.count > 1,
      let number = OrderText.number(stage), let microbatch = OrderText.number(rest.dropFirst()),
      max(number, microbatch) < ScheduleRefusal.workLimit
    else { return nil }
    return (letter, Work(microbatch: microbatch, stage: number))
  }

  /// The sizes of an order, and the placement of its stages.
  private static func shape(
    of cells: [[Cell]], _ words: [[TextWord]]
  ) throws(OrderTextProblem) -> (ScheduleSizes, Placement) {
    let works = cells.map { $0.map { $0.forwardWork ?? $0.backwardInputWork ?? $0.weightWork } }
    let all = works.flatMap(\.self)
    let stages = (all.map(\.stage).max() ?? 0) + 1
    let microbatches = (all.map(\.microbatch).max() ?? 0) + 1
    // Each stage pass needs a cell; this also prevents huge allocations for huge numbers.
    let first = words.flatMap(\.self).first ?? TextWord(text: "", line: 1, column: 1)
    // Each stage pass needs a cell; this also prevents huge allocations for huge numbers.
    guard stages <= all.count, microbatches <= all.count / stages else {
      throw first.error("every stage below \(stages) with every microbatch below \(microbatches)")
    }
    let ranks = cells.count
    guard stages % ranks == 0 else {
      throw first.error("\(ranks) ranks with equal numbers of stages, not \(stages) stages")
    }
    /// The first word whose stage a placement has on another rank.
    func stray(_ placement: Placement) -> TextWord? {
      for rank in works.indices {
        let place = works[rank].firstIndex {
          placement.rank(ofStage: $0.stage, microbatch: $0.microbatch) != rank
        }
        if let place { return words[rank][place] }
      }
      return nil
    }
    let sizes = ScheduleSizes(ranks: ranks, microbatches: microbatches)
    // Passes on other ranks than their stage's are reported with all other problems.
    if stages == ranks { return (sizes, .linear(ranks: ranks)) }
    if stages == 2 * ranks, stray(.vShape(ranks: ranks)) == nil {
      return (sizes, .vShape(ranks: ranks))
    }
    let dealt = Placement.interleaved(ranks: ranks, chunks: stages / ranks)
    if let word = stray(dealt) {
      throw word.error("stages in turn on the ranks (0, 1, ... and again from 0), or in a V")
    }
    return (
      ScheduleSizes(ranks: ranks, microbatches: microbatches, chunks: stages / ranks), dealt
    )
  }
}

/// A plan that PyTorch's CSV cannot express.
package struct PyTorchRefusal: ExplainedError, Hashable {
  /// The schedule.
  package var schedule: String

  package var explanations: [Explanation] {
    [
      Explanation(
        "\(quoted(schedule)) runs in two directions: each stage is on two ranks, and PyTorch's"
          + " schedules have it on one",
        advice: ["expected: a schedule in one direction or in a V, such as dualpipev"])
    ]
  }
}

extension Cell {
  /// The work of a cell with only a weight gradient.
  fileprivate var weightWork: Work {
    backwardWeightWork ?? Work(microbatch: 0, stage: 0)
  }
}
