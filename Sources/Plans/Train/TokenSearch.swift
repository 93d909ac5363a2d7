// The most tokens of a training run within its bounds. Days and cost rise with tokens, but not
// evenly: a reserved term costs the same however much of it is used, hours beyond it have a price
// of their own, and without checkpoints a failure more repeats a whole run. So the answer is held
// between a run that is within the bounds and one that is not; lines through two runs only guess.

import Experiments
import Recording
import Scenarios
import Text

/// A run with a number of tokens that was simulated.
struct TokenRun {
  let count: Double
  let settings: [Setting]
  let record: RunRecord
  /// The largest share of a bound that it uses.
  let share: Double
}

/// The search for the most tokens.
struct TokenSearch {
  /// Relative error of the tokens.
  private static let error = 1e-4
  /// Share of a bound at which a guess aims: it is within the bound even if it errs by as much as
  /// this leaves.
  private static let target = 1 - error / 2
  /// Guesses before a step that halves or doubles whatever the lines say.
  private static let guessLimit = 2
  /// Tokens of any run, at most: so many have more steps than nearly all runs may have.
  private static let mostTokens = 1e17

  private let question: TrainQuestion
  private let trials: TrainTrials
  /// Runs in the order of their tokens.
  private var runs: [TokenRun] = []
  /// A run that could not be simulated though a shorter one could.
  private var refused: (count: Double, reason: String)?
  /// Guesses since the last step.
  private var guesses = 0

  init(_ question: TrainQuestion, _ trials: TrainTrials) {
    self.question = question
    self.trials = trials
  }

  /// The longest run within all bounds.
  ///
  /// - Parameter starts: numbers of tokens, of which the first that the scenario allows is tried
  ///   first; it must allow one of them.
  /// - Throws: `TrainPlanRefusal` if no run is within the bounds, or they leave the end open.
  mutating func longest(from starts: [Double]) throws -> TokenRun {
    let start = (starts.first(where: isLegal) ?? starts[0]).rounded(.down)
    // Two runs say where the bounds are met if the metrics are affine in tokens.
    for count in [start, 2 * start] where runs.isEmpty || isLegal(count) { try add(count) }
    while true {
      guard let low = runs.last(where: { $0.share <= 1 }) else {
        try add(below())
        continue
      }
      let high = runs.first { $0.count > low.count }
      guard let top = [high?.count, refused?.count].compactMap(\.self).min() else {
        try add(above(low))
        continue
      }
      guard top - low.count > max(1, Self.error * low.count) else {
        guard top != high?.count, let refused else { return low }
        throw TrainPlanRefusal.impossible(
          reason: "\(bound(low)) are enough for \(countText(low.count)) tokens, and more cannot be"
            + " simulated: \(refused.reason)")
      }
      try add(between(low, top, high))
    }
  }

  // MARK: Where to look

  /// Tokens below those of all runs, none of which is within the bounds.
  private mutating func below() throws -> Double {
    let shortest = runs[0]
    if mayGuess(), runs.count > 1, let guess = guess(shortest, runs[1]), guess >= 1,
      guess < shortest.count, isLegal(guess)
    {
      return guess
    }
    let least = least(below: shortest.count)
    guard least < shortest.count else {
      throw TrainPlanRefusal.impossible(reason: "\(bound(shortest)) leave no tokens")
    }
    return least
  }

  /// Tokens above those of all runs, the longest of which is within the bounds.
  private mutating func above(_ low: TokenRun) throws -> Double {
    let doubled = 2 * low.count
    let line = runs.count > 1 ? guess(runs[runs.count - 2], low) : nil
    let guess = mayGuess() ? line ?? doubled : doubled
    let next = min(Self.mostTokens, max(guess, step(above: low)))
    let most = isLegal(next) ? next : self.most(from: low.count, below: next)
    guard most > low.count else {
      throw TrainPlanRefusal.impossible(
        reason: "\(bound(low)) are enough for more than the \(countText(low.count)) tokens that the"
          + " run may have")
    }
    return most
  }

  /// Tokens between a run that is within the bounds and a number that is too large.
  private mutating func between(_ low: TokenRun, _ top: Double, _ high: TokenRun?) -> Double {
    let middle = low.count + (top - low.count) / 2
    var next = middle
    if mayGuess() {
      if low.share >= 1 - Self.error {
        next = step(above: low)
      } else if let high, let guess = guess(low, high) {
        next = guess
      }
    }
    return max(low.count + 1, min(top - 1, next)).rounded(.down)
  }

  /// The next number of tokens that differs from those of a run by more than the error.
  private func step(above run: TokenRun) -> Double {
    max(run.count + 1, (run.count * (1 + Self.error)).rounded(.down))
  }

  /// Tokens at which the line through two runs meets the bounds; nil if it never does.
  private func guess(_ first: TokenRun, _ second: TokenRun) -> Double? {
    let slope = (second.share - first.share) / (second.count - first.count)
    guard slope > 0 else { return nil }
    return (first.count + (Self.target - first.share) / slope).rounded(.down)
  }

  /// Whether a guess is due, which it is not after several.
  private mutating func mayGuess() -> Bool {
    guesses = guesses < Self.guessLimit ? guesses + 1 : 0
    return guesses > 0
  }

  // MARK: What the scenario allows

  /// Whether the scenario allows a number of tokens: phases before the open one have theirs, and
  /// a run has no more than so many steps.
  private func isLegal(_ count: Double) -> Bool {
    (try? question.document.scenario(question.changes.adding([Self.setting(count)]))) != nil
  }

  /// The fewest tokens that the scenario allows.
  ///
  /// - Parameter count: tokens that it allows.
  private func least(below count: Double) -> Double {
    var (few, enough) = (1.0, count)
    if isLegal(few) { return few }
    while enough - few > 1 {
      let middle = (few + (enough - few) / 2).rounded(.down)
      if isLegal(middle) { enough = middle } else { few = middle }
    }
    return enough
  }

  /// The most tokens that the scenario allows, from a number that it allows to one that it does
  /// not.
  private func most(from low: Double, below high: Double) -> Double {
    var (allowed, many) = (low, high)
    while many - allowed > 1 {
      let middle = (allowed + (many - allowed) / 2).rounded(.down)
      if isLegal(middle) { allowed = middle } else { many = middle }
    }
    return allowed
  }

  // MARK: Runs

  private static func setting(_ count: Double) -> Setting {
    Setting("run.tokens", "\(Int(count)) tokens")
  }

  /// Simulates a run.
  private mutating func add(_ count: Double) throws {
    let settings = [Self.setting(count)]
    switch try trials.outcomes([settings])[0] {
    case .ran(let record):
      let share = question.limits.map { record.mean($0.kind) / $0.most }.max() ?? 0
      let place = runs.firstIndex { $0.count > count } ?? runs.count
      runs.insert(
        TokenRun(count: count, settings: settings, record: record, share: share), at: place)
    case .refused(let reason):
      guard let shortest = runs.first, shortest.count < count else {
        throw TrainPlanRefusal.impossible(reason: reason)
      }
      refused = (count, reason)
    }
  }

  /// The bound of which a run uses most, in words.
  private func bound(_ run: TokenRun) -> String {
    let nearest = question.limits.max {
      run.record.mean($0.kind) / $0.most < run.record.mean($1.kind) / $1.most
    }
    return nearest.map { "\($0.kind.unit.text($0.most)) of \($0.kind.label)" } ?? "no bounds"
  }
}
