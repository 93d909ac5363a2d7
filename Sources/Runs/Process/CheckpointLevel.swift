// Checkpoints as a run sees them: how long training stands still, when a save is durable, what it
// survives, and how long it takes to read it back.

/// A kind of checkpoint that a run makes.
package struct CheckpointLevel: Hashable, Sendable {
  /// What happens at a save while the one before it is still being written.
  package enum Overlap: String, CaseIterable, Sendable {
    /// Both are written at the same time.
    case parallel
    /// Training waits until the earlier one is durable.
    case wait
    /// The save is left out, but for that of the last step, which waits.
    case skip
  }

  /// Which failures a save survives.
  package enum Survival: Hashable, Sendable {
    /// All: it lies in storage.
    case all
    /// It lies in the memory of nodes that hold each other's state, in groups of some size:
    /// neighbours, or nodes as far apart as possible. It is lost with all nodes of a group.
    case groups(size: Int, areNeighbours: Bool)
  }

  /// When saves are made.
  package enum Interval: Hashable, Sendable {
    /// After so many steps, counted from the start of the run.
    case steps(Int)
    /// After the whole number of steps that is nearest to some seconds without failures, at least
    /// one.
    case seconds(Double)
  }

  package var interval: Interval
  /// Seconds for which training stands still.
  package var stall: Double
  /// Seconds from then until the save is durable on all ranks.
  package var persist = 0.0
  /// What a save does while the one before is being written.
  package var overlap = Overlap.wait
  /// Seconds to read a save back.
  package var load = 0.0
  /// The newest saves that are kept.
  package var keeps = 2
  /// Which failures a save survives.
  package var survival = Survival.all

  package init(every interval: Interval, stall: Double) {
    self.interval = interval
    self.stall = stall
  }

  /// Whether a save survives the loss of nodes.
  func survives(_ lost: [Bool]) -> Bool {
    guard case .groups(let size, let areNeighbours) = survival else { return true }
    let groups = lost.count / max(1, size)
    // The last group takes the rest, which is more than the others hold.
    return !(0..<max(1, groups)).contains { group in
      members(of: group, groups, size, areNeighbours, lost.count).allSatisfy { lost[$0] }
    }
  }

  private func members(
    of group: Int, _ groups: Int, _ size: Int, _ areNeighbours: Bool, _ count: Int
  ) -> [Int] {
    guard areNeighbours else { return Array(stride(from: group, to: count, by: max(1, groups))) }
    return Array(group * size..<(group + 1 < groups ? (group + 1) * size : count))
  }
}
