// Durations of operations that differ between the members of a rank.

import Units

/// A duration for each variant and column; each member reads one column.
package struct MemberDurations: Sendable {
  /// Index of a variant.
  package typealias Variant = ID<MemberDurations>

  /// `[variants, columns]`.
  private let times: [ComputeTime]
  private let columns: [Int]
  private let columnCount: Int

  /// - Parameters:
  ///   - variantCount: number of variants.
  ///   - columns: the column of each member.
  ///   - time: the duration of a variant in a column.
  package init(
    variantCount: Int, columns: [Int], time: (_ variant: Int, _ column: Int) -> ComputeTime
  ) {
    self.columns = columns
    columnCount = (columns.max() ?? 0) + 1
    var times: [ComputeTime] = []
    times.reserveCapacity(variantCount * columnCount)
    for variant in 0..<variantCount {
      for column in 0..<columnCount { times.append(time(variant, column)) }
    }
    self.times = times
  }

  /// The duration of a variant on a member.
  package func time(_ variant: Variant, member: Int) -> ComputeTime {
    times[variant.index * columnCount + columns[member]]
  }
}
