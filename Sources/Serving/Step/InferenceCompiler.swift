// Compiles a step: the order of pieces on the streams, and the inputs of each.
//
// Two microbatches take turns, so that each exchange of one overlaps computation of the other:
//
//     compute     attention 0   attention 1   experts 0    experts 1
//     exchanges                 dispatch 0    dispatch 1   combine 0    combine 1
//
// With one microbatch, only the shared expert overlaps the dispatch. In a tensor group, attention
// and feed-forward end with the sum of partial results, after which their residuals are added. A
// draft follows the head: the MTP module is one more layer and one more head. A stage receives
// hidden states from the one before it.

import Cluster
import Execution
import ModelCost
import Units

/// Turns costs into a program.
struct InferenceCompiler {
  let costs: InferenceCosts
  /// The tokens of each microbatch in the pass that is compiled.
  private(set) var rows: [StepRows]
  let members: InferenceMembers
  private let network: InferenceNetwork
  var program: InferenceProgram
  /// What each microbatch has to do or to wait for before its next piece.
  var states: [MicrobatchState]
  /// Pieces of layers by kind and microbatch.
  private var kinds: [LayerKind: [LayerPieces]]
  /// The stage whose layers are compiled.
  private var stage = 0
  /// Whether drafts after the first are compiled.
  private var isNarrow = false
  /// Transfers that are registered already.
  private var known: [Transfer: TransferID] = [:]
  private let collectives: StepCollectives

  /// The state of a microbatch between two pieces.
  struct MicrobatchState {
    /// The inputs of its next piece, besides its stream.
    var pending: [OperationID] = []
    /// Computation that is not yet part of an operation: whole layers since the last exchange.
    var run: ComputeTime?
    /// The residual sum that the next piece begins with.
    var residual: ComputeTime?
  }

  init(_ costs: InferenceCosts) {
    self.costs = costs
    let spec = costs.spec
    rows = spec.microbatchRows
    members = InferenceMembers(costs)
    network = InferenceNetwork(costs, on: costs.cluster, representatives: members.representatives)
    program = InferenceProgram(
      stages: spec.layout.pipeline,
      exchangeStreams: spec.phase == .decode ? spec.microbatches : 1,
      representatives: members.representatives)
    states = rows.map { _ in MicrobatchState() }
    collectives = StepCollectives(spec.layout, costs.model)
    var kinds: [LayerKind: [LayerPieces]] = [:]
    for kind in LayerKind.layers where costs.hasLayers(of: kind) {
      kinds[kind] = rows.map { LayerPieces(costs, kind, $0) }
    }
    self.kinds = kinds
  }

  /// The links that the exchanges of the step cross.
  var links: StepNetwork { network.links }

  private var spec: InferenceSpec { costs.spec }
  private var model: ModelSpec { costs.model }

  /// The compiled step.
  consuming func compile() -> InferenceProgram {
    addEmbedding()
    var expertLayer = 0
    for (number, layers) in spec.layout.layerRanges(of: model.layers).enumerated() {
      if number > 0 { addHop(to: number) }
      for layer in layers {
        let kind = model.kind(ofLayer: layer)
        add(kind, expertLayer: expertLayer)
        if kind.hasExperts { expertLayer += 1 }
      }
    }
    addHead(rows.map(\.sampled))
    for draft in 0..<spec.draftCount {
      if draft > 0 { narrowToDrafts() }
      addDraft()
      add(model.mtpLayerKind, expertLayer: max(0, expertLayer - 1))
      addHead(rows.map(\.sequences))
    }
    addHost()
    return program
  }

  /// What the host does beside the step, and then what nothing hides.
  private mutating func addHost() {
    let (beside, after) = (costs.hostBeside, costs.hostAfter)
    guard beside > .zero || after > .zero else { return }
    for microbatch in rows.indices { flush(microbatch, as: .head) }
    var inputs = states.flatMap(\.pending)
    if beside > .zero { inputs.append(program.add(scheduler: beside, stage: stage)) }
    _ = program.add(.host, stage: stage, ComputeTime(after), inputs: inputs)
  }

  // MARK: Blocks

  private mutating func addEmbedding() {
    for (microbatch, rows) in rows.enumerated() {
      extend(microbatch, costs.time(.feedForward, of: .embedding, rows))
      if let sum = sum(.embeddingSum, microbatch) {
        flush(microbatch, as: .attention)
        add(sum, microbatch)
      }
    }
  }

