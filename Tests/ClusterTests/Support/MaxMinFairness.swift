// Weighted max-min fairness, solved as a whole and in the plainest way: the oracle for FlowNetwork,
// and the definition of what it computes.
// Source: D. Bertsekas, R. Gallager, "Data Networks", 2nd edition, section 6.5.2 (progressive
// filling).

/// Flows over links whose rates are to be computed.
struct SharingProblem: Sendable {
  /// One flow, or several equal flows that move as one.
  struct Flow: Sendable {
    /// The distinct links that it crosses.
    var path: [Int32]
    /// The flow's share of a link is proportional to its weight.
    var weight: Double

    init(path: [Int32], weight: Double = 1) {
      self.path = path
      self.weight = weight
    }
  }

  /// The capacity of each link, in any unit of rate.
  var capacities: [Double]
  var flows: [Flow]

  /// - Precondition: every flow crosses a link.
  init(capacities: [Double], flows: [Flow]) {
    precondition(flows.allSatisfy { !$0.path.isEmpty }, "a flow crosses at least one link")
    self.capacities = capacities
    self.flows = flows
  }

  /// The rate of each flow: all rates rise together, in proportion to the weights, and a flow stops
  /// when a link of its path is full.
  ///
  /// Complexity: O(links x total path length).
  func maxMinRates() -> [Double] {
    var rates = [Double](repeating: 0, count: flows.count)
    var isFixed = [Bool](repeating: false, count: flows.count)
    var fixedLoad = [Double](repeating: 0, count: capacities.count)
    var openCount = flows.count
    while openCount > 0 {
      let openWeight = weights(ofOpen: isFixed)
      var level = Double.infinity
      var fullest = -1
      for link in capacities.indices where openWeight[link] > 0 {
        let share = max(0, capacities[link] - fixedLoad[link]) / openWeight[link]
        if share < level { (level, fullest) = (share, link) }
      }
      for (index, flow) in flows.enumerated()
      where !isFixed[index] && flow.path.contains(Int32(fullest)) {
        rates[index] = level * flow.weight
        isFixed[index] = true
        openCount -= 1
        for link in flow.path { fixedLoad[Int(link)] += rates[index] }
      }
    }
    return rates
  }

  private func weights(ofOpen isFixed: [Bool]) -> [Double] {
    var weights = [Double](repeating: 0, count: capacities.count)
    for (index, flow) in flows.enumerated() where !isFixed[index] {
      for link in flow.path { weights[Int(link)] += flow.weight }
    }
    return weights
  }
}
