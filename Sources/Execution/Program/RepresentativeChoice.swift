// Chooses the members of a rank: one for each class of interchangeable GPUs, plus the most loaded
// GPUs if experts are uneven.
//
// GPUs differ by their own state (degraded ports, a neighbour whose traffic they forward) and by
// the state of their groups, because a group waits for its slowest GPU. Groups with the same
// composition of states are interchangeable, and one of them is simulated for all. In an uneven
// exchange group, the most loaded members are split off the largest class.

/// The members of a rank, and which of them are most loaded in turn.
package struct RepresentativeChoice: Hashable, Sendable {
  /// The turn of a member among the most loaded ones of its group.
  package struct Turn: Hashable, Sendable {
    /// From 0.
    package var index: Int
    /// Number of turns of the group.
    package var count: Int
  }

  package let representatives: Representatives
  /// The turn of each member; nil for members that share the remaining load evenly.
  package let turns: [Turn?]
  /// Whether each member has the load of its own GPU; otherwise loads follow from turns.
  package let hasOwnLoads: Bool

  private init(representatives: Representatives, turns: [Turn?], hasOwnLoads: Bool) {
    self.representatives = representatives
    self.turns = turns
    self.hasOwnLoads = hasOwnLoads
  }

  /// Every GPU, individually.
  ///
  /// - Parameters:
  ///   - gpuCount: GPUs of a rank.
  ///   - groupSizes: sizes of the groups of neighbouring GPUs that exchange, by level.
  package static func all(_ gpuCount: Int, groupSizes: [Int]) -> RepresentativeChoice {
    RepresentativeChoice(
      representatives: .all(gpuCount, groupSizes: groupSizes),
      turns: Array(repeating: nil, count: gpuCount), hasOwnLoads: true)
  }

  /// Every GPU of one group for each set of equal groups.
  ///
  /// GPUs at the same position in their groups have the same loads. If their groups also have the
  /// same states, in order, and share no link with another group, they do the same until the ranks
  /// meet, to the picosecond.
  ///
  /// - Parameters:
  ///   - states: the state of each GPU of the rank; GPUs with equal states at equal positions
  ///     differ only by their groups.
  ///   - groupSizes: sizes of the groups of neighbouring GPUs that exchange, by level.
  ///   - exchangeLevel: the level of the groups that share loads.
  package static func equalGroupsOnce(
    states: [String], groupSizes: [Int], exchangeLevel: Int
  ) -> RepresentativeChoice {
    // A group of groups that is smaller than the rank meets more often than at the rank's end.
    let inner = groupSizes.filter { $0 < states.count }.max() ?? states.count
    let unit = max(inner, groupSizes[exchangeLevel])
    let choice = RepresentativeChoice(
      states: states.indices.map { "\($0 % unit) \(states[$0])" }, groupSizes: groupSizes,
      exchangeLevel: exchangeLevel, mostLoaded: 0)
    return RepresentativeChoice(
      representatives: choice.representatives, turns: choice.turns, hasOwnLoads: true)
  }

  /// One member for each class of GPUs, plus the most loaded ones.
  ///
  /// - Parameters:
  ///   - states: the state of each GPU of the rank; GPUs with equal states differ only by their
  ///     groups.
  ///   - groupSizes: sizes of the groups of neighbouring GPUs that exchange, by level.
  ///   - exchangeLevel: the level whose groups are uneven.
  ///   - copies: neighbouring GPUs of such a group with the same load.
  ///   - mostLoaded: most loaded members of each group of that level; 0 if loads are even.
  /// - Complexity: O(GPUs x levels x logarithm of the group sizes).
  package init(
    states: [String], groupSizes: [Int], exchangeLevel: Int, copies: Int = 1, mostLoaded: Int
  ) {
    let sizes = groupSizes.sorted()
    let areNested = zip(sizes, sizes.dropFirst()).allSatisfy { $1.isMultiple(of: $0) }
    if !areNested, states.contains(where: { $0 != states[0] }) {
      // A degraded GPU affects others across overlapping groups: no two GPUs are interchangeable.
      self = .all(states.count, groupSizes: groupSizes)
      return
    }
    let (classes, keys) = Self.classes(states: states, groupSizes: groupSizes)
    var draft = Draft(classes: classes, keys: keys)
    if mostLoaded > 0 {
      draft.split(
        most: mostLoaded, groupSizes: groupSizes, level: exchangeLevel, alike: copies)
    }
    representatives = Representatives(
      members: draft.members, classes: classes,
      groups: groupSizes.indices.map { level in numbers(draft.keys.map { $0[level] }) })
    turns = draft.turns
    hasOwnLoads = false
  }

  /// The classes in descending order of size, and for each level the key of a class's group: its
  /// composition, and the composition of the larger groups around it.
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

/// Assigns GPUs to most loaded members: GPUs take the members in turn, in the order of their first
/// appearance, so that neighbouring layers have different members.
package struct TurnTable {
  private var numbers: [Int: Int] = [:]
  /// GPUs in the order of their numbers.
  private var gpus: [Int] = []

  package init() {}

  /// The number of a GPU; modulo the turns of its group it is the GPU's turn.
  package mutating func number(of gpu: Int) -> Int {
    if let known = numbers[gpu] { return known }
    numbers[gpu] = gpus.count
    gpus.append(gpu)
    return gpus.count - 1
  }

  /// The GPUs assigned to a turn.
  package func gpus(_ turn: RepresentativeChoice.Turn) -> [Int] {
    stride(from: turn.index, to: gpus.count, by: turn.count).map { gpus[$0] }
  }
}

/// Members under construction.
private struct Draft {
  let classes: [[Int]]
  /// For each member and level, the key of its group.
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

  /// Splits the most loaded members off the largest class of each group of a level; in smaller
  /// groups each of them is alone.
  ///
  /// - Parameter alike: GPUs of a group with the same load, which one member represents.
  mutating func split(most: Int, groupSizes: [Int], level: Int, alike: Int) {
    let groups = numbers(keys.map { $0[level] })
    for group in 0..<((groups.max() ?? -1) + 1) {
      // Classes are in descending order of size.
      guard let largest = groups.firstIndex(of: group) else { continue }
      let gpus = groups.indices.reduce(0) { $0 + (groups[$1] == group ? classes[$1].count : 0) }
      // GPUs that each of its loads represents: of all groups that this one represents.
      let copies = gpus / groupSizes[level] * alike
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

/// A number for each distinct text, in the order of first occurrence.
private func numbers(_ texts: [String]) -> [Int] {
  var known: [String: Int] = [:]
  return texts.map { text in
    if let number = known[text] { return number }
    known[text] = known.count
    return known.count - 1
  }
}
