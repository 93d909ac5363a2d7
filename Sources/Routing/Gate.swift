// DeepSeek's gate without auxiliary loss ("noaux_tc"), in the order of the published code:
//
//   choices = scores + selection bias
//   groups  = the best by the sum of their two largest choices
//   experts = the best choices within these groups
//
// Ties go to the lower index (the original leaves them open). Float32 throughout.

/// The rule that selects a token's experts.
package struct Gate: Hashable, Sendable {
  /// How groups of experts are scored.
  package enum GroupScore: Hashable, Sendable {
    /// The sum of the two largest choices (DeepSeek-V3, with selection bias).
    case topTwoSum
    /// The largest choice (DeepSeek-V2).
    case largest
  }

  /// Routed experts per layer.
  package var experts: Int
  /// Equal groups of experts; divides `experts`.
  package var groups: Int
  /// Groups that a token may visit.
  package var groupLimit: Int
  /// Experts per token.
  package var topK: Int
  package var groupScore: GroupScore

  /// Groups whose experts a placement keeps on one node: all are one without a limit.
  package var placedGroups: Int { groupLimit < groups ? groups : 1 }

  /// - Precondition: `groups` divides `experts`; `groupLimit` groups hold at least `topK` experts.
  package init(
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
  ///   - choices: `[experts]`, scores plus selection bias; NaN is chosen last.
  ///   - selected: receives `topK` indices.
  ///   - scratch: working memory made for this gate.
  /// - Complexity: O(experts + topK x experts / 64) steps of eight lanes, without allocation.
  package func select(_ choices: [Float], into selected: inout [Int], scratch: inout Scratch) {
    let size = experts / groups
    choices.withUnsafeBufferPointer { choices in
      for group in 0..<groups {
        let members = UnsafeBufferPointer(rebasing: choices[group * size..<(group + 1) * size])
        scratch.groupScores[group] = score(of: members)
        scratch.isKept[group] = groupLimit == groups
      }
      if groupLimit < groups { keepGroups(&scratch) }
      scratch.open.withUnsafeMutableBufferPointer { open in
        for group in 0..<groups {
          for expert in group * size..<(group + 1) * size {
            let isOpen = scratch.isKept[group] && choices[expert] > -.infinity
            open[expert] = isOpen ? choices[expert] : -.infinity
          }
        }
        selectExperts(open, best: &scratch.best, into: &selected)
      }
    }
  }

  private func keepGroups(_ scratch: inout Scratch) {
    for _ in 0..<groupLimit {
      var best = -1
      for group in 0..<groups where !scratch.isKept[group] {
        if best < 0 || scratch.groupScores[group] > scratch.groupScores[best] { best = group }
      }
      scratch.isKept[best] = true
    }
  }

  /// Picks the best open expert `topK` times. The maximum of each block of eight is kept in `best`,
  /// so that a pick rescans one block only.
  ///
  /// - Parameters:
  ///   - open: choices of the kept groups' experts, -infinity for all others and for the padding to
  ///     a multiple of eight.
  ///   - best: scratch for the maximum of each block, padded likewise.
  private func selectExperts(
    _ open: UnsafeMutableBufferPointer<Float>, best: inout [Float], into selected: inout [Int]
  ) {
    best.withUnsafeMutableBufferPointer { best in
      for eight in 0..<open.count / 8 { best[eight] = open.eight(8 * eight).largest }
      for rank in 0..<topK {
        let eight = best.indexOfLargest
        let lanes = open.eight(8 * eight)
        let expert = 8 * eight + lanes.firstIndex(of: best[eight])
        selected[rank] = expert
        open[expert] = -.infinity
        best[eight] = open.eight(8 * eight).largest
      }
    }
  }

  /// The score of a group with these choices.
  private func score(of choices: UnsafeBufferPointer<Float>) -> Float {
    // The two largest of each SIMD lane, then the two largest of these.
    var firsts = SIMD8<Float>(repeating: -.infinity)
    var seconds = firsts
    let whole = choices.count - choices.count % 8
    for start in stride(from: 0, to: whole, by: 8) {
      let choice = choices.eight(start)
      let isFirst = choice .> firsts
      let lower = choice.replacing(with: firsts, where: isFirst)
      seconds.replace(with: lower, where: lower .> seconds)
      firsts.replace(with: choice, where: isFirst)
    }
    var top = TopTwo()
    for lane in 0..<8 where whole > 0 {
      top.add(firsts[lane])
      top.add(seconds[lane])
    }
    for choice in choices[whole...] { top.add(choice) }
    return groupScore == .largest || choices.count == 1 ? top.first : top.first + top.second
  }

  /// The two largest numbers added so far.
  private struct TopTwo {
    var first = -Float.infinity
    var second = -Float.infinity

    mutating func add(_ value: Float) {
      if value > first {
        (first, second) = (value, first)
      } else if value > second {
        second = value
      }
    }
  }

  /// Scratch buffers of `select`, reused between tokens.
  package struct Scratch: Sendable {
    /// The score of each group.
    var groupScores: [Float]
    /// Whether each group may be visited.
    var isKept: [Bool]
    /// Choices of the experts that are still open, and the maximum of each block of eight.
    var open: [Float]
    var best: [Float]

    /// Buffers of the sizes that a gate needs.
    package init(for gate: Gate) {
      groupScores = Array(repeating: 0, count: gate.groups)
      isKept = Array(repeating: false, count: gate.groups)
      let eights = (gate.experts + 7) / 8
      open = Array(repeating: -.infinity, count: 8 * eights)
      best = Array(repeating: -.infinity, count: (eights + 7) / 8 * 8)
    }
  }
}

extension UnsafeBufferPointer<Float> {
  /// The eight elements from an index on.
  @inline(__always)
  fileprivate func eight(_ index: Int) -> SIMD8<Float> {
    UnsafeRawBufferPointer(self).loadUnaligned(
      fromByteOffset: index * MemoryLayout<Float>.stride, as: SIMD8<Float>.self)
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// The eight elements from an index on.
  @inline(__always)
  fileprivate func eight(_ index: Int) -> SIMD8<Float> {
    UnsafeBufferPointer(self).eight(index)
  }

  /// The first index of the largest element; the count is a multiple of eight.
  @inline(__always)
  fileprivate var indexOfLargest: Int {
    var lanes = eight(0)
    for start in stride(from: 8, to: count, by: 8) {
      let other = eight(start)
      lanes.replace(with: other, where: other .> lanes)
    }
    let largest = lanes.largest
    var start = 0
    while true {
      let index = eight(start).firstIndex(of: largest)
      if index < 8 { return start + index }
      start += 8
    }
  }
}

extension SIMD8<Float> {
  /// The largest lane.
  @inline(__always)
  fileprivate var largest: Float {
    let four = lowHalf.replacing(with: highHalf, where: highHalf .> lowHalf)
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
    return two.x < two.y ? two.y : two.x
  }

  /// The first lane that holds a value; 8 if none does.
  @inline(__always)
  fileprivate func firstIndex(of value: Float) -> Int {
    let places = SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7)
    let found = SIMD8<Int32>(repeating: 8).replacing(
      with: places, where: self .== SIMD8(repeating: value))
    let four = found.lowHalf.replacing(with: found.highHalf, where: found.highHalf .< found.lowHalf)
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .< four.lowHalf)
    return Int(two.x < two.y ? two.x : two.y)
  }
}
