// Chooses the members of a rank: one for each class of GPUs that a step cannot tell apart, and
// beside them the most loaded GPUs where experts are uneven.
//
// GPUs differ by their own state - degraded ports, a neighbour whose traffic they forward - and by
// the state of their groups, for a group waits for its slowest GPU. Groups made up of the
// same states are alike, and one of them is simulated for all. In an uneven exchange group, most
// loaded members are split off the largest class.

/// The members of a rank, and which of them are most loaded in turn.
package struct RepresentativeChoice: Hashable, Sendable {
  /// The turn of a member among the most loaded ones of its group.
  package struct Turn: Hashable, Sendable {
    /// From 0.
    package var index: Int
    /// Turns of the group.
    package var count: Int
  }

  package let representatives: Representatives
  /// For each member its turn; nil for those that share evenly what the most loaded GPU leaves.
  package let turns: [Turn?]

  private init(representatives: Representatives, turns: [Turn?]) {
    self.representatives = representatives
    self.turns = turns
  }

  /// Every GPU, each for itself.
  ///
  /// - Parameter groupSizes: neighbouring GPUs that exchange, by level.
  package static func all(_ gpuCount: Int, groupSizes: [Int]) -> RepresentativeChoice {
    RepresentativeChoice(
      representatives: .all(gpuCount, groupSizes: groupSizes),
      turns: Array(repeating: nil, count: gpuCount))
  }

  /// One member for each class of GPUs, and most loaded ones beside them.
  ///
  /// - Parameters:
  ///   - states: of each GPU of the rank; GPUs with equal states are alike but for their groups.
  ///   - groupSizes: neighbouring GPUs that exchange, by level.
  ///   - exchangeLevel: the level whose groups are uneven.
  ///   - mostLoaded: most loaded members of each group of that level; 0 where loads are even.
  /// - Complexity: O(GPUs x levels x logarithm of the group sizes).
  package init(states: [String], groupSizes: [Int], exchangeLevel: Int, mostLoaded: Int) {
    let sizes = groupSizes.sorted()
    let areNested = zip(sizes, sizes.dropFirst()).allSatisfy { $1.isMultiple(of: $0) }
    if !areNested, states.contains(where: { $0 != states[0] }) {
      // A degraded GPU reaches others along groups that cross: no two GPUs are alike.
      self = .all(states.count, groupSizes: groupSizes)
      return
    }
    let (classes, keys) = Self.classes(states: states, groupSizes: groupSizes)
    var draft = Draft(classes: classes, keys: keys)
    if mostLoaded > 0 {
      draft.split(most: mostLoaded, groupSizes: groupSizes, level: exchangeLevel)
    }
    representatives = Representatives(
      members: draft.members, classes: classes,
      groups: groupSizes.indices.map { level in numbers(draft.keys.map { $0[level] }) })
    turns = draft.turns
  }

  /// The classes in descending order of size, and by level what tells a class's group from others:
  /// its make-up, and the make-up of the larger groups around it.
  private static func classes(
    states: [String], groupSizes: [Int]
  ) -> (classes: [[Int]], keys: [[String]]) {
    precondition(groupSizes.allSatisfy { states.count.isMultiple(of: $0) }, "groups fill the rank")
    let order = groupSizes.indices.sorted { (groupSizes[$0], $0) < (groupSizes[$1], $1) }
    var labels = numbers(states)
    var patterns = [[Int]](repeating: [], count: groupSizes.count)
    for level in order {
      let size = groupSizes[level]
      let texts = stride(from: 0, to: labels.count, by: size).map { start in
        labels[start..<start + size].sorted().map(String.init).joined(separator: ",")
      }
      let ofGroup = numbers(texts)
      patterns[level] = labels.indices.map { ofGroup[$0 / size] }
      labels = numbers(zip(labels, patterns[level]).map { "\($0).\($1)" })
    }
    var classes = [[Int]](repeating: [], count: (labels.max() ?? -1) + 1)
    for (gpu, label) in labels.enumerated() { classes[label].append(gpu) }
    classes.sort { ($1.count, $0[0]) < ($0.count, $1[0]) }
    let keys = classes.map { gpus in
      groupSizes.indices.map { level in
        order[(order.firstIndex(of: level) ?? 0)...].map { "\(patterns[$0][gpus[0]])" }
          .joined(separator: ".")
      }
    }
    return (classes, keys)
  }
}

/// Which of several most loaded members stands for which GPU: in the order of their first
/// appearance GPUs take the members in turn, so that neighbouring layers have different members.
package struct TurnTable {
  private var numbers: [Int: Int] = [:]
  /// In the order of their numbers.
  private var gpus: [Int] = []

  package init() {}

  /// The number of a GPU, which modulo the turns of its group is its turn.
  package mutating func number(of gpu: Int) -> Int {
    if let known = numbers[gpu] { return known }
    numbers[gpu] = gpus.count
    gpus.append(gpu)
    return gpus.count - 1
  }

  /// The GPUs whose turn it is.
  package func gpus(_ turn: RepresentativeChoice.Turn) -> [Int] {
    stride(from: turn.index, to: gpus.count, by: turn.count).map { gpus[$0] }
  }
}

/// Members while they are chosen.
private struct Draft {
  let classes: [[Int]]
  /// For each member and level, what tells its group from others.
  var keys: [[String]]
  var members: [Representatives.Member]
  var turns: [RepresentativeChoice.Turn?]

  init(classes: [[Int]], keys: [[String]]) {
    self.classes = classes
    self.keys = keys
    members = classes.enumerated().map { index, gpus in
      Representatives.Member(gpu: gpus[0], weight: gpus.count, ofClass: index)
    }
    turns = Array(repeating: nil, count: classes.count)
  }

  /// Splits most loaded members off the largest class of each group of a level; they are alone in
  /// smaller groups.
  mutating func split(most: Int, groupSizes: [Int], level: Int) {
    let groups = numbers(keys.map { $0[level] })
    for group in 0..<((groups.max() ?? -1) + 1) {
      // Classes are in descending order of size.
      guard let largest = groups.firstIndex(of: group) else { continue }
      let gpus = groups.indices.reduce(0) { $0 + (groups[$1] == group ? classes[$1].count : 0) }
      // Groups that this one stands for.
      let copies = gpus / groupSizes[level]
      let perGroup = members[largest].weight / copies
      guard perGroup > 1 else {
        turns[largest] = RepresentativeChoice.Turn(index: 0, count: 1)
        continue
      }
      let count = min(most, perGroup - 1)
      members[largest].weight -= count * copies
      for turn in 0..<count {
        var member = members[largest]
        member.weight = copies
        let number = members.count
        members.append(member)
        turns.append(RepresentativeChoice.Turn(index: turn, count: count))
        keys.append(
          keys[largest].enumerated().map {
            groupSizes[$0] < groupSizes[level] ? "most loaded \(number)" : $1
          })
      }
    }
  }
}

/// Equal texts by one number, in the order of their first occurrence.
private func numbers(_ texts: [String]) -> [Int] {
  var known: [String: Int] = [:]
  return texts.map { text in
    if let number = known[text] { return number }
    known[text] = known.count
    return known.count - 1
  }
}
