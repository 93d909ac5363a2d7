// Compiles a step: the order of pieces on the streams, and the inputs of each.
//
// Two microbatches take turns, so that each exchange of one overlaps computation of the other:
//
//     compute     attention 0   attention 1   experts 0    experts 1
//     exchanges                 dispatch 0    dispatch 1   combine 0    combine 1
//
// With one microbatch, only the shared expert overlaps the dispatch. A draft follows the head: the
// MTP module is one more layer and one more head.

import Cluster
import Execution
import ModelCost
import Units

/// Pieces of a layer with experts for one microbatch.
private struct LayerPieces {
  /// The sum with the expert results of the preceding layer, then attention and router.
  var attention: ComputeTime
  var residual: ComputeTime
  var shared: ComputeTime
  /// Routed experts under the mean load.
  var experts: ComputeTime
  var dispatch: TransferID
  var combine: TransferID

  init(
    _ costs: InferenceCosts, sequences: Int, _ network: InferenceNetwork,
    _ program: inout InferenceProgram
  ) {
    attention = costs.time(.attention, of: .moe, sequences: sequences)
    residual = costs.time(.residual, of: .moe, sequences: sequences)
    shared = costs.time(.feedForward, of: .moe, sequences: sequences)
    experts = costs.time(.experts, of: .moe, sequences: sequences)
    dispatch = program.add(network.transfer(costs.exchange(.dispatch, sequences: sequences)))
    combine = program.add(network.transfer(costs.exchange(.combine, sequences: sequences)))
  }
}

/// Turns costs into a program.
struct InferenceCompiler {
  private let costs: InferenceCosts
  private let spec: InferenceSpec
  private let model: ModelSpec
  private let sizes: [Int]
  let members: InferenceMembers
  private let network: InferenceNetwork
  private var program: InferenceProgram
  /// The inputs of each microbatch's next piece, besides its stream.
  private var pending: [[OperationID]]
  /// Pieces by microbatch.
  private let pieces: [LayerPieces]

  init(_ costs: InferenceCosts) {
    self.costs = costs
    spec = costs.spec
    model = costs.model
    sizes = costs.spec.microbatchSizes
    members = InferenceMembers(costs)
    let network = InferenceNetwork(
      costs, on: costs.cluster, representatives: members.representatives)
    self.network = network
    var program = InferenceProgram(
      exchangeStreams: spec.phase == .decode ? spec.microbatches : 1,
      representatives: members.representatives)
    pending = Array(repeating: [], count: costs.spec.microbatches)
    pieces = sizes.map { LayerPieces(costs, sequences: $0, network, &program) }
    self.program = program
  }

  /// The links that the exchanges of the step cross.
  var links: StepNetwork { network.links }

  private var expertLayers: Int { model.expertLayers }

  /// Durations of experts on each member: layer x microbatches + microbatch.
  var durations: MemberDurations? {
    guard members.representatives.count > 1 else { return nil }
    struct Tokens: Hashable {
      var microbatch: Int
      var rows: Int
      var arrived: Int
    }
    var known: [Tokens: ComputeTime] = [:]
    return MemberDurations(
      variantCount: expertLayers * sizes.count,
      columns: Array(0..<members.representatives.count)
    ) { variant, member in
      let (layer, microbatch) = variant.quotientAndRemainder(dividingBy: sizes.count)
      let traffic = members.traffic(layer: layer, microbatch: microbatch, member: member)
      // Kernels work on whole rows, so many GPUs have the same duration.
      let (rows, arrived) = costs.expertTokens(
        sequences: sizes[microbatch], queries: spec.queries, traffic)
      let key = Tokens(
        microbatch: microbatch, rows: rows, arrived: spec.phase == .decode ? 0 : arrived)
      if let time = known[key] { return time }
      let time = costs.time(.experts, of: .moe, sequences: sizes[microbatch], traffic: traffic)
      known[key] = time
      return time
    }
  }

