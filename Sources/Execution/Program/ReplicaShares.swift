// How much of the flows of a transfer a replica sends, where replicas of a program differ in that.

/// A share for each part of a variant on each member: replicas whose numbers differ by the members
/// send the same.
public struct ReplicaShares: Sendable {
  /// `[variants, members, parts]`.
  private let values: [Double]
  private let memberCount: Int
  private let partCount: Int

  /// - Parameters:
  ///   - partCount: parts that flows of transfers with variants are of.
  ///   - shares: of each part, of a variant on a member, of the bytes in the transfer.
  public init(
    variantCount: Int, memberCount: Int, partCount: Int,
    shares: (_ variant: Int, _ member: Int) -> [Double]
  ) {
    self.memberCount = memberCount
    self.partCount = partCount
    var values: [Double] = []
    values.reserveCapacity(variantCount * memberCount * partCount)
    for variant in 0..<variantCount {
      for member in 0..<memberCount {
        let parts = shares(variant, member)
        precondition(parts.count == partCount, "each part has its share")
        values += parts
      }
    }
    self.values = values
  }

  /// The share of a part on a replica.
  func share(_ variant: Int32, replica: Int, part: Int32) -> Double {
    values[(Int(variant) * memberCount + replica % memberCount) * partCount + Int(part)]
  }
}
