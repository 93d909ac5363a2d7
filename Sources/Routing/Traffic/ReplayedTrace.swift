// A trace whose tokens a larger step replays, and the rules by which the trace stands for the step.
//
// - Experts, groups and top-k are the trace's own: a model with others is refused.
// - Layers of the main model match traced ones by relative depth, prediction modules match traced
//   modules in order. Layers that match the same traced layer have its experts rotated, by domains
//   and by whole GPUs within groups, so that one GPU is not the most loaded in all of them. Which
//   experts a token visits together, and how many domains and GPUs, does not change if experts are
//   in order and groups are of whole GPUs.
// - A sequence of the step is a sequence of the trace: all domains are equally likely, and so are
//   the sequences of a domain. Its tokens are counted in proportion to the step's.
//
// Validity: a sequence that is much shorter than the step's is repeated, so a microbatch is less
// even than one of as many different tokens.

import Text

/// The tokens of a trace.
package struct ReplayedTrace: Hashable, Sendable {
  /// The trace.
  package let trace: RoutingTrace
  /// SHA-256 of the trace, which stands for it in comparisons.
  package let hash: String

  package init(_ trace: RoutingTrace, hash: String) {
    self.trace = trace
    self.hash = hash
  }

  package static func == (a: ReplayedTrace, b: ReplayedTrace) -> Bool { a.hash == b.hash }

  package func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  /// Why the trace cannot stand for tokens of a gate; nil if it can.
  package static func problem(_ trace: RoutingTrace, for gate: Gate) -> String? {
    func differ(_ what: String, _ own: Int, _ other: Int) -> String? {
      own == other ? nil : "has \(own) \(what), the model has \(other)"
    }
    let own = trace.gate
    return differ("experts a layer", own.experts, gate.experts)
      ?? differ("experts a token", own.topK, gate.topK)
      ?? differ("groups of experts", own.groups, gate.groups)
      ?? differ("groups a token", own.groupLimit, gate.groupLimit)
  }
}

extension ReplayedTrace {
  /// The traced layer that a layer of a step replays, and how far its experts are rotated.
  struct LayerMatch: Hashable {
    /// Index among the traced layers.
    var traced: Int
    /// Rotations, from 0.
    var turns: Int
  }

  /// - Precondition: the trace has a layer of the main model.
  func match(_ layer: Int, _ sizes: StepLoads.Sizes) -> LayerMatch {
    let main = trace.layers.indices.filter { trace.layers[$0].hasPrefix("L") }
    let prediction = trace.layers.indices.filter { trace.layers[$0].hasPrefix("M") }
    let mainCount = sizes.layers - sizes.predictionLayers
    if layer >= mainCount, !prediction.isEmpty {
      let number = layer - mainCount
      let place = min(number, prediction.count - 1)
      return LayerMatch(traced: prediction[place], turns: number - place)
    }
    let place = min(main.count - 1, layer * main.count / max(1, mainCount))
    // The first layer of the step with this place.
    let first = (place * mainCount + main.count - 1) / main.count
    return LayerMatch(traced: main[place], turns: layer - first)
  }

  /// The expert of a layer of the step for each expert of the traced layer.
  ///
  /// In one domain, experts move on by the experts of a GPU, which keeps those of a GPU together.
  /// Over several, groups move by those of a domain, and the experts in them by those of a GPU.
  func experts(turns: Int, _ sizes: StepLoads.Sizes) -> [Int] {
    let perGPU = max(1, sizes.experts / sizes.gpus)
    guard sizes.domainCount > 1 else {
      return (0..<trace.gate.experts).map { ($0 + turns * perGPU) % trace.gate.experts }
    }
    let (groups, size) = (trace.gate.groups, trace.gate.experts / trace.gate.groups)
    let groupShift = turns * max(1, groups / sizes.domainCount)
    let shift = turns * perGPU
    return (0..<trace.gate.experts).map { expert in
      (expert / size + groupShift) % groups * size + (expert % size + shift) % size
    }
  }

  /// Expected loads of each layer: all domains that have text in equal parts.
  func expectedLoads(_ sizes: StepLoads.Sizes) -> ExpertLoads {
    let shares = trace.domainShares
    let experts = trace.gate.experts
    let count = Double(shares.count { $0.contains { $0 > 0 } })
    var values = [Float](repeating: 0, count: sizes.layers * experts)
    for layer in 0..<sizes.layers {
      let match = match(layer, sizes)
      for (traced, expert) in self.experts(turns: match.turns, sizes).enumerated() {
        let sum = shares.reduce(0.0) { $0 + $1[match.traced * experts + traced] }
        values[layer * experts + expert] = Float(sum / count * 1e6)
      }
    }
    return ExpertLoads(layers: sizes.layers, experts: experts, values: values)
  }

  /// One sentence on what the trace stands for.
  package func rule(layers: Int, predictionLayers: Int) -> String {
    let main = trace.layers.count { $0.hasPrefix("L") }
    let modules = trace.layers.count - main
    let sequences = trace.steps.reduce(0) { $0 + $1.domains.count }
    let predicted =
      predictionLayers == 0
      ? "" : modules > 0 ? ", prediction modules its own" : ", prediction modules its last layer"
    return "\(layers - predictionLayers) layers replay the \(main) traced ones by relative"
      + " depth, with experts rotated by domains and GPUs from layer to layer\(predicted);"
      + " each sequence is one of the trace's \(sequences) of \(trace.sequenceLength) tokens,"
      + " repeated to its length, and all domains are equally likely"
  }
}
