// How much of the flows of a transfer a member sends, where the members of a rank differ in that.

/// A share for each part of a variant in each column; each member reads one column.
public struct MemberShares: Sendable {
  /// `[variants, columns, parts]`.
  private let values: [Double]
  private let columns: [Int]
  private let columnCount: Int
  private let partCount: Int

  /// - Parameters:
  ///   - columns: the column of each member.
  ///   - partCount: parts that flows of transfers with variants are of.
  ///   - shares: of each part, of a variant in a column, of the bytes in the transfer.
  public init(
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
  func share(_ variant: Int32, member: Int, part: Int32) -> Double {
    values[(Int(variant) * columnCount + columns[member]) * partCount + Int(part)]
  }
}
