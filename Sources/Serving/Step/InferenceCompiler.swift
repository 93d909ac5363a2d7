// Compiles a step: the order of pieces on the streams, and what each waits for.
//
// Two microbatches take turns: attention of both, then experts of both, so that the dispatch of one
// has the attention of the other beside it, and the combine of one the experts of the other. With
// one microbatch only the shared expert stands beside the dispatch. Whether that pays is for the
// clock to say. A draft follows the head: the MTP module is one more layer and one more head.

import Cluster
import Execution
import ModelCost
import Units

/// Pieces of a layer with experts for one microbatch.
private struct LayerPieces {
  /// The sum with the experts' results of the layer before, then attention and router.
  var attention: ComputeTime
  var residual: ComputeTime
  var shared: ComputeTime
  /// Experts of each GPU, and indices of what it sends.
  var experts: [ComputeTime] = []
  var dispatch: [Int32] = []
  var combine: [Int32] = []
  private let exchanges: [ExchangeFlows]
  private let sequences: Int

  init(_ costs: InferenceCosts, sequences: Int) {
    self.sequences = sequences
    attention = costs.time(.attention, of: .moe, sequences: sequences)
    residual = costs.time(.residual, of: .moe, sequences: sequences)
    shared = costs.time(.feedForward, of: .moe, sequences: sequences)
    exchanges = ExpertExchange.Direction.allCases.map {
      costs.exchange($0, sequences: sequences)
    }
  }

  /// Fills in what depends on how full each GPU is.
  mutating func set(
    _ costs: InferenceCosts, loads: [ExchangeLoad], _ network: InferenceNetwork,
    _ program: inout InferenceProgram
  ) {
    experts = loads.map {
      costs.time(.experts, of: .moe, sequences: sequences, imbalance: $0.gpu)
    }
    let transfers = exchanges.map { exchange in
      loads.enumerated().map { gpu, load in
        program.add(network.transfer(exchange, gpu: gpu, load: load))
      }
    }
    (dispatch, combine) = (transfers[0], transfers[1])
  }
}

/// Turns costs into a program.
struct InferenceCompiler {
  private let costs: InferenceCosts
  private let spec: InferenceSpec
  private let model: ModelSpec
  private let sizes: [Int]
  private let kinds: [GPUKind]
  private let network: InferenceNetwork
  private var program: InferenceProgram
  /// What the next piece of each GPU and microbatch waits for, besides its stream.
  private var pending: [[Int]]
  /// By microbatch; the parts that depend on the loads are those of `pieceLoad`.
  private var pieces: [LayerPieces]
  private var pieceLoad: ExchangeLoad?

  init(_ costs: InferenceCosts) {
    self.costs = costs
    spec = costs.spec
    model = costs.model
    sizes = costs.spec.microbatchSizes
    kinds = costs.kinds
    network = InferenceNetwork(costs, kinds: kinds)
    program = InferenceProgram(
      gpuCount: kinds.count, exchangeStreams: spec.phase == .decode ? spec.microbatches : 1,
      exchangesHoldSMs: spec.communicationSMs > 0,
      slowGPUs: kinds.indices.filter { [kinds] in kinds[$0].isSlow })
    pending = Array(repeating: [], count: kinds.count * costs.spec.microbatches)
    pieces = sizes.map { LayerPieces(costs, sequences: $0) }
  }

  /// What the exchanges of the step cross.
  var links: GPULinks { network.links }

  private var gpuCount: Int { kinds.count }

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
  private var draftEnds: [ComputeTime] {
    sizes.map {
      costs.time(.feedForward, of: .embedding, sequences: $0)
        + costs.time(.feedForward, of: .mtp, sequences: $0)
    }
  }

  /// - Parameter before: work before the layer by microbatch; nil after a layer with experts,
  ///   whose results are added first.
  private mutating func addExpertLayer(_ layer: Int, before: [ComputeTime]?) {
    setPieces(costs.balance.fullest[layer])
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
          .dispatch, gpu: gpu, microbatch: microbatch, sending: piece.dispatch[gpu],
          inputs: sources)
      }
    }
    for microbatch in sizes.indices {
      let piece = pieces[microbatch]
      let slow = program.slowGPUs.map { dispatches[place($0, microbatch)] }
      let experts = (0..<gpuCount).map { gpu in
        _ = program.add(.shared, gpu: gpu, microbatch: microbatch, piece.shared, inputs: [])
        // All GPUs send as much, so with its own tokens a GPU has those of the others, but of those
        // that send more slowly.
        let own = dispatches[place(gpu, microbatch)]
        return program.add(
          .experts, gpu: gpu, microbatch: microbatch, piece.experts[gpu],
          inputs: [own] + slow.filter { $0 != own })
      }
      let combines = (0..<gpuCount).map { gpu in
        program.add(
          .combine, gpu: gpu, microbatch: microbatch, sending: piece.combine[gpu],
          inputs: [experts[gpu]])
      }
      // A GPU has its results when the fullest one has sent its part.
      for gpu in 0..<gpuCount { pending[place(gpu, microbatch)] = combines }
    }
  }

  private mutating func setPieces(_ fullest: ExchangeLoad) {
    guard fullest != pieceLoad else { return }
    pieceLoad = fullest
    let loads = kinds.map { $0.load(fullest: fullest) }
    for microbatch in pieces.indices {
      pieces[microbatch].set(costs, loads: loads, network, &program)
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
