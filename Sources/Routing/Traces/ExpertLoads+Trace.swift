// The loads of a trace, for those who place experts by them.

extension ExpertLoads {
  /// Visits of each expert in each layer of a trace, all its steps and domains together.
  ///
  /// - Complexity: linear in the rows of the trace x top-k.
  public init(_ trace: RoutingTrace) {
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
