// How the rows of a GPU divide between its experts, in training, prefill and decoding alike.
//
// Validity: rows are taken as even as they can be. Where rows choose experts by chance, some choose
// the same one: of E experts and R rows E (1 - (1 - 1/E)^R) have any, which is 37 % fewer than here
// at R = E, and less far off on both sides.

/// The products that one grouped kernel computes: one for each expert that has rows.
struct ExpertProducts {
  /// Experts that have rows: all of them, or one for each row where rows are fewer.
  var count: Int
  /// Rows of each; at least one, unless there is no product.
  var rows: Int

  /// What becomes of rows that do not divide evenly.
  enum Rounding {
    /// Rows of each expert lie one after the other: what is over is dropped.
    case down
    /// Each expert has room for the same number of rows, some of it empty.
    case toNearest
  }

  /// - Precondition: neither number is negative.
  init(rows: Int, experts: Int, rounding: Rounding) {
    count = min(experts, rows)
    switch rounding {
    case _ where count == 0: self.rows = 0
    case .down: self.rows = rows / count
    case .toNearest: self.rows = (rows + count / 2) / count
    }
  }
}
