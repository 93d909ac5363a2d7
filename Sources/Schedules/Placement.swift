// The placement of a path's stages on ranks: a pure function of stage and microbatch, independent
// of order and time.

/// The shape of the path that microbatches take through the ranks.
package enum PathShape: String, CaseIterable, Sendable {
  /// One stage per rank, rank 0 first.
  case linear
  /// Two directions; the first half of all microbatches goes down, the other half up (DualPipe).
  case bidirectional
  /// Two directions; the first half of each unit of P microbatches goes down (Chimera).
  case bidirectionalUnits = "bidirectional-units"
  /// Two stages per rank: down the ranks and up again.
  case vShape = "v"
  /// `chunks` stages per rank, assigned round-robin from rank 0.
  case interleaved

  /// Copies of the whole model: two for two directions, else one.
  package var weightCopies: Int {
    self == .bidirectional || self == .bidirectionalUnits ? 2 : 1
  }
}

/// The rank of each stage of each microbatch's path.
package enum Placement: Hashable, Sendable {
  /// Stage s is on rank s.
  case linear(ranks: Int)
  /// Microbatches of the first half of each `unit` start on rank 0, the others on the last rank.
  case bidirectional(ranks: Int, unit: Int)
  /// Stage s is on rank s for s < P, on rank 2P - 1 - s otherwise.
  case vShape(ranks: Int)
  /// Stage s is on rank s mod P.
  case interleaved(ranks: Int, chunks: Int)

  /// Creates the placement of a shape. DualPipe's unit is all microbatches, Chimera's is P.
  package init(_ shape: PathShape, _ sizes: ScheduleSizes) {
    switch shape {
    case .linear: self = .linear(ranks: sizes.ranks)
    case .bidirectional: self = .bidirectional(ranks: sizes.ranks, unit: sizes.microbatches)
    case .bidirectionalUnits: self = .bidirectional(ranks: sizes.ranks, unit: sizes.ranks)
    case .vShape: self = .vShape(ranks: sizes.ranks)
    case .interleaved:
      self = .interleaved(ranks: sizes.ranks, chunks: sizes.chunks ?? ScheduleSizes.defaultChunks)
    }
  }

  /// The number of ranks (P).
  package var ranks: Int {
    switch self {
    case .linear(let ranks), .bidirectional(let ranks, _), .vShape(let ranks),
      .interleaved(let ranks, _):
      ranks
    }
  }

  /// The number of stages that every microbatch passes through.
  package var stagesPerPath: Int { ranks * layersPerStageShare }

  /// The number of stages into which the layers of one of P ranks are divided: 1 for full stages.
  ///
  /// Its inverse is the activation unit of a chunk: one microbatch through 1/P of the layers is 1.
  package var layersPerStageShare: Int {
    switch self {
    case .linear, .bidirectional: 1
    case .vShape: 2
    case .interleaved(_, let chunks): chunks
    }
  }

  /// Copies of the whole model: two for two directions, else one.
  package var weightCopies: Int {
    if case .bidirectional = self { 2 } else { 1 }
  }

  /// Chunks (parts of the model, or replicas of a part) per rank.
  package var chunksPerRank: Int { weightCopies * layersPerStageShare }

  /// Whether a microbatch starts on rank 0; all do unless there are two directions.
  package func goesDown(microbatch: Int) -> Bool {
    guard case .bidirectional(_, let unit) = self, unit > 0 else { return true }
    return microbatch % unit < unit / 2
  }

  /// The rank that runs a stage of a microbatch's path.
  ///
  /// Complexity: O(1).
  package func rank(ofStage stage: Int, microbatch: Int) -> Int {
    switch self {
    case .linear: stage
    case .bidirectional(let ranks, _):
      goesDown(microbatch: microbatch) ? stage : ranks - 1 - stage
    case .vShape(let ranks): stage < ranks ? stage : 2 * ranks - 1 - stage
    case .interleaved(let ranks, _): stage % ranks
    }
  }
}
