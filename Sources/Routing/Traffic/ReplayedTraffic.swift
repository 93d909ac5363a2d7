// Traffic of a replayed trace: each GPU works on its own sequences, drawn for each microbatch, and
// sends their tokens where the trace's routers sent them.

import Units

/// Traffic of the tokens of a trace.
package struct ReplayedTraffic: ExpertTrafficSource {
  package let sizes: StepLoads.Sizes
  let vectors: ReplayedVectors
  /// The sequences of each GPU, `[microbatches, gpus, sequencesPerGPU]`.
  private let draws: [Int32]

  /// Draws the sequences of a step. The domains are those that `StepLoads` draws for a profile of
  /// the same domains.
  package init(_ vectors: ReplayedVectors, sizes: StepLoads.Sizes, seed: UInt64) {
    self.vectors = vectors
    self.sizes = sizes
    var draws: [Int32] = []
    for microbatch in 0..<sizes.microbatches {
      var domains = RandomStream(seed: seed, purpose: .sequences, entity: microbatch)
      var picks = RandomStream(seed: seed, purpose: .replays, entity: microbatch)
      for _ in 0..<sizes.gpus * sizes.sequencesPerGPU {
        let own = vectors.sequences[domains.index(below: vectors.sequences.count)]
        draws.append(Int32(own[picks.index(below: own.count)]))
      }
    }
    self.draws = draws
  }

  /// The sequences of the trace that a GPU works on.
  func sequences(of gpu: Int, microbatch: Int) -> [Int] {
    let start = (microbatch * sizes.gpus + gpu) * sizes.sequencesPerGPU
    return draws[start..<start + sizes.sequencesPerGPU].map(Int.init)
  }

  /// Rows of each expert of a layer over all microbatches, in whole numbers with an exact total.
  func expertTotals(layer: Int) -> [Int] {
    let tokens = vectors.layers[layer].tokens
    var weights = [Double](repeating: 0, count: vectors.count)
    for draw in draws { weights[Int(draw)] += scale / tokens[Int(draw)] }
    let total = Double(sizes.rows * sizes.microbatches)
    let exact = vectors.expertRows(layer: layer, weights: weights, sizes)
    let sum = exact.reduce(0, +)
    var (before, running) = (0, 0.0)
    return exact.map { rows in
      running += rows
      let upTo = Int((running / sum * total).rounded())
      defer { before = upTo }
      return upTo - before
    }
  }

  /// Tokens of one sequence of the step.
  private var scale: Double { Double(sizes.tokensPerGPU) / Double(sizes.sequencesPerGPU) }

  package func layer(_ layer: Int, microbatch: Int) -> LayerTraffic {
    let vectors = vectors.layers[layer]
    let count = sizes.gpus * sizes.sequencesPerGPU
    let draws = draws[microbatch * count..<(microbatch + 1) * count]
    var sum = Sum(vectors, sizes)
    for (place, sequence) in draws.enumerated() {
      let sequence = Int(sequence)
      sum.send(
        sequence, from: place / sizes.sequencesPerGPU, weight: scale / vectors.tokens[sequence])
    }
    return LayerTraffic(gpus: sum.received())
  }

  /// Adds up sequences, first at their senders, then at their receivers.
  private struct Sum {
    private let vectors: ReplayedVectors.Layer
    private let sizes: StepLoads.Sizes
    private let count: Int
    private var gpus: [GPUTraffic]
    /// Weight of each sequence by its sender's class: the index in its domain for normal kernels,
    /// the domain for low-latency ones; `[classes, sequences]`.
    private var weights: [Double]
    /// The same over all senders, `[sequences]`.
    private var totals: [Double]

    init(_ vectors: ReplayedVectors.Layer, _ sizes: StepLoads.Sizes) {
      self.vectors = vectors
      self.sizes = sizes
      count = vectors.tokens.count
      gpus = Array(repeating: GPUTraffic(), count: sizes.gpus)
      let classes = sizes.kernels == .normal ? sizes.gpusPerDomain : sizes.domainCount
      weights = Array(repeating: 0, count: classes * count)
      totals = Array(repeating: 0, count: count)
    }

    mutating func send(_ sequence: Int, from gpu: Int, weight: Double) {
      let (domain, index) = gpu.quotientAndRemainder(dividingBy: sizes.gpusPerDomain)
      totals[sequence] += weight
      let near = sequence * sizes.domainCount + domain
      switch sizes.kernels {
      case .normal:
        weights[index * count + sequence] += weight
        let own = vectors.visits[near]
        gpus[gpu].networkOut += weight * (vectors.allVisits[sequence] - own)
        // Taken off again, because all visits of the sender's class are added on arrival.
        gpus[gpu].networkIn -= weight * own
      case .lowLatency:
        weights[domain * count + sequence] += weight
        let own = vectors.rows[sequence * sizes.gpus + gpu]
        let all = vectors.tokens[sequence] * Double(sizes.topK)
        gpus[gpu].networkOut += weight * (all - vectors.domainRows[near])
        gpus[gpu].scaleUpOut += weight * (vectors.domainRows[near] - own)
        gpus[gpu].scaleUpIn -= weight * own
      }
    }

    mutating func received() -> [GPUTraffic] {
      for sequence in 0..<count where totals[sequence] > 0 {
        for domain in 0..<sizes.domainCount { add(sequence, to: domain) }
      }
      for gpu in gpus.indices {
        switch sizes.kernels {
        // So far `scaleUpIn` has the tokens that arrive without NVLink, negative.
        case .normal: gpus[gpu].scaleUpIn += gpus[gpu].arrived
        // So far `networkIn` has the rows from the GPU's own domain, negative.
        case .lowLatency: gpus[gpu].networkIn += gpus[gpu].rows
        }
      }
      return gpus
    }

    private mutating func add(_ sequence: Int, to domain: Int) {
      let near = sequence * sizes.domainCount + domain
      let first = domain * sizes.gpusPerDomain
      let place = sequence * sizes.gpus + first
      let visits = vectors.visits[near]
      guard visits > 0 else { return }
      let total = totals[sequence]
      for index in 0..<sizes.gpusPerDomain {
        let (rows, arrivals) = (vectors.rows[place + index], vectors.arrivals[place + index])
        var gpu = gpus[first + index]
        gpu.arrived += total * arrivals
        gpu.rows += total * rows
        switch sizes.kernels {
        case .normal:
          let weight = weights[index * count + sequence]
          gpu.forwarded += weight * visits
          gpu.networkIn += weight * visits
          gpu.scaleUpOut += weight * (vectors.domainArrivals[near] - arrivals)
          gpu.scaleUpIn -= weight * arrivals
        case .lowLatency:
          let weight = weights[domain * count + sequence]
          gpu.forwarded += total * visits / Double(sizes.gpusPerDomain)
          gpu.networkIn -= weight * rows
          gpu.scaleUpIn += weight * rows
        }
        gpus[first + index] = gpu
      }
    }
  }
}

extension RandomPurpose {
  /// Draws of the sequences that a step replays.
  static let replays = RandomPurpose("routing.replays")
}
