// The simulated GPUs of a rank, and how many GPUs each of them represents.
//
// GPUs that compute and send alike form one class, and a class needs only one member. Members
// exchange in groups, level by level: a level is a group size, such as the number of GPUs that
// share experts. A group of members represents all groups of GPUs with the same composition.

/// Members of a rank with their weights and groups.
package struct Representatives: Hashable, Sendable {
  /// One simulated GPU.
  package struct Member: Hashable, Sendable {
    /// The GPU of the rank whose ports and position it has, from 0.
    package var gpu: Int
    /// Number of GPUs of the rank that it represents, itself included.
    package var weight: Int
    /// Its class, an index into `classes`.
    package var ofClass: Int
  }

  /// The members, at least one.
  package let members: [Member]
  /// The GPUs of the rank in each class, ascending.
  package let classes: [[Int]]
  /// The group of each member at each level, numbered from 0.
  private let groupOf: [[Int]]
  /// For each level, where the members of each group start in `lists`, and a final end.
  private let starts: [[Int]]
  private let lists: [[Int]]

  /// - Parameters:
  ///   - members: the simulated GPUs, at least one.
  ///   - classes: the GPUs of the rank in each class, ascending.
  ///   - groups: the group of each member at each level, numbered from 0 without gaps.
  /// - Precondition: INV-15: the weights sum to the number of GPUs of all classes.
  package init(members: [Member], classes: [[Int]], groups: [[Int]]) {
    let gpus = classes.reduce(0) { $0 + $1.count }
    precondition(
      members.allSatisfy { $0.weight > 0 } && members.reduce(0) { $0 + $1.weight } == gpus,
      "INV-15: weights sum to the GPUs that members represent")
    self.members = members
    self.classes = classes
    groupOf = groups
    var starts: [[Int]] = []
    var lists: [[Int]] = []
    for level in groups {
      precondition(level.count == members.count, "each member has a group of each level")
      var (ends, list): ([Int], [Int]) = ([0], [])
      for group in 0..<((level.max() ?? -1) + 1) {
        list += level.indices.filter { level[$0] == group }
        ends.append(list.count)
      }
      starts.append(ends)
      lists.append(list)
    }
    self.starts = starts
    self.lists = lists
  }

  /// One GPU that represents a whole rank.
  package static func one(for gpuCount: Int = 1, levels: Int = 0) -> Representatives {
    Representatives(
      members: [Member(gpu: 0, weight: gpuCount, ofClass: 0)], classes: [Array(0..<gpuCount)],
      groups: Array(repeating: [0], count: levels))
  }

  /// Every GPU of a rank, individually.
  ///
  /// - Parameters:
  ///   - gpuCount: GPUs of the rank.
  ///   - groupSizes: sizes of the groups of neighbouring GPUs that exchange, by level.
  /// - Precondition: each size divides the number of GPUs.
  package static func all(_ gpuCount: Int, groupSizes: [Int] = []) -> Representatives {
    precondition(groupSizes.allSatisfy { gpuCount.isMultiple(of: $0) }, "groups fill the rank")
    return Representatives(
      members: (0..<gpuCount).map { Member(gpu: $0, weight: 1, ofClass: $0) },
      classes: (0..<gpuCount).map { [$0] },
      groups: groupSizes.map { size in (0..<gpuCount).map { $0 / size } })
  }

  /// Number of members.
  package var count: Int { members.count }
  /// Number of GPUs of the rank.
  package var gpuCount: Int { members.reduce(0) { $0 + $1.weight } }
  /// Whether every GPU is a member.
  package var isComplete: Bool { count == gpuCount }

  /// Whether each member is a GPU of its own with its own place; members of one class share a place
  /// even if they are as many as its GPUs.
  package var hasEveryPlace: Bool { classes.count == gpuCount }

  /// The class of each GPU of the rank, as an index into `classes`.
  var classOfGPU: [Int] {
    var result = [Int](repeating: 0, count: gpuCount)
    for (index, gpus) in classes.enumerated() { for gpu in gpus { result[gpu] = index } }
    return result
  }

  /// Number of groups of a level.
  func groupCount(level: Int) -> Int { starts[level].count - 1 }

  /// Number of members of a group.
  func size(level: Int, group: Int) -> Int { starts[level][group + 1] - starts[level][group] }

  /// The group in which a member exchanges with others, and its size; nil if it is alone.
  @inline(__always)
  func sharedGroup(level: Int, of member: Int) -> (group: Int, size: Int)? {
    let group = groupOf[level][member]
    let size = size(level: level, group: group)
    return size > 1 ? (group, size) : nil
  }

  /// The members of a group, ascending.
  func members(level: Int, group: Int) -> ArraySlice<Int> {
    lists[level][starts[level][group]..<starts[level][group + 1]]
  }
}