  /// After the first draft, a pass has one token of each sequence. Its experts are taken to be as
  /// loaded as a unit's load says, or evenly.
  private mutating func narrowToDrafts() {
    rows = rows.map { rows in
      guard var decodes = rows.decodes else { return rows }
      decodes.queries = 1
      return .decode(decodes)
    }
    isNarrow = true
    let kind = model.mtpLayerKind
    kinds[kind] = rows.map { LayerPieces(costs, kind, $0) }
  }

  /// Embedding and projection of a draft.
  private mutating func addDraft() {
    addEmbedding()
    for (microbatch, rows) in rows.enumerated() {
      extend(microbatch, costs.time(.feedForward, of: .mtp, rows))
      let gather = collectives.tensor(.draftGather, .allGather, tokens: tokens(microbatch))
      if let gather {
        flush(microbatch, as: .attention)
        add(gather, microbatch)
      }
      // The draft's layer begins with it.
      states[microbatch].residual = states[microbatch].run
      states[microbatch].run = nil
    }
  }

  private mutating func add(_ kind: LayerKind, expertLayer: Int) {
    guard let pieces = kinds[kind] else { return }
    if kind.hasExperts {
      addExpertLayer(pieces, layer: expertLayer)
    } else {
      addDenseLayer(pieces)
    }
  }

  private mutating func addDenseLayer(_ pieces: [LayerPieces]) {
    guard spec.layout.tensor > 1 else {
      for (microbatch, piece) in pieces.enumerated() {
        extend(microbatch, piece.attention + piece.feedForward)
      }
      return
    }
    addSummedAttention(pieces)
    for (microbatch, piece) in pieces.enumerated() {
      compute(.attention, microbatch, piece.afterSum + piece.feedForward)
      if let sum = sum(.denseSum, microbatch) { add(sum, microbatch) }
      states[microbatch].residual = piece.residual
    }
  }

  /// Attention up to the sum over the tensor group.
  private mutating func addSummedAttention(_ pieces: [LayerPieces]) {
    for (microbatch, piece) in pieces.enumerated() {
      compute(.attention, microbatch, piece.attention)
      if let sum = sum(.attentionSum, microbatch) { add(sum, microbatch) }
    }
  }

  private mutating func addExpertLayer(_ pieces: [LayerPieces], layer: Int) {
    for microbatch in pieces.indices { flush(microbatch, as: .attention) }
    if spec.layout.tensor > 1 { addSummedAttention(pieces) }
    let arrivals = pieces.enumerated().map { microbatch, piece in
      compute(
        .attention, microbatch, spec.layout.tensor > 1 ? piece.afterSum : piece.attention)
      return dispatch(layer, microbatch)
    }
    for (microbatch, piece) in pieces.enumerated() {
      if let shared = piece.shared {
        _ = program.add(.shared, stage: stage, microbatch: microbatch, shared, inputs: [])
      }
      states[microbatch].pending = [
        program.add(
          .experts, stage: stage, microbatch: microbatch, piece.experts,
          variant: isNarrow ? nil : ID(layer * rows.count + microbatch),
          inputs: arrivals[microbatch])
      ]
      combine(layer, microbatch)
      states[microbatch].residual = piece.residual
    }
  }

  /// - Parameter counts: tokens of each microbatch whose logits are computed.
  private mutating func addHead(_ counts: [Int]) {
    for (microbatch, count) in counts.enumerated() {
      let logits = collectives.logits(rows: count)
      let (product, sampling) = costs.head(
        count, of: rows[microbatch], isDivided: logits != nil)
      flush(microbatch, as: .attention)
      compute(.head, microbatch, product)
      if let logits {
        add(logits, microbatch)
        compute(.head, microbatch, sampling)
      }
    }
  }

  /// The transfer of hidden states and residual to the next stage, which gathers them.
  private mutating func addHop(to next: Int) {
    for microbatch in rows.indices {
      flush(microbatch, as: .attention)
      let bytes = collectives.stageBytes(tokens: tokens(microbatch))
      let hop = register(network.hop(from: stage, bytes: bytes))
      states[microbatch].pending = [
        program.add(
          hop: hop, from: stage, microbatch: microbatch, inputs: states[microbatch].pending)
      ]
    }
    stage = next
    for microbatch in rows.indices {
      if let gather = collectives.stage(tokens: tokens(microbatch)) { add(gather, microbatch) }
    }
  }

