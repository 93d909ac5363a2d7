// Adds up what the exchanges of a program took, by purpose.

import Recording
import Units

extension StreamTimes {
  /// The exchanges of each member by rank and purpose.
  ///
  /// - Parameter kind: why an operation of the program sends; nil where that is not counted.
  public func trafficTimes(
    of program: StreamProgram, kind: (_ operation: Int) -> TrafficKind?
  ) -> [TrafficTime] {
    let kinds = TrafficKind.allCases
    // Numbers of the exchanges of each rank and purpose.
    var exchanges = [[Int32]](repeating: [], count: program.rankCount * kinds.count)
    for (index, operation) in program.operations.enumerated() {
      guard let column = kind(index).flatMap({ kinds.firstIndex(of: $0) }) else { continue }
      exchanges[Int(operation.rank) * kinds.count + column].append(Int32(index))
    }
    return members.flatMap { times in
      exchanges.enumerated().compactMap { place, exchanges -> TrafficTime? in
        guard !exchanges.isEmpty else { return nil }
        let time = exchanges.reduce(Int64(0)) { $0 + times.duration($1) - times.waiting($1) }
        return TrafficTime(
          rank: place / kinds.count, member: times.member, gpus: times.gpus,
          kind: kinds[place % kinds.count], count: exchanges.count,
          time: SimDuration(picoseconds: time))
      }
    }
  }
}
