// Waits of exchanges for GPUs that are slower by chance. A wait is an operation in front of the
// exchange on its stream, so that computation which does not need the exchange hides it.

import Execution
import ModelCost
import Units

extension CellEmitter {
  /// The inputs of an exchange, behind a wait for slower GPUs of its group if there is one.
  ///
  /// - Parameters:
  ///   - stream: the stream of the exchange.
  ///   - seconds: its duration on idle links.
  mutating func held(
    _ inputs: [OperationID], at level: BarrierLevel, _ stream: RankStream, isForward: Bool,
    seconds: Double
  ) -> [OperationID] {
    let wait = SimDuration(seconds: waits.meet(at: level))
    waits.exchange(at: level, deviation: costs.collectiveJitter * seconds)
    guard wait > .zero else { return inputs }
    return [
      add(
        .jitter, stream, isForward: isForward, .takes(ComputeTime(wait), variant: nil),
        inputs: inputs)
    ]
  }
}