  // MARK: Tokens to experts and back

  /// Emits what brings the tokens of a microbatch to its experts; returns what these wait for.
  private mutating func dispatch(_ layer: Int, _ microbatch: Int) -> [OperationID] {
    switch spec.layout.expertPath {
    case .local, .sum: return states[microbatch].pending
    case .allToAll:
      return [exchange(.dispatch, .dispatch, layer, microbatch)]
    case .gather:
      let gather = collectives.data(
        .tokenGather, .allGather, tokens: tokens(microbatch), share: spec.groupShare)
      return gather.map { [operation($0, microbatch)] } ?? states[microbatch].pending
    }
  }

  /// Emits what brings the results back. A GPU has them once the most loaded GPU has sent its part.
  private mutating func combine(_ layer: Int, _ microbatch: Int) {
    let count = tokens(microbatch)
    switch spec.layout.expertPath {
    case .local: return
    case .sum:
      if let sum = sum(.expertSum, microbatch) { add(sum, microbatch) }
    case .allToAll:
      states[microbatch].pending = [exchange(.combine, .combine, layer, microbatch)]
      let gather = collectives.tensor(.resultGather, .allGather, tokens: count)
      if let gather { add(gather, microbatch) }
    case .gather:
      let scatter = collectives.data(
        .resultScatter, .reduceScatter, tokens: count, share: spec.groupShare)
      if let scatter { add(scatter, microbatch) }
      if let sum = sum(.expertSum, microbatch) { add(sum, microbatch) }
    }
  }

  private mutating func exchange(
    _ kind: StepOperationKind, _ direction: ExpertExchange.Direction, _ layer: Int,
    _ microbatch: Int
  ) -> OperationID {
    let flows = costs.exchange(direction, rows[microbatch].tokens)
    let transfer: Transfer
    if isNarrow {
      let traffic = members.unitTraffic(ofTokens: rows[microbatch].tokens)
      transfer = network.transfer(flows, traffic, stage: stage)
    } else {
      transfer = network.transfer(flows, stage: stage)
    }
    return program.add(
      kind, stage: stage, microbatch: microbatch, sending: register(transfer),
      variant: isNarrow ? nil : variant(layer, microbatch, direction),
      inputs: states[microbatch].pending)
  }

  // MARK: Pieces

  /// Tokens of a microbatch in an attention group.
  private func tokens(_ microbatch: Int) -> Int { rows[microbatch].tokens }

  /// A sum of hidden states over the tensor group.
  private func sum(_ purpose: StepCollective.Purpose, _ microbatch: Int) -> StepCollective? {
    collectives.tensor(purpose, .allReduce, tokens: tokens(microbatch))
  }

  /// Adds work to the run of whole layers, beginning with the residual sum of the last layer.
  private mutating func extend(_ microbatch: Int, _ time: ComputeTime) {
    let before = states[microbatch].run ?? states[microbatch].residual
    states[microbatch].run = before.map { $0 + time } ?? time
    states[microbatch].residual = nil
  }

  /// Emits the run of whole layers.
  private mutating func flush(_ microbatch: Int, as kind: StepOperationKind) {
    guard let run = states[microbatch].run else { return }
    states[microbatch].run = nil
    states[microbatch].pending = [
      program.add(
        kind, stage: stage, microbatch: microbatch, run, inputs: states[microbatch].pending)
    ]
  }

  /// Emits a computation that waits for everything before it.
  private mutating func compute(
    _ kind: StepOperationKind, _ microbatch: Int, _ time: ComputeTime
  ) {
    extend(microbatch, time)
    flush(microbatch, as: kind)
  }

  /// Emits a collective after which the microbatch goes on.
  private mutating func add(_ collective: StepCollective, _ microbatch: Int) {
    states[microbatch].pending = [operation(collective, microbatch)]
  }

  private mutating func operation(
    _ collective: StepCollective, _ microbatch: Int
  ) -> OperationID {
    let transfer = register(network.transfer(collective, stage: stage))
    return program.add(
      collective, stage: stage, microbatch: microbatch, sending: transfer,
      inputs: states[microbatch].pending)
  }

  /// Registers a transfer once.
  private mutating func register(_ transfer: Transfer) -> TransferID {
    if let id = known[transfer] { return id }
    let id = program.add(transfer)
    known[transfer] = id
    return id
  }
}
