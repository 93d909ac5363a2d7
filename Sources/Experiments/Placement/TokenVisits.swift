// Experts and groups that a token visits in a placement study: as specified, or DeepSeek-V3's.

import Text

/// Experts and groups that a token visits.
struct TokenVisits {
  let topK: Int
  let groupLimit: Int
  /// Every rule that a specified number violates; defaults violate none.
  let problems: [Explanation]

  /// DeepSeek-V3's gate: 8 experts in at most 4 groups (report, section 4.2).
  private static let defaults = (topK: 8, groupLimit: 4)

  /// - Parameters:
  ///   - topK: as specified; nil for the default, capped by the experts.
  ///   - groupLimit: as specified; nil for the default, raised if `topK` needs more groups and
  ///     capped by their number.
  init(topK: Int?, groupLimit: Int?, experts: Int, groups: Int) {
    guard groups > 0, experts % groups == 0 else {
      // `PlacementSizes.problems` reports the groups.
      self.topK = topK ?? Self.defaults.topK
      self.groupLimit = groupLimit ?? Self.defaults.groupLimit
      problems = []
      return
    }
    let perGroup = experts / groups
    let needed = (max(1, topK ?? 1) - 1) / perGroup + 1
    let limit = groupLimit ?? min(groups, max(Self.defaults.groupLimit, needed))
    let reach = min(max(limit, 1), groups) * perGroup
    let count = topK ?? min(Self.defaults.topK, reach)
    (self.topK, self.groupLimit) = (count, limit)
    if !(1...groups).contains(limit) {
      problems = [
        Explanation(
          "group-limit \"\(limit)\": a token visits "
            + (groups == 1 ? "the only group" : "1 to all \(groups) groups"),
          advice: ["nearest: \(min(max(limit, 1), groups))"])
      ]
    } else if count < 1 {
      problems = [
        Explanation("top-k \"\(count)\": a token visits at least 1 expert", advice: ["nearest: 1"])
      ]
    } else if count > reach {
      problems = [
        Explanation(
          "top-k \"\(count)\": \(limit) groups hold \(reach) experts",
          advice: ["nearest: \(reach)"])
      ]
    } else {
      problems = []
    }
  }
}
