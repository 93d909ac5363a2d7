// How much of a transfer's legs each member sends, if the members of a rank differ.

import Units

/// A share for each part of a variant in each column; each member reads one column.
package struct MemberShares: Sendable {
  /// Index of a variant.
  package typealias Variant = ID<MemberShares>
  /// Index of a part: the legs at the same position in every transfer with variants.
  package typealias Part = ID<Leg>

  /// `[variants, columns, parts]`.
  private let values: [Double]
  private let columns: [Int]
  private let columnCount: Int
  private let partCount: Int

  /// - Parameters:
  ///   - variantCount: number of variants.
  ///   - columns: the column of each member.
  ///   - partCount: parts per variant.
  ///   - shares: the fraction of its flow's bytes that each part sends, for a variant and column.
  package init(
    variantCount: Int, columns: [Int], partCount: Int,
    shares: (_ variant: Int, _ column: Int) -> [Double]
  ) {
    self.columns = columns
    self.partCount = partCount
    columnCount = (columns.max() ?? 0) + 1
    var values: [Double] = []
    values.reserveCapacity(variantCount * columnCount * partCount)
    for variant in 0..<variantCount {
      for column in 0..<columnCount {
        let parts = shares(variant, column)
        precondition(parts.count == partCount, "each part has its share")
        values += parts
      }
    }
    self.values = values
  }

  /// The share of a part on a member.
  func share(_ variant: Variant, member: Int, part: Part) -> Double {
    values[(variant.index * columnCount + columns[member]) * partCount + part.index]
  }
}
