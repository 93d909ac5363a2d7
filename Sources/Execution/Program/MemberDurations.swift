// Times of operations that the members of a rank do not share.

import Units

/// A time for each variant and column; each member reads one column.
package struct MemberDurations: Sendable {
  /// One of the variants.
  package typealias Variant = ID<MemberDurations>

  /// `[variants, columns]`.
  private let times: [ComputeTime]
  private let columns: [Int]
  private let columnCount: Int

  /// - Parameters:
  ///   - columns: the column of each member.
  ///   - time: of a variant in a column.
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

  /// The time on a member.
  package func time(_ variant: Variant, member: Int) -> ComputeTime {
    times[variant.index * columnCount + columns[member]]
  }
}
