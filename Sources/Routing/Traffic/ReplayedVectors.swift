// What each sequence of a trace sends to each GPU and domain, in each layer of a step. It depends
// on the placement but not on who works on the sequence, so it is counted once and then added.

/// Counts by layer of a step and sequence of a trace.
package struct ReplayedVectors: Sendable {
  /// One layer. Counts are of the sequence's routed tokens.
  struct Layer: Sendable {
    /// Routed tokens of each sequence, `[sequences]`.
    var tokens: [Double]
    /// Token-expert pairs and distinct tokens of each GPU, `[sequences, gpus]`.
    var rows: [Double]
    var arrivals: [Double]
    /// Distinct tokens of each domain, and the sums of `rows` and `arrivals` over its GPUs,
    /// `[sequences, domains]`.
    var visits: [Double]
    var domainRows: [Double]
    var domainArrivals: [Double]
    /// Sum of `visits` over the domains, `[sequences]`.
    var allVisits: [Double]
  }

  let replayed: ReplayedTrace
  let layers: [Layer]
  /// The sequences of each domain that has any.
  let sequences: [[Int]]
  /// Number of sequences.
  let count: Int
  /// Means over all tokens of the trace and all layers.
  package let fanOut: TokenFanOut

  /// Counts the sequences of a trace.
  ///
  /// - Parameters:
  ///   - replayed: the trace.
  ///   - placements: one for each layer, or one for all.
  ///   - sizes: dimensions of the step.
  /// - Precondition: the trace has a token, and a layer of the main model.
  /// - Complexity: O(layers x tokens of the trace x top-k).
  package init(
    _ replayed: ReplayedTrace, placements: [LayerPlacement], sizes: StepLoads.Sizes
  ) {
    self.replayed = replayed
    let domains = replayed.trace.steps.flatMap(\.domains)
    count = domains.count
    sequences = replayed.trace.domains.indices.map { domain in
      domains.indices.filter { Int(domains[$0]) == domain }
    }.filter { !$0.isEmpty }
    layers = (0..<sizes.layers).map { layer in
      Self.layer(
        layer, replayed, placements.count == 1 ? placements[0] : placements[layer], sizes)
    }
    let means = layers.map { layer in
      let tokens = layer.tokens.reduce(0, +)
      return TokenFanOut(
        nodes: layer.allVisits.reduce(0, +) / tokens,
        gpus: layer.domainArrivals.reduce(0, +) / tokens)
    }
    fanOut = TokenFanOut(
      nodes: means.reduce(0) { $0 + $1.nodes } / Double(means.count),
      gpus: means.reduce(0) { $0 + $1.gpus } / Double(means.count))
  }

  private static func layer(
    _ layer: Int, _ replayed: ReplayedTrace, _ placement: LayerPlacement, _ sizes: StepLoads.Sizes
  ) -> Layer {
    let match = replayed.match(layer, sizes)
    let experts = replayed.experts(turns: match.turns, sizes)
    let slots = placement.slots(width: placement.counts.max() ?? 1)
    let perGPU = placement.experts.count / sizes.gpus
    let topK = replayed.trace.gate.topK
    var result = Layer(
      tokens: [], rows: [], arrivals: [], visits: [], domainRows: [], domainArrivals: [],
      allVisits: [])
    var token = 0
    for step in replayed.trace.steps {
      let decisions = step.layers[match.traced]
      for sequence in step.domains.indices {
        var counter = FanOutCounter(nodeCount: sizes.domainCount, gpuCount: sizes.gpus)
        let first = sequence * decisions.rowsPerSequence
        for row in first..<first + decisions.rowsPerSequence {
          counter.add(
            decisions.experts[row * topK..<(row + 1) * topK].lazy.map { traced in
              let expert = experts[Int(traced)]
              // Replicas are used round-robin.
              return slots[expert][token % placement.counts[expert]] / perGPU
            })
          token += 1
        }
        result.add(counter, perDomain: sizes.gpusPerDomain)
      }
    }
    return result
  }

  /// Rows of each expert of a layer, if each sequence is counted with a weight.
  ///
  /// - Parameter weights: `[sequences]`.
  func expertRows(layer: Int, weights: [Double], _ sizes: StepLoads.Sizes) -> [Double] {
    let match = replayed.match(layer, sizes)
    let experts = replayed.experts(turns: match.turns, sizes)
    var result = [Double](repeating: 0, count: experts.count)
    var sequence = 0
    for step in replayed.trace.steps {
      let decisions = step.layers[match.traced]
      let choices = decisions.rowsPerSequence * replayed.trace.gate.topK
      for start in stride(from: 0, to: decisions.experts.count, by: choices) {
        let weight = weights[sequence]
        sequence += 1
        guard weight > 0 else { continue }
        for choice in decisions.experts[start..<start + choices] {
          result[experts[Int(choice)]] += weight
        }
      }
    }
    return result
  }
}

extension ReplayedVectors.Layer {
  fileprivate mutating func add(_ counter: FanOutCounter, perDomain: Int) {
    func sums(_ values: [Int]) -> [Double] {
      stride(from: 0, to: values.count, by: perDomain).map { start in
        Double(values[start..<start + perDomain].reduce(0, +))
      }
    }
    tokens.append(Double(counter.tokens))
    rows += counter.rows.map(Double.init)
    arrivals += counter.arrivals.map(Double.init)
    visits += counter.visits.map(Double.init)
    domainRows += sums(counter.rows)
    domainArrivals += sums(counter.arrivals)
    allVisits.append(Double(counter.visits.reduce(0, +)))
  }
}
