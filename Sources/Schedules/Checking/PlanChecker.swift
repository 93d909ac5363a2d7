// The laws of every plan, built-in or a user's own: each pass occurs exactly once, on its rank, in
// an order that can run.

/// One of the three passes that a work needs.
package enum Pass: String, CaseIterable, Sendable {
  /// Forward.
  case forward = "F"
  /// Input gradient.
  case backwardInput = "B"
  /// Weight gradient.
  case backwardWeight = "W"
}

/// A law that a plan breaks.
package enum PlanProblem: Hashable, Sendable, CustomStringConvertible {
  /// The number of ranks differs from the sizes or the placement.
  case rankCount(found: Int, expected: Int)
  /// A cell names a microbatch or stage that does not exist.
  case outOfRange(rank: Int, cell: Cell)
  /// A pass does not occur.
  case missing(Pass, Work, rank: Int)
  /// A pass occurs again.
  case repeated(Pass, Work, rank: Int)
  /// A pass is on a rank that does not hold its stage.
  case wrongRank(Pass, Work, rank: Int, expected: Int)
  /// A rank runs a pass before another that it needs.
  case tooEarly(Pass, Work, rank: Int, needs: Pass)
  /// Ranks wait for each other.
  case deadlock(DeadlockProblem)

  package var description: String {
    switch self {
    case .rankCount(let found, let expected):
      "the plan has \(found) ranks, its sizes say \(expected)"
    case .outOfRange(let rank, let cell):
      "rank \(rank): \(OrderText.render(cell)) names a microbatch or stage that does not exist"
    case .missing(let pass, let work, let rank):
      "rank \(rank): \(Self.text(pass, work)) is missing"
    case .repeated(let pass, let work, let rank):
      "rank \(rank): \(Self.text(pass, work)) is listed twice"
    case .wrongRank(let pass, let work, let rank, let expected):
      "rank \(rank): \(Self.text(pass, work)) belongs on rank \(expected)"
    case .tooEarly(let pass, let work, let rank, let needs):
      "rank \(rank): \(Self.text(pass, work)) comes before \(Self.text(needs, work))"
    case .deadlock(let deadlock): deadlock.description
    }
  }

  private static func text(_ pass: Pass, _ work: Work) -> String {
    "\(pass.rawValue)\(work.microbatch)@\(work.stage)"
  }
}

/// Finds every law that a plan breaks.
package enum PlanChecker {
  /// The problems of a plan; a plan without problems completes with any durations.
  ///
  /// Deadlocks are checked only if there are no other problems, which would cause them.
  ///
  /// Complexity: O(cells).
  package static func problems(in plan: Plan) -> [PlanProblem] {
    guard plan.cells.count == plan.sizes.ranks, plan.placement.ranks == plan.sizes.ranks else {
      return [.rankCount(found: plan.cells.count, expected: plan.sizes.ranks)]
    }
    var census = PassCensus(plan)
    census.count()
    census.findMissing()
    if census.problems.isEmpty {
      do { _ = try evaluate(plan, transfer: 0) { _, _ in 1 } } catch {
        census.problems.append(.deadlock(error))
      }
    }
    return census.problems
  }
}

private struct PassCensus {
  let plan: Plan
  let stages: Int
  var problems: [PlanProblem] = []
  /// Whether each pass was found, indexed by pass, then microbatch * stages + stage.
  var met: [[Bool]]

  init(_ plan: Plan) {
    self.plan = plan
    stages = plan.stagesPerPath
    let none = Array(repeating: false, count: max(0, plan.sizes.microbatches) * stages)
    met = Pass.allCases.map { _ in none }
  }

  mutating func count() {
    for (rank, cells) in plan.cells.enumerated() {
      for cell in cells {
        let passes = [cell.forwardWork, cell.backwardInputWork, cell.backwardWeightWork]
        guard passes.allSatisfy({ $0.map(isInRange) ?? true }) else {
          problems.append(.outOfRange(rank: rank, cell: cell))
          continue
        }
        for (pass, work) in zip(Pass.allCases, passes) {
          if let work { meet(pass, work, on: rank) }
        }
      }
    }
  }

  private func isInRange(_ work: Work) -> Bool {
    0..<plan.sizes.microbatches ~= work.microbatch && 0..<stages ~= work.stage
  }

  private mutating func meet(_ pass: Pass, _ work: Work, on rank: Int) {
    let index = work.microbatch * stages + work.stage
    let expected = plan.placement.rank(ofStage: work.stage, microbatch: work.microbatch)
    if rank != expected {
      problems.append(.wrongRank(pass, work, rank: rank, expected: expected))
    }
    let slot = Pass.allCases.firstIndex(of: pass) ?? 0
    if met[slot][index] {
      problems.append(.repeated(pass, work, rank: rank))
    } else if slot > 0, rank == expected, !met[slot - 1][index] {
      problems.append(.tooEarly(pass, work, rank: rank, needs: Pass.allCases[slot - 1]))
    }
    met[slot][index] = true
  }

  mutating func findMissing() {
    for microbatch in 0..<max(0, plan.sizes.microbatches) {
      for stage in 0..<stages {
        let work = Work(microbatch: microbatch, stage: stage)
        let rank = plan.placement.rank(ofStage: stage, microbatch: microbatch)
        for (slot, pass) in Pass.allCases.enumerated() where !met[slot][microbatch * stages + stage]
        {
          problems.append(.missing(pass, work, rank: rank))
        }
      }
    }
  }
}
