// Sums the durations of a program's exchanges by purpose.

import Recording
import Units

extension StreamTimes {
  /// The exchanges of each member by rank and purpose.
  ///
  /// - Parameters:
  ///   - program: the program whose times these are.
  ///   - kind: the purpose of an operation's traffic; nil for operations not counted.
  package func trafficTimes(
    of program: StreamProgram, kind: (_ operation: Int) -> TrafficKind?
  ) -> [TrafficTime] {
    let kinds = TrafficKind.allCases
    // The exchanges of each rank and purpose.
    var exchanges = [[OperationID]](repeating: [], count: program.rankCount * kinds.count)
    for (index, operation) in program.operations.enumerated() {
      // An exchange of GPUs that are alone is there for its order, but sends nothing.
      guard case .sends = operation.effort, let kind = kind(index) else { continue }
      exchanges[operation.rank * kinds.count + kind.caseIndex].append(OperationID(index))
    }
    return members.flatMap { times in
      exchanges.enumerated().compactMap { place, exchanges -> TrafficTime? in
        guard !exchanges.isEmpty else { return nil }
        return TrafficTime(
          rank: place / kinds.count, member: times.member, gpus: times.gpus,
          kind: kinds[place % kinds.count], count: exchanges.count,
          time: exchanges.reduce(.zero) { $0 + times.duration($1) - times.waiting($1) })
      }
    }
  }
}
