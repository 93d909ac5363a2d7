// How many of the interchangeable GPUs are simulated.

/// The detail in which a step is simulated.
package enum Fidelity: Hashable, Sendable {
  /// As few GPUs as possible: one per rank, or one for each kind that faults distinguish; and
  /// `usualMembers` in an exchange group with uneven experts.
  case folded
  /// As `folded`, but with this number of GPUs in an exchange group with uneven experts. The
  /// minimum is two: the most loaded GPU of a layer, and one for the others.
  case members(Int)
  /// Every GPU with its own loads and ports; groups that do exactly the same are simulated once.
  case everyGPU

  /// The word for `everyGPU` in scenarios.
  package static let everyGPUWord = "every-gpu"
  /// Members of an exchange group with uneven experts. With 8 members, step times of groups of 64
  /// were within 0.3 % of those with every GPU.
  package static let usualMembers = 8
  /// Supported numbers of members.
  package static let memberRange = 1...64

  /// Most loaded members of each exchange group with uneven experts.
  package var mostLoaded: Int {
    switch self {
    case .folded, .everyGPU: Self.usualMembers - 1
    case .members(let count): max(1, count - 1)
    }
  }
}

extension RepresentativeChoice {
  /// The members of the ranks of a step.
  ///
  /// - Parameters:
  ///   - fidelity: how many of the GPUs are simulated.
  ///   - states: the state of each GPU of a rank, as `FaultStates` gives it.
  ///   - groupSizes: sizes of the groups of neighbouring GPUs that exchange, by level.
  ///   - exchangeLevel: the level of the groups that share experts.
  ///   - copies: neighbouring GPUs of such a group with the same load.
  ///   - isUneven: whether the experts of these groups are unevenly loaded.
  ///   - sharesLinks: whether GPUs of different groups share links if every GPU is simulated; then
  ///     no two groups are equal.
  package init(
    _ fidelity: Fidelity, states: [String], groupSizes: [Int], exchangeLevel: Int,
    copies: Int = 1, isUneven: Bool, sharesLinks: Bool
  ) {
    switch fidelity {
    case .everyGPU where sharesLinks: self = .all(states.count, groupSizes: groupSizes)
    case .everyGPU:
      self = .equalGroupsOnce(
        states: states, groupSizes: groupSizes, exchangeLevel: exchangeLevel)
    case .folded, .members:
      self.init(
        states: states, groupSizes: groupSizes, exchangeLevel: exchangeLevel, copies: copies,
        mostLoaded: isUneven ? fidelity.mostLoaded : 0)
    }
  }
}
