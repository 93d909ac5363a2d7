// The axes of experiments: from them and its position follows the point of every trial.

import Recording

extension AxisRecord {
  static let table = Table.list(
    "experiment_axis", of: "experiment",
    "The axes of an experiment in order, the last one fastest.\nThe point of a trial on an axis"
      + " is its position / points of later axes, modulo points.",
    """
    keys TEXT NOT NULL,             -- that vary together, with spaces between
    points INTEGER NOT NULL CHECK (points > 0),
    design TEXT,                    -- the rule of the points; NULL: they are listed
    size INTEGER,                   -- points, paths or rows of the design
    seed TEXT,                      -- of the design
    """)

  /// The most points of an axis: those of the largest experiment.
  private static let pointLimit = 100_000

  /// Reads an axis.
  ///
  /// - Parameter ranges: those of the experiment's design.
  init(from row: inout StoredRow, ranges: [DesignRecord.Range]) throws(StoreProblem) {
    let keys: String = try row.get("keys")
    self.init(keys: keys.split(separator: " ").map(String.init), points: try row.get("points"))
    guard (1...Self.pointLimit).contains(points), !self.keys.isEmpty else {
      throw row.damage("an axis of \(self.keys.count) keys has \(points) points")
    }
    guard let word = try row.get("design") as String? else { return }
    let seed: String = try row.get("seed")
    guard let kind = DesignKind(rawValue: word), let seed = UInt64(seed) else {
      throw row.damage("there is no design \(word) with seed \(seed)")
    }
    let design = DesignRecord(kind: kind, size: try row.get("size"), seed: seed, ranges: ranges)
    guard design.pointCount == points, ranges.map(\.key) == self.keys else {
      throw row.damage("a design has not \(points) points")
    }
    self.design = design
  }
}
