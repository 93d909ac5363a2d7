// How a batch grows during a phase. DeepSeek-V3 says "gradually" (report, section 4.2); each rule
// here is one that training programs have.

/// A growing batch.
package enum BatchRamp: Hashable, Sendable {
  /// In proportion to the tokens so far, down to a multiple; the largest one ends with the ramp.
  case tokens(from: Int, to: Int, multiple: Int)
  /// In equal increments, each for an equal share of the ramp's sequences, as Megatron-LM's
  /// `--rampup-batch-size START INCREMENT SAMPLES`; they divide the whole rise.
  case staircase(from: Int, to: Int, increment: Int)
  /// In proportion to the steps so far, down to a multiple.
  case steps(from: Int, to: Int, multiple: Int)
  /// Batches from given tokens of the phase on, as Megatron-LM's list `0:768 250B:1536`.
  case list([Entry])

  /// A batch from some tokens on.
  package struct Entry: Hashable, Sendable {
    /// Tokens of the phase from which on it holds.
    package var tokens: Double
    /// Sequences of a step.
    package var batch: Int

    package init(tokens: Double, batch: Int) {
      self.tokens = tokens
      self.batch = batch
    }
  }

  /// Consecutive steps with one batch.
  package struct Run: Hashable, Sendable {
    /// Sequences of a step.
    package var batch: Int
    /// Number of steps.
    package var steps: Int

    package init(batch: Int, steps: Int) {
      self.batch = batch
      self.steps = steps
    }
  }

  /// The most steps of a ramp.
  package static let stepLimit = 100_000_000

  /// The steps of a phase with a growing batch. The phase ends with the first step that reaches its
  /// tokens.
  ///
  /// - Parameters:
  ///   - tokens: tokens of the phase.
  ///   - sequenceLength: tokens of a sequence.
  /// - Returns: nil if the phase has more steps than `stepLimit`.
  /// - Precondition: batches, multiples and increments are positive, and a list is not empty.
  package func runs(tokens: Double, sequenceLength: Int) -> [Run]? {
    let sequences = tokens / Double(sequenceLength)
    return Self.runs(batches(sequences, sequenceLength)) { done, _ in
      done >= sequences.rounded(.up)
    }
  }

  /// The steps of a phase that has a given number of them: the most sequences that take as many.
  ///
  /// - Parameters:
  ///   - steps: steps of the phase, positive.
  ///   - sequenceLength: tokens of a sequence.
  /// - Returns: nil for more steps than `stepLimit`.
  /// - Complexity: linear in the steps.
  /// - Precondition: batches, multiples and increments are positive, and a list is not empty.
  package func runs(steps: Int, sequenceLength: Int) -> [Run]? {
    let sequences = sequences(steps: steps, sequenceLength: sequenceLength)
    return Self.runs(batches(sequences, sequenceLength)) { _, step in step >= Double(steps) }
  }

  /// The sequences of a phase with so many steps. The more there are, the later a batch grows, and
  /// the fewer are done after these steps: halving finds the most that are reached.
  private func sequences(steps: Int, sequenceLength: Int) -> Double {
    switch self {
    case .list: return 0
    case .steps(let from, let to, _): return Double(steps) * Double(from + to) / 2
    case .tokens(_, let to, _), .staircase(_, let to, _):
      var (reached, missed) = (0.0, Double(steps) * Double(to) + 1)
      while missed - reached > 1 {
        let middle = ((reached + missed) / 2).rounded(.down)
        let batch = batches(middle, sequenceLength)
        let done = Self.sequences(after: steps) { max(1, batch($0, 0)) }
        if done >= middle { reached = middle } else { missed = middle }
      }
      return max(1, reached)
    }
  }

  /// The sequences of so many steps.
  ///
  /// - Parameter batch: the batch after some sequences, which only rises or only falls: steps with
  ///   the same are counted by halving.
  private static func sequences(after steps: Int, _ batch: (Double) -> Int) -> Double {
    var (done, left) = (0.0, steps)
    while left > 0 {
      let size = batch(done)
      func isSame(_ step: Int) -> Bool { batch(done + Double(step) * Double(size)) == size }
      var (same, other) = (1, 2)
      while other <= left, isSame(other - 1) { (same, other) = (other, 2 * other) }
      other = min(other, left + 1)
      while other - same > 1 {
        let middle = (same + other) / 2
        if isSame(middle - 1) { same = middle } else { other = middle }
      }
      done += Double(same) * Double(size)
      left -= same
    }
    return done
  }

  /// The batch after some sequences and steps of a phase.
  ///
  /// - Parameter all: sequences of the phase.
  private func batches(
    _ all: Double, _ sequenceLength: Int
  ) -> (_ done: Double, _ step: Double) -> Int {
    switch self {
    case .tokens(let from, let to, let multiple):
      return { done, _ in
        let batch = Double(from) + Double(to - from) * done / all
        return Self.down(min(Double(to), batch), to: multiple)
      }
    case .staircase(let from, let to, let increment):
      let stairs = max(1, (to - from) / increment)
      let whole = all.rounded(.up)
      return { done, _ in
        let stair = Int(min(done * Double(stairs) / whole, 1e9))
        return from + min(stair, stairs) * increment
      }
    case .steps(let from, let to, let multiple):
      // All steps together, if batches were not rounded.
      let steps = 2 * all.rounded(.up) / Double(from + to)
      return { _, step in
        Self.down(Double(from) + Double(to - from) * min(1, step / steps), to: multiple)
      }
    case .list(let entries):
      return { done, _ in
        let reached = entries.last { $0.tokens <= done * Double(sequenceLength) }
        return (reached ?? entries[0]).batch
      }
    }
  }

  /// The steps of a phase with a constant batch.
  package static func constant(
    _ batch: Int, tokens: Double, sequenceLength: Int
  ) -> [Run]? {
    let steps = (tokens / Double(batch * sequenceLength)).rounded(.up)
    guard steps <= Double(stepLimit) else { return nil }
    return [Run(batch: batch, steps: max(1, Int(steps)))]
  }

  /// Steps until an end.
  ///
  /// - Parameters:
  ///   - batch: the batch after some sequences and steps.
  ///   - isEnd: whether the phase ends after them.
  private static func runs(
    _ batch: (_ done: Double, _ step: Double) -> Int,
    until isEnd: (_ done: Double, _ step: Double) -> Bool
  ) -> [Run]? {
    var runs: [Run] = []
    var (done, steps) = (0.0, 0)
    while !isEnd(done, Double(steps)) {
      guard steps < stepLimit else { return nil }
      let next = max(1, batch(done, Double(steps)))
      if let last = runs.indices.last, runs[last].batch == next {
        runs[last].steps += 1
      } else {
        runs.append(Run(batch: next, steps: 1))
      }
      done += Double(next)
      steps += 1
    }
    return runs
  }

  private static func down(_ batch: Double, to multiple: Int) -> Int {
    Int((batch / Double(multiple)).rounded(.down)) * multiple
  }
}
