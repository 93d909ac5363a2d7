// What a token visits where experts are placed: as written, or as DeepSeek-V3 has it.

import Text

/// Experts and groups that a token visits.
struct TokenVisits {
  let topK: Int
  let groupLimit: Int
  /// Every rule that a written number breaks; what was not written breaks none.
  let problems: [Explanation]

  /// DeepSeek-V3's gate: 8 experts of at most 4 groups (report, section 4.2).
  private static let usual = (topK: 8, groupLimit: 4)

  /// - Parameters:
  ///   - topK: as written; nil for the usual number, cut to the experts that there are.
  ///   - groupLimit: as written; nil for the usual number, cut to the groups that there are and
  ///     raised to those that `topK` needs.
  init(topK: Int?, groupLimit: Int?, experts: Int, groups: Int) {
    guard groups > 0, experts % groups == 0 else {
      // The groups are the problem, and told elsewhere.
      self.topK = topK ?? Self.usual.topK
      self.groupLimit = groupLimit ?? Self.usual.groupLimit
      problems = []
      return
    }
    let perGroup = experts / groups
    let needed = (max(1, topK ?? 1) - 1) / perGroup + 1
    let limit = groupLimit ?? min(groups, max(Self.usual.groupLimit, needed))
    let reach = min(max(limit, 1), groups) * perGroup
    let count = topK ?? min(Self.usual.topK, reach)
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
