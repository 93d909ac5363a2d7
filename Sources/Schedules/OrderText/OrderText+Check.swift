// Maps the laws that a plan breaks to the words of its text, so that the author of an order can
// find them.

extension OrderText {
  /// Maximum number of broken laws to report; one forgotten line can break thousands.
  static let toldProblems = 50

  /// The plan that an order text describes, if it keeps the laws of plans.
  ///
  /// Complexity: O(text), and O(text) more for each reported problem.
  /// Throws: `OrderTextProblem` with line, column and word of each problem.
  package static func checked(_ text: String) throws(OrderTextProblem) -> Plan {
    let order = try read(text)
    let problems = PlanChecker.problems(in: order.plan).prefix(toldProblems)
    guard !problems.isEmpty else { return order.plan }
    var told: [MisplacedWord] = []
    for problem in problems {
      let word = order.word(for: problem)
      // One word may break several laws, and a D breaks each for B and for W: the first is enough.
      if word.column > 1,
        told.contains(where: { ($0.line, $0.column) == (word.line, word.column) })
      {
        continue
      }
      told.append(word)
    }
    throw OrderTextProblem(all: told)
  }
}

extension ReadOrder {
  /// The word that breaks a law.
  func word(for problem: PlanProblem) -> MisplacedWord {
    switch problem {
    case .rankCount(_, let expected):
      return rankWords[0].misplaced("\(expected) ranks")
    case .outOfRange(let rank, let cell):
      let place = plan.cells[rank].firstIndex(of: cell)
      return word(rank, place).misplaced(
        "microbatches below \(plan.sizes.microbatches) and stages below \(plan.stagesPerPath)")
    case .missing(let pass, let work, let rank):
      return rankWords[rank].misplaced("\(text(pass, work)) on this line too")
    case .repeated(let pass, let work, let rank):
      return word(rank, occurrence(1, of: pass, work, on: rank)).misplaced(
        "each pass once, but \(text(pass, work)) comes earlier too")
    case .wrongRank(let pass, let work, let rank, let expected):
      return word(rank, occurrence(0, of: pass, work, on: rank)).misplaced(
        "\(text(pass, work)) on rank \(expected), which holds stage \(work.stage)")
    case .tooEarly(let pass, let work, let rank, let needs):
      return word(rank, occurrence(0, of: pass, work, on: rank)).misplaced(
        "\(text(needs, work)) before it")
    case .deadlock(let deadlock):
      let wait = deadlock.cycle.first ?? deadlock.waits.first
      let place = wait.flatMap { plan.cells[$0.rank].firstIndex(of: $0.cell) }
      return word(wait?.rank ?? 0, place).misplaced("an order that can run; \(deadlock)")
    }
  }

  private func word(_ rank: Int, _ place: Int?) -> TextWord {
    place.map { words[rank][$0] } ?? rankWords[rank]
  }

  /// The place of a work's pass on a rank, after `count` earlier occurrences.
  private func occurrence(_ count: Int, of pass: Pass, _ work: Work, on rank: Int) -> Int? {
    let places = plan.cells[rank].indices.filter { place in
      let cell = plan.cells[rank][place]
      return switch pass {
      case .forward: cell.forwardWork == work
      case .backwardInput: cell.backwardInputWork == work
      case .backwardWeight: cell.backwardWeightWork == work
      }
    }
    return count < places.count ? places[count] : places.last
  }

  /// A pass as the text writes it.
  private func text(_ pass: Pass, _ work: Work) -> String {
    isPyTorch
      ? PyTorchText.word(pass, work) : "\(pass.rawValue)\(work.microbatch)@\(work.stage)"
  }
}
