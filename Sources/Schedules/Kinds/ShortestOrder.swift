// The choice among different orders for the same sizes.

/// Picks the order that ends first.
enum ShortestOrder {
  /// The order with the smallest makespan, then the smallest peak, then the smallest span, then the
  /// first, among those with at most `chunkLimit` chunks on each rank. Without a limit: among those
  /// whose peak does not exceed the first order's.
  ///
  /// Precondition: the first order is within the limit.
  ///
  /// Complexity: O(orders x cells).
  static func chosen(
    of orders: [[[Cell]]], sizes: ScheduleSizes, shape: PathShape, durations: StageDurations,
    chunkLimit: Int? = nil
  ) -> [[Cell]] {
    var limit = chunkLimit
    var plan = Plan(
      scheduleName: "candidate", sizes: sizes, placement: Placement(shape, sizes), cells: [])
    var best: (cells: [[Cell]], cost: (makespan: Double, peak: Int, span: Double))?
    for cells in orders {
      plan.cells = cells
      guard let timeline = try? evaluate(plan, durations) else { continue }
      let peak = timeline.peakActivations.max() ?? 0
      limit = limit ?? peak
      guard peak <= limit ?? peak else { continue }
      let cost = (timeline.makespan, peak, timeline.maxSpan)
      if best.map({ cost < $0.cost }) ?? true { best = (cells, cost) }
    }
    precondition(best != nil, "the first order keeps the limit")
    return best?.cells ?? []
  }
}
