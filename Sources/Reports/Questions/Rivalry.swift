// Whether the best row of a comparison is surely better than another: in how many draws of what is
// not known exactly, alike for both, the other one is better.

import Recording
import Text
import Units

/// A row of a comparison against the best one.
struct Rivalry: Sendable {
  /// Draws in which the row is better than the best one.
  let wins: Int
  let draws: Int

  /// Wins outside this range leave no doubt at 90 %.
  private static let doubtful = 0.05...0.95

  /// The note under a table with such a column.
  ///
  /// - Parameters:
  ///   - title: what rows are compared by; nil if the table leaves no doubt.
  ///   - isSimulated: whether draws of such rows are simulated without being asked for.
  static func note(_ title: String?, isSimulated: Bool) -> String {
    "beats best: share of draws of kernels, clocks, links and hosts, alike for all rows, in which"
      + " the row is\n    better than the best one\(title.map { " in \($0)" } ?? ""); from 5 % on,"
      + " their order is inside the noise"
      + (isSimulated
        ? "" : ";\n    by an approximation, unless --replications N simulates the draws")
  }

  /// Compares draw by draw; nil if the runs have no common draws, or other seeds, since draws with
  /// the same number differ then.
  ///
  /// - Parameters:
  ///   - row: its run, and its cost, which is a time or a rate with the sign reversed.
  ///   - best: the same of the row with the lowest cost.
  init?(_ row: (run: RunRecord, cost: Double), _ best: (run: RunRecord, cost: Double)) {
    guard row.run.provenance.seed == best.run.provenance.seed else { return nil }
    var ratios: [Int: Double] = [:]
    for error in best.run.predictionErrors { ratios[error.draw] = error.timeRatio }
    func drawn(_ cost: Double, _ ratio: Double) -> Double { cost < 0 ? cost / ratio : cost * ratio }
    var (wins, draws) = (0, 0)
    for error in row.run.predictionErrors {
      guard let ratio = ratios[error.draw] else { continue }
      draws += 1
      if drawn(row.cost, error.timeRatio) < drawn(best.cost, ratio) { wins += 1 }
    }
    guard draws > 0 else { return nil }
    (self.wins, self.draws) = (wins, draws)
  }

  /// The share of draws in which the row is better.
  var share: Double { Double(wins) / Double(draws) }

  /// Whether the 90 % interval of the ratio of both costs contains 1.
  var isInsideNoise: Bool { Self.doubtful.contains(share) }

  /// The share, and whether it leaves a doubt.
  var text: String { percentText(share) + (isInsideNoise ? ", inside the noise" : "") }

  /// The same for JSON.
  var json: [(name: String, value: JSONValue)] {
    [("beats_best", .real(share)), ("inside_noise", .bool(isInsideNoise))]
  }
}

extension ComparisonTable.Column {
  /// How sure it is that the best row is better.
  static let beatsBest: Self = {
    var column = Self("beats best") { $0.rivalry?.text ?? "-" }
    column.needsDraws = true
    return column
  }()
}
