// What changes with the experts of a pool at a time: their loads, their placement, or both.

import Units

/// A change of the load of a pool's experts.
struct ExpertChange: Hashable {
  var time: SimTime
  /// Rows of the most loaded GPU / mean from then on, under the placement in force.
  var imbalance: Double
  /// The same under the placement of the start.
  var firstImbalance: Double
  /// How long steps stand still for it.
  var stall = SimDuration.zero
  /// The move that it begins with stalls, or that has been completed without; nil if only loads
  /// change.
  var move: ExpertMove?
}

/// Experts that change their GPUs in one unit.
struct ExpertMove: Hashable {
  /// Slots whose expert was on none of their GPU's slots, over all layers.
  var slots = 0
  /// Bytes of their weights.
  var bytes = 0.0
  /// From the start to the last byte.
  var duration = SimDuration.zero
}

/// The changes of a pool in the order of time; it need not end.
typealias ExpertChanges = any IteratorProtocol<ExpertChange>
