// What a count of failures leaves open: the rate behind it.

import Numerics
import Units

extension FailureClass {
  /// The class with one of the rates that may be behind its count, the same for equal seeds; itself
  /// if its rate is given.
  ///
  /// A rate is gamma distributed with the count as its shape: its mean is the counted rate, and the
  /// rates of several classes add up to that of their common count. Its lower quantiles are the
  /// exact bounds (F. Garwood, 1936); between 0.5 and 99.5 %.
  ///
  /// - Parameter seed: seed of a replication.
  func drawn(seed: UInt64) -> FailureClass {
    guard let events = countedEvents, case .life(let life) = law else { return self }
    var stream = RandomStream(seed: seed, purpose: RandomPurpose("runs.rate." + name))
    let probability = min(0.995, max(0.005, stream.uniform()))
    let rate = gammaQuantile(shape: events, probability) / events
    var item = self
    item.law = .life(life.times(1 / max(rate, 1e-6)))
    return item
  }
}
