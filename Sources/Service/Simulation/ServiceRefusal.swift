// The errors for services that are valid but too large, or too slow, to be simulated.

import Recording
import Text
import Units

/// Why a service cannot be simulated.
package enum ServiceRefusal: SimulationRefusal, Hashable {
  /// Requests would end later than the clock can say: those that ended in time, and all.
  case clock(ended: Int, requests: Int)
  /// The cache of an instance has too many blocks to follow each of them.
  case blocks(pool: String, count: Int)

  /// Blocks of an instance, at most.
  static let mostBlocks = 10_000_000

  package var explanations: [Explanation] {
    switch self {
    case .clock(let ended, let requests):
      let days = Int(((ServiceClock.end - SimTime.zero).seconds / 86_400).rounded())
      return [
        Explanation(
          "only \(ended) of \(requests) requests end within the \(days) days of the clock",
          advice: ["give service.stop, or shorten steps, waits and repairs"])
      ]
    case .blocks(let pool, let count):
      return [
        Explanation(
          "\(pool): the KV cache of an instance has \(count) blocks, the limit is"
            + " \(Self.mostBlocks)",
          advice: ["give larger blocks as service.\(pool).pool.block, or fewer cache_tokens"])
      ]
    }
  }
}
