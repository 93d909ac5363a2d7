// Expert loads of a trace, as input for placements.

extension ExpertLoads {
  /// Visits of each expert in each layer of a trace, summed over steps and domains.
  ///
  /// - Complexity: linear in the rows of the trace x top-k.
  package init(_ trace: RoutingTrace) {
    let experts = trace.gate.experts
    var values = [Float](repeating: 0, count: trace.layers.count * experts)
    for layer in trace.layers.indices {
      trace.forEachRow(ofLayer: layer) { _, visited, _ in
        for expert in visited { values[layer * experts + Int(expert)] += 1 }
      }
    }
    self.init(layers: trace.layers.count, experts: experts, values: values)
  }
}

extension RoutingTrace {
  /// Share of each expert in each domain, `[domains][layers * experts]`, each layer summing to 1;
  /// all zero for a domain without text.
  ///
  /// - Complexity: linear in the rows of the trace x top-k.
  package var domainShares: [[Double]] {
    var shares = Array(
      repeating: Array(repeating: 0.0, count: layers.count * gate.experts), count: domains.count)
    for layer in layers.indices {
      var visits = [Double](repeating: 0, count: domains.count)
      forEachRow(ofLayer: layer) { domain, visited, _ in
        visits[domain] += Double(visited.count)
        for expert in visited { shares[domain][layer * gate.experts + Int(expert)] += 1 }
      }
      for domain in domains.indices where visits[domain] > 0 {
        for expert in 0..<gate.experts {
          shares[domain][layer * gate.experts + expert] /= visits[domain]
        }
      }
    }
    return shares
  }
}