  /// How much each member sends, by variant of an exchange.
  var shares: MemberShares {
    let exchanges = sizes.flatMap { sequences in
      ExpertExchange.Direction.allCases.map { costs.exchange($0, sequences: sequences) }
    }
    let directions = ExpertExchange.Direction.allCases.count
    return MemberShares(
      variantCount: expertLayers * exchanges.count,
      columns: Array(0..<members.representatives.count), partCount: ExchangeFlows.partCount
    ) { variant, member in
      let (layer, exchange) = variant.quotientAndRemainder(dividingBy: exchanges.count)
      return exchanges[exchange].shares(
        members.traffic(layer: layer, microbatch: exchange / directions, member: member))
    }
  }

  /// An exchange of a layer and microbatch.
  private func variant(
    _ layer: Int, _ microbatch: Int, _ direction: ExpertExchange.Direction
  ) -> MemberShares.Variant {
    let directions = ExpertExchange.Direction.allCases.count
    return ID((layer * sizes.count + microbatch) * directions + direction.caseIndex)
  }

  /// The compiled step.
  consuming func compile() -> InferenceProgram {
    addDenseLayers()
    for layer in 0..<expertLayers {
      addExpertLayer(layer, before: layer == 0 ? sizes.map { _ in .zero } : nil)
    }
    addHead(queries: spec.phase == .prefill ? 1 : spec.queries)
    if spec.phase == .decode, spec.mtpAcceptance != nil {
      addExpertLayer(expertLayers - 1, before: draftEnds)
      addHead(queries: 1)
    }
    return program
  }

  private mutating func addDenseLayers() {
    for (microbatch, size) in sizes.enumerated() {
      var time = costs.time(.feedForward, of: .embedding, sequences: size)
      let layer =
        costs.time(.attention, of: .dense, sequences: size)
        + costs.time(.feedForward, of: .dense, sequences: size)
      for _ in 0..<model.denseLayers { time = time + layer }
      pending[microbatch] = [program.add(.attention, microbatch: microbatch, time, inputs: [])]
    }
  }

  /// Computation of a draft before its layer, by microbatch.
  private var draftEnds: [ComputeTime] {
    sizes.map {
      costs.time(.feedForward, of: .embedding, sequences: $0)
        + costs.time(.feedForward, of: .mtp, sequences: $0)
    }
  }

  /// - Parameter before: work before the layer by microbatch; nil after a layer with experts,
  ///   whose results are added first.
  private mutating func addExpertLayer(_ layer: Int, before: [ComputeTime]?) {
    let dispatches = pieces.enumerated().map { microbatch, piece in
      let time = (before?[microbatch] ?? piece.residual) + piece.attention
      let source = program.add(
        .attention, microbatch: microbatch, time, inputs: pending[microbatch])
      return program.add(
        .dispatch, microbatch: microbatch, sending: piece.dispatch,
        variant: variant(layer, microbatch, .dispatch), inputs: [source])
    }
    for (microbatch, piece) in pieces.enumerated() {
      _ = program.add(.shared, microbatch: microbatch, piece.shared, inputs: [])
      let experts = program.add(
        .experts, microbatch: microbatch, piece.experts,
        variant: ID(layer * sizes.count + microbatch), inputs: [dispatches[microbatch]])
      // A GPU has its results once the most loaded GPU has sent its part.
      pending[microbatch] = [
        program.add(
          .combine, microbatch: microbatch, sending: piece.combine,
          variant: variant(layer, microbatch, .combine), inputs: [experts])
      ]
    }
  }

  private mutating func addHead(queries: Int) {
    for (microbatch, size) in sizes.enumerated() {
      let time =
        pieces[microbatch].residual
        + costs.time(.feedForward, of: .head, sequences: size, queries: queries)
      pending[microbatch] = [
        program.add(.head, microbatch: microbatch, time, inputs: pending[microbatch])
      ]
    }
  }
}
