// Experts that are loaded otherwise, or placed anew, while a service runs. Steps that have begun
// end as they are.

import EventKernel
import Units

/// What a run remembers of the experts of a pool.
struct PoolExperts {
  private var changes: ExpertChanges
  /// The change to come.
  private(set) var coming: ExpertChange?
  /// Rows of the most loaded GPU / mean: under the placement in force, and under the first.
  private(set) var imbalance: Double
  private(set) var firstImbalance: Double
  /// When they were last counted.
  var metered = SimTime.zero

  /// - Parameter imbalance: rows of the most loaded GPU / mean at the start.
  init(_ changes: ExpertChanges, imbalance: Double) {
    self.changes = changes
    self.imbalance = imbalance
    firstImbalance = imbalance
    coming = self.changes.next()
  }

  /// Takes the change that has come.
  mutating func take() -> ExpertChange? {
    guard let change = coming else { return nil }
    imbalance = change.imbalance
    firstImbalance = change.firstImbalance
    coming = changes.next()
    return change
  }
}

extension ServiceEngine {
  mutating func scheduleExperts(of pool: Int) {
    guard let change = fleet.experts[pool]?.coming else { return }
    guard change.time <= ServiceClock.end else { return }
    kernel.schedule(at: change.time, .experts(pool: Int32(pool)))
  }

  /// The experts of a pool are loaded otherwise, or have been placed anew.
  mutating func changeExperts(of pool: Int) {
    meterExperts(of: pool)
    guard let change = fleet.experts[pool]?.take() else { return }
    var moving = 0
    for unit in units.indices where units[unit].pool == pool {
      imbalance[unit] = change.imbalance
      for index in units[unit].instances { interrupt(index) }
      guard [.idle, .stepping].contains(units[unit].state) else { continue }
      moving += 1
      guard change.stall > .zero else { continue }
      // A step that runs ends first.
      if units[unit].state == .stepping {
        units[unit].stall += change.stall
      } else {
        units[unit].standsUntil = max(units[unit].standsUntil, now) + change.stall
      }
    }
    if let move = change.move {
      pools[pool].rebalancings += 1
      pools[pool].movedExpertBytes += move.bytes * Double(moving)
    }
    scheduleExperts(of: pool)
  }

  /// How long the next step of a unit stands still.
  mutating func standstill(of unit: Int) -> SimDuration {
    let left = max(units[unit].standsUntil, now) - now
    pools[units[unit].pool].standstillSeconds += left.seconds
    return left
  }

  /// Counts the imbalance of a pool's experts since the last time.
  mutating func meterExperts(of pool: Int) {
    guard fleet.experts.indices.contains(pool), let experts = fleet.experts[pool] else { return }
    let seconds = (now - experts.metered).seconds
    pools[pool].imbalanceSeconds += experts.imbalance * seconds
    pools[pool].firstImbalanceSeconds += experts.firstImbalance * seconds
    fleet.experts[pool]?.metered = now
  }
}
