// A plan as a graph, to evaluate it for many tables of durations: the dependencies between ranks
// are found once, and an evaluation is one pass over cells in an order that follows them.

/// The cells of a plan in an order in which each one follows its inputs.
package struct PlanGraph: Sendable {
  /// The distinct cells, all of microbatch 0: cells that differ in their microbatches only take
  /// equally long.
  package private(set) var kinds: [Cell] = []
  private var cells: [Node] = []
  private var inputs: [Input] = []
  private let ranks: Int

  private struct Node {
    var kind: Int
    var rank: Int
    /// The end of the cell's inputs among those of all cells.
    var inputsEnd: Int
  }

  /// An input from another rank; those from the same rank come before the cell in its order.
  private struct Input {
    var cell: Int
    var transfer: Double
  }

  /// The graph of a plan.
  ///
  /// - Parameters:
  ///   - plan: the cells of each rank, in order of execution.
  ///   - transfer: the time from the end of a cell on a rank to the start of the one on another
  ///     rank that waits for it.
  /// - Throws: `DeadlockProblem` if ranks wait for each other.
  /// - Complexity: O(cells x log cells).
  package init(
    _ plan: Plan, transfer: (_ rank: Int, _ target: Int) -> Double
  ) throws(DeadlockProblem) {
    let timeline = try evaluate(plan, transfer: 0) { _, _ in 1 }
    let spans = timeline.ranks.enumerated().flatMap { rank, spans in
      spans.map { (rank: rank, span: $0) }
    }.sorted { ($0.span.start, $0.rank) < ($1.span.start, $1.rank) }

    ranks = plan.cells.count
    let stages = plan.stagesPerPath
    let works = plan.sizes.microbatches * stages
    var forwards = [Int](repeating: -1, count: works)
    var backwards = forwards
    var known: [Cell: Int] = [:]
    for (index, (rank, span)) in spans.enumerated() {
      let kind = span.cell.ofFirstMicrobatch
      let place = known[kind] ?? kinds.count
      if place == kinds.count {
        known[kind] = place
        kinds.append(kind)
      }
      func wait(for cell: Int) {
        let maker = cells[cell].rank
        guard maker != rank else { return }
        inputs.append(Input(cell: cell, transfer: transfer(maker, rank)))
      }
      if let work = span.cell.forwardWork {
        let own = work.microbatch * stages + work.stage
        if work.stage > 0 { wait(for: forwards[own - 1]) }
        forwards[own] = index
      }
      if let work = span.cell.backwardInputWork {
        let own = work.microbatch * stages + work.stage
        wait(for: forwards[own])
        if work.stage + 1 < stages { wait(for: backwards[own + 1]) }
        backwards[own] = index
      } else if let work = span.cell.backwardWeightWork {
        wait(for: backwards[work.microbatch * stages + work.stage])
      }
      cells.append(Node(kind: place, rank: rank, inputsEnd: inputs.count))
    }
  }

  /// The end of the last cell.
  ///
  /// - Parameter durations: one for each of `kinds`, in the unit of transfers.
  /// - Complexity: O(cells).
  package func makespan(_ durations: [Double]) -> Double {
    var free = [Double](repeating: 0, count: ranks)
    var ends = [Double](repeating: 0, count: cells.count)
    var input = 0
    var latest = 0.0
    for (index, cell) in cells.enumerated() {
      var start = free[cell.rank]
      while input < cell.inputsEnd {
        start = max(start, ends[inputs[input].cell] + inputs[input].transfer)
        input += 1
      }
      let end = start + durations[cell.kind]
      ends[index] = end
      free[cell.rank] = end
      latest = max(latest, end)
    }
    return latest
  }
}

extension Cell {
  /// The same cell of microbatch 0.
  var ofFirstMicrobatch: Cell {
    func first(_ work: Work) -> Work { Work(microbatch: 0, stage: work.stage) }
    return switch self {
    case .forward(let work): .forward(first(work))
    case .backwardInput(let work): .backwardInput(first(work))
    case .backwardWeight(let work): .backwardWeight(first(work))
    case .backward(let work): .backward(first(work))
    case .overlapped(let forward, let backward):
      .overlapped(forward: first(forward), backward: first(backward))
    }
  }
}
