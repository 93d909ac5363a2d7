// A plan drawn as lanes of characters, one per unit of time with F = B = W = 1.

/// Draws plans as text.
package enum PlanDrawing {
  /// Meaning of the characters, in one line.
  package static let legend =
    "0-9 forward of that microbatch (mod 10), a-z its input gradient, A-Z its weight gradient,"
    + " . idle"

  /// One line per rank, each ending in LF. There is no transfer time; an overlapped cell takes 3
  /// units.
  ///
  ///     r0 |01..aA.bB|
  ///     r1 |.0aA1bB..|
  ///
  /// Complexity: O(ranks x makespan).
  /// Throws: `DeadlockProblem` if the plan cannot run.
  package static func lanes(_ plan: Plan) throws(DeadlockProblem) -> String {
    let timeline = try evaluate(plan, transfer: 0) { _, cell in marks(cell).count }
    let width = String(max(0, plan.cells.count - 1)).count
    var text = ""
    for (rank, spans) in timeline.ranks.enumerated() {
      var lane = Array(repeating: Character("."), count: timeline.makespan)
      for span in spans {
        lane.replaceSubrange(span.start..<span.end, with: marks(span.cell))
      }
      let name = String(rank)
      let padding = String(repeating: " ", count: width - name.count)
      text += "r\(name)\(padding) |\(String(lane))|\n"
    }
    return text
  }

  private static func marks(_ cell: Cell) -> [Character] {
    var marks: [Character] = []
    if let work = cell.forwardWork { marks.append(mark(48, work.microbatch % 10)) }
    if let work = cell.backwardInputWork { marks.append(mark(97, work.microbatch % 26)) }
    if let work = cell.backwardWeightWork { marks.append(mark(65, work.microbatch % 26)) }
    return marks
  }

  private static func mark(_ first: UInt8, _ offset: Int) -> Character {
    Character(Unicode.Scalar(first + UInt8(offset)))
  }
}
