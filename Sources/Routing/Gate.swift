// DeepSeek's gate without auxiliary loss ("noaux_tc"), in the order of the published code.
//
// scores -> scores + bias for the choice -> groups by the sum of their two largest choices -> the
// best groups -> the best experts of these -> weights from the scores without bias, normalised and
// scaled. Ties go to the lower index (the original leaves them open). Float32 throughout.

/// The rule that sends a token to experts.
public struct Gate: Hashable, Sendable {
  /// How a group of experts is ranked.
  public enum GroupScore: Hashable, Sendable {
    /// The sum of its two largest choices (DeepSeek-V3, with selection bias).
    case topTwoSum
    /// Its largest choice (DeepSeek-V2).
    case largest
  }

  /// Routed experts of a layer.
  public var experts: Int
  /// Groups of equally many experts; divides `experts`.
  public var groups: Int
  /// Groups that a token may visit.
  public var groupLimit: Int
  /// Experts that a token visits.
  public var topK: Int
  public var groupScore: GroupScore

  /// - Precondition: `groups` divides `experts`; the groups that a token may visit hold `topK`
  ///   experts.
  public init(
    experts: Int, groups: Int, groupLimit: Int, topK: Int, groupScore: GroupScore = .topTwoSum
  ) {
    precondition(groups > 0 && experts % groups == 0, "groups divide experts")
    precondition((1...groups).contains(groupLimit), "a token visits 1 to all groups")
    precondition(topK > 0 && topK <= groupLimit * (experts / groups), "top-k fits the groups")
    self.experts = experts
    self.groups = groups
    self.groupLimit = groupLimit
    self.topK = topK
    self.groupScore = groupScore
  }

  /// The chosen experts of one token, best first.
  ///
  /// - Parameters:
  ///   - choices: `[experts]`, scores plus selection bias.
  ///   - selected: receives `topK` indices.
  /// - Complexity: O(experts x (topK + groupLimit)), without allocation.
  public func select(_ choices: [Float], into selected: inout [Int], scratch: inout Scratch) {
    let size = experts / groups
    for group in 0..<groups {
      scratch.groupScores[group] = score(ofGroup: group, size: size, choices)
      scratch.isKept[group] = groupLimit == groups
    }
    if groupLimit < groups {
      for _ in 0..<groupLimit {
        var best = -1
        for group in 0..<groups where !scratch.isKept[group] {
          if best < 0 || scratch.groupScores[group] > scratch.groupScores[best] { best = group }
        }
        scratch.isKept[best] = true
      }
    }
    selectExperts(choices, size: size, into: &selected, scratch: &scratch)
  }

  /// Keeps the best experts of the kept groups by insertion: most experts fail one comparison.
  private func selectExperts(
    _ choices: [Float], size: Int, into selected: inout [Int], scratch: inout Scratch
  ) {
    var count = 0
    // What an expert must exceed to be kept: the last one's choice, once there are enough.
    var bar = -Float.infinity
    for group in 0..<groups where scratch.isKept[group] {
      for expert in group * size..<(group + 1) * size {
        let choice = choices[expert]
        if count == topK && choice <= bar { continue }
        var place = min(count, topK - 1)
        while place > 0 && choice > choices[selected[place - 1]] {
          selected[place] = selected[place - 1]
          place -= 1
        }
        selected[place] = expert
        count = min(count + 1, topK)
        bar = choices[selected[count - 1]]
      }
    }
  }

  private func score(ofGroup group: Int, size: Int, _ choices: [Float]) -> Float {
    var first = -Float.infinity
    var second = -Float.infinity
    for expert in group * size..<(group + 1) * size {
      let choice = choices[expert]
      if choice > first {
        (first, second) = (choice, first)
      } else if choice > second {
        second = choice
      }
    }
    return groupScore == .largest || size == 1 ? first : first + second
  }

  /// Weights of the chosen experts: their scores without bias, normalised, times `scale`.
  public func weights(_ scores: [Float], of selected: [Int], scale: Float) -> [Float] {
    var sum: Float = 1e-20
    for expert in selected { sum += scores[expert] }
    return selected.map { scores[$0] / sum * scale }
  }

  /// Room to select in, kept between tokens.
  public struct Scratch: Sendable {
    /// The score of each group.
    var groupScores: [Float]
    /// Whether each group may be visited.
    var isKept: [Bool]

    /// Room for one token of a gate.
    public init(for gate: Gate) {
      groupScores = Array(repeating: 0, count: gate.groups)
      isKept = Array(repeating: false, count: gate.groups)
    }
  }
}
