// The uneven traffic of a step with one slot per expert, and what is summed over it.

/// The traffic of a training step.
package struct StepTraffic: Sendable {
  /// The traffic of each layer and microbatch.
  package let source: any ExpertTrafficSource
  /// Rows of each GPU, `[layers, microbatches, gpus]`.
  private let rows: [Double]
  /// Mean domains and GPUs that a token visits, over all layers and microbatches.
  package let fanOut: TokenFanOut
  /// Rows of a layer's most loaded GPU / mean, mean over microbatches, `[layers]`.
  package let maxOverMean: [Double]
  /// The GPU that holds each expert, and the rows of each expert over all microbatches,
  /// `[layers][experts]`.
  private let gpuOfExpert: [[Int]]
  private let totals: [[Int]]

  /// Draws the traffic of a step.
  ///
  /// - Parameters:
  ///   - spec: the source of loads, with the seed of its draws.
  ///   - sizes: dimensions of the step.
  ///   - placement: placement of each layer's experts; nil for experts in order.
  ///   - gate: the gate that a sample of tokens follows.
  /// - Precondition: as `StepLoads`; a replayed trace has no problem with the gate.
  /// - Complexity: O(layers x microbatches x GPUs x sequences of a trace).
  package init(
    _ spec: RoutingSpec, sizes: StepLoads.Sizes, placement: ExpertPlacement?, gate: Gate
  ) {
    let placements = placement?.layers ?? [.contiguous(experts: sizes.experts)]
    let perGPU = sizes.experts / sizes.gpus
    gpuOfExpert = placements.map { $0.gpus(slotsPerGPU: perGPU) }
    if case .replay(let replayed) = spec.source {
      let vectors = ReplayedVectors(replayed, placements: placements, sizes: sizes)
      let traffic = ReplayedTraffic(vectors, sizes: sizes, seed: spec.seed)
      totals = (0..<sizes.layers).map { traffic.expertTotals(layer: $0) }
      source = traffic
    } else {
      let loads = StepLoads(spec, sizes: sizes, placement: placement)
      totals = (0..<sizes.layers).map { layer in
        (0..<sizes.experts).map { loads.total(layer: layer, expert: $0) }
      }
      let expected = StepLoads.expected(spec, sizes: sizes)
      let samples = (0..<sizes.layers).map { layer in
        LayerSample(
          expected[layer], gate: gate,
          placement: placements.count == 1 ? placements[0] : placements[layer], sizes: sizes,
          seed: spec.seed &+ UInt64(layer))
      }
      source = SampledTraffic(loads, samples: samples)
    }
    var (rows, ratios, sum) = ([Double](), [Double](), GPUTraffic())
    rows.reserveCapacity(sizes.layers * sizes.microbatches * sizes.gpus)
    for layer in 0..<sizes.layers {
      var most = 0.0
      for microbatch in 0..<sizes.microbatches {
        let traffic = source.layer(layer, microbatch: microbatch)
        for gpu in traffic.gpus {
          rows.append(gpu.rows)
          sum = sum + gpu
        }
        most += rows.suffix(sizes.gpus).max() ?? 0
      }
      ratios.append(most / Double(sizes.microbatches * sizes.rowsPerGPU))
    }
    let tokens = Double(sizes.tokensPerGPU * sizes.gpus * sizes.layers * sizes.microbatches)
    self.rows = rows
    maxOverMean = ratios
    fanOut = TokenFanOut(nodes: sum.forwarded / tokens, gpus: sum.arrived / tokens)
  }

  /// Dimensions of the traffic.
  package var sizes: StepLoads.Sizes { source.sizes }

  /// Rows of each GPU under a load, layer x microbatches + microbatch.
  package func rows(load: Int) -> ArraySlice<Double> {
    rows[load * sizes.gpus..<(load + 1) * sizes.gpus]
  }

  /// The first GPU with the most rows under a load.
  package func mostLoadedGPU(load: Int) -> Int {
    let rows = rows(load: load)
    var most = rows.startIndex
    for gpu in rows.indices where rows[gpu] > rows[most] { most = gpu }
    return most - rows.startIndex
  }

  /// The most rows that any GPU receives from one layer and microbatch.
  package var maxRows: Double { rows.max() ?? 0 }

  /// The GPU of the expert group that holds an expert of a layer.
  package func gpu(layer: Int, expert: Int) -> Int {
    gpuOfExpert[gpuOfExpert.count == 1 ? 0 : layer][expert]
  }

  /// Rows that an expert of a layer receives over all microbatches.
  package func total(layer: Int, expert: Int) -> Int { totals[layer][expert] }

  /// Rows of the most loaded GPU / mean, mean over layers and microbatches.
  package var meanMaxOverMean: Double {
    maxOverMean.reduce(0, +) / Double(maxOverMean.count)
  }
}
