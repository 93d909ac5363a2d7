// The GPUs of a rank that a program simulates, and how many each of them stands for.
//
// GPUs that compute and send alike are one class, and a class needs one member. Members exchange in
// groups, level by level: a level is a size of group, such as the GPUs that share experts. A group
// of members stands for all groups of GPUs that are made up alike.

/// Members of a rank with their weights and groups.
package struct Representatives: Hashable, Sendable {
  /// One simulated GPU.
  package struct Member: Hashable, Sendable {
    /// The GPU of the rank whose ports and place it has, from 0.
    package var gpu: Int
    /// GPUs of the rank that it stands for, itself included.
    package var weight: Int
    /// Its class, an index into `classes`.
    package var ofClass: Int
  }

  /// The members, one at least.
  package let members: [Member]
  /// The GPUs of the rank in each class, ascending.
  package let classes: [[Int]]
  /// For each level the group of each member, numbered from 0.
  private let groupOf: [[Int]]
  /// For each level where the members of each group start in `lists`, and one more start.
  private let starts: [[Int]]
  private let lists: [[Int]]

  /// - Parameter groups: for each level the group of each member, numbered from 0 without gap.
  /// - Precondition: INV-15: the weights sum to the GPUs of all classes.
  package init(members: [Member], classes: [[Int]], groups: [[Int]]) {
    let gpus = classes.reduce(0) { $0 + $1.count }
    precondition(
      members.allSatisfy { $0.weight > 0 } && members.reduce(0) { $0 + $1.weight } == gpus,
      "INV-15: weights sum to the GPUs that members stand for")
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

  /// One GPU that stands for a whole rank.
  package static func one(for gpuCount: Int = 1, levels: Int = 0) -> Representatives {
    Representatives(
      members: [Member(gpu: 0, weight: gpuCount, ofClass: 0)], classes: [Array(0..<gpuCount)],
      groups: Array(repeating: [0], count: levels))
  }

  /// Every GPU of a rank, each for itself.
  ///
  /// - Parameter groupSizes: neighbouring GPUs that exchange, by level.
  /// - Precondition: each size divides the GPUs.
  package static func all(_ gpuCount: Int, groupSizes: [Int] = []) -> Representatives {
    precondition(groupSizes.allSatisfy { gpuCount.isMultiple(of: $0) }, "groups fill the rank")
    return Representatives(
      members: (0..<gpuCount).map { Member(gpu: $0, weight: 1, ofClass: $0) },
      classes: (0..<gpuCount).map { [$0] },
      groups: groupSizes.map { size in (0..<gpuCount).map { $0 / size } })
  }

  /// Members.
  package var count: Int { members.count }
  /// GPUs of the rank.
  package var gpuCount: Int { members.reduce(0) { $0 + $1.weight } }
  /// Whether each GPU is a member.
  package var isComplete: Bool { count == gpuCount }

  /// The class of a GPU of the rank, and its place in `classes`.
  var classOfGPU: [Int] {
    var result = [Int](repeating: 0, count: gpuCount)
    for (index, gpus) in classes.enumerated() { for gpu in gpus { result[gpu] = index } }
    return result
  }

  /// Groups of a level.
  func groupCount(level: Int) -> Int { starts[level].count - 1 }

  /// Members of a group.
  func size(level: Int, group: Int) -> Int { starts[level][group + 1] - starts[level][group] }

  /// The group in which a member exchanges with others, and its size; nil where it is alone.
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
