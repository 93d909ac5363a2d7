// Compiles a step: the order of pieces on the streams, and what each waits for.
//
// Two microbatches take turns: attention of both, then experts of both, so that the dispatch of one
// has the attention of the other beside it, and the combine of one the experts of the other. With
// one microbatch only the shared expert stands beside the dispatch. Whether that pays is for the
// clock to say. A draft follows the head: the MTP module is one more layer and one more head.

import Cluster
import ModelCost
import Units

/// Pieces of a layer with experts for one microbatch.
private struct LayerPieces {
  /// The sum with the experts' results of the layer before, then attention and router.
  var attention: PieceTime
  var residual: PieceTime
  var shared: PieceTime
  /// Experts of a GPU with the mean load, and of the fullest.
  var experts: [PieceTime]
  var dispatch: PieceTime
  var combine: PieceTime

  init(_ costs: InferenceCosts, sequences: Int) {
    attention = costs.time(.attention, of: .moe, sequences: sequences)
    residual = costs.time(.residual, of: .moe, sequences: sequences)
    shared = costs.time(.feedForward, of: .moe, sequences: sequences)
    experts = []
    (dispatch, combine) = (.zero, .zero)
  }

  /// Fills in what depends on how uneven a layer is.
  mutating func set(_ costs: InferenceCosts, sequences: Int, imbalance: Double) {
    experts = [1, imbalance].map {
      costs.time(.experts, of: .moe, sequences: sequences, imbalance: $0)
    }
    func exchange(_ direction: ExpertExchange.Direction) -> PieceTime {
      let time = SimDuration(
        seconds: costs.exchangeSeconds(direction, sequences: sequences, imbalance: imbalance))
      return PieceTime(alone: time, besideExchange: time)
    }
    dispatch = exchange(.dispatch)
    combine = exchange(.combine)
  }
}

/// Turns costs into a program.
struct InferenceCompiler {
  private let costs: InferenceCosts
  private let spec: InferenceSpec
  private let model: ModelSpec
  private let sizes: [Int]
  /// 2 where the fullest GPU differs from the mean one.
  private let gpuCount: Int
  private var program: InferenceProgram
  /// What the next piece of each GPU and microbatch waits for, besides its stream.
  private var pending: [[Int]]
  /// By microbatch; the parts that depend on the imbalance are those of `pieceImbalance`.
  private var pieces: [LayerPieces]
  private var pieceImbalance = 0.0

  init(_ costs: InferenceCosts) {
    self.costs = costs
    spec = costs.spec
    model = costs.model
    sizes = costs.spec.microbatchSizes
    gpuCount = costs.balance.imbalance.contains { $0 > 1 } ? 2 : 1
    program = InferenceProgram(gpuCount: gpuCount)
    pending = Array(repeating: [], count: gpuCount * costs.spec.microbatches)
    pieces = sizes.map { LayerPieces(costs, sequences: $0) }
  }

  /// The compiled step.
  consuming func compile() -> InferenceProgram {
    addDenseLayers()
    for layer in 0..<model.layers - model.denseLayers {
      addExpertLayer(layer, before: layer == 0 ? sizes.map { _ in .zero } : nil)
    }
    addHead(queries: spec.phase == .prefill ? 1 : spec.queries)
    if spec.phase == .decode, spec.mtpAcceptance != nil {
      addExpertLayer(model.layers - model.denseLayers - 1, before: draftEnds)
      addHead(queries: 1)
    }
    return program
  }

  private func place(_ gpu: Int, _ microbatch: Int) -> Int { gpu * sizes.count + microbatch }

  private mutating func addDenseLayers() {
    for (microbatch, size) in sizes.enumerated() {
      var time = costs.time(.feedForward, of: .embedding, sequences: size)
      let layer =
        costs.time(.attention, of: .dense, sequences: size)
        + costs.time(.feedForward, of: .dense, sequences: size)
      for _ in 0..<model.denseLayers { time = time + layer }
      for gpu in 0..<gpuCount {
        pending[place(gpu, microbatch)] = [
          program.add(.attention, gpu: gpu, microbatch: microbatch, time, inputs: [])
        ]
      }
    }
  }

  /// What a draft computes before its layer, by microbatch.
  private var draftEnds: [PieceTime] {
    sizes.map {
      costs.time(.feedForward, of: .embedding, sequences: $0)
        + costs.time(.feedForward, of: .mtp, sequences: $0)
    }
  }

  /// - Parameter before: work before the layer by microbatch; nil after a layer with experts,
  ///   whose results are added first.
  private mutating func addExpertLayer(_ layer: Int, before: [PieceTime]?) {
    setPieces(imbalance: costs.balance.imbalance[layer])
    var dispatches = [Int](repeating: 0, count: pending.count)
    for microbatch in sizes.indices {
      let piece = pieces[microbatch]
      let time = (before?[microbatch] ?? piece.residual) + piece.attention
      let sources = (0..<gpuCount).map { gpu in
        program.add(
          .attention, gpu: gpu, microbatch: microbatch, time,
          inputs: pending[place(gpu, microbatch)])
      }
      for gpu in 0..<gpuCount {
        dispatches[place(gpu, microbatch)] = program.add(
          .dispatch, gpu: gpu, microbatch: microbatch, piece.dispatch, inputs: sources)
      }
    }
    for microbatch in sizes.indices {
      let piece = pieces[microbatch]
      let experts = (0..<gpuCount).map { gpu in
        _ = program.add(.shared, gpu: gpu, microbatch: microbatch, piece.shared, inputs: [])
        return program.add(
          .experts, gpu: gpu, microbatch: microbatch, piece.experts[gpu],
          inputs: [dispatches[place(gpu, microbatch)]])
      }
      for gpu in 0..<gpuCount {
        pending[place(gpu, microbatch)] = [
          program.add(.combine, gpu: gpu, microbatch: microbatch, piece.combine, inputs: experts)
        ]
      }
    }
  }

  private mutating func setPieces(imbalance: Double) {
    guard imbalance != pieceImbalance else { return }
    pieceImbalance = imbalance
    for (microbatch, size) in sizes.enumerated() {
      pieces[microbatch].set(costs, sequences: size, imbalance: imbalance)
    }
  }

  private mutating func addHead(queries: Int) {
    for (microbatch, size) in sizes.enumerated() {
      let time =
        pieces[microbatch].residual
        + costs.time(.feedForward, of: .head, sequences: size, queries: queries)
      for gpu in 0..<gpuCount {
        pending[place(gpu, microbatch)] = [
          program.add(
            .head, gpu: gpu, microbatch: microbatch, time, inputs: pending[place(gpu, microbatch)])
        ]
      }
    }
  }
}
