// Division of a GPU's rows between its experts, in training, prefill and decoding alike.
//
// Validity: rows are assumed to be divided as evenly as possible. If rows choose experts at random,
// some choose the same one: with E experts and R rows, E (1 - (1 - 1/E)^R) experts have rows. That
// is 37 % fewer than here at R = E, and the difference is smaller for fewer or more rows.

/// The products that one grouped kernel computes: one for each expert that has rows.
struct ExpertProducts {
  /// Number of experts that have rows: all of them, or one per row if there are fewer rows.
  var count: Int
  /// Rows per expert; at least one, unless there is no product.
  var rows: Int

  /// Treatment of rows that do not divide evenly.
  enum Rounding {
    /// Rows of each expert are contiguous; the remainder is dropped.
    case down
    /// Each expert has room for the same number of rows, partly empty.
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
