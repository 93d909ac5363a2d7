// The costs of every kind of block of one scenario, computed once.

import Cluster
import Execution
import ModelCost
import Routing
import Units

/// Costs by kind of block, with what they were computed from.
public struct BlockCosts: Sendable {
  /// Nodes and GPUs that a token visits.
  public let copies: TokenCopies
  /// Nodes that share the experts of a layer.
  public let expertNodes: Int
  /// The work of one layer on one GPU under balanced loads.
  public let work: LayerWork
  /// The uneven loads of experts; nil where they are balanced, or none are spread.
  public private(set) var loads: StepLoads?
  private let expertTimes: ExpertTimes?
  /// The exchanges of a layer with experts, or nil where experts are not spread.
  let exchanges: (dispatch: ExpertExchange, combine: ExpertExchange)?
  private let costs: [BlockCost]
  private let builder: LayerKernelBuilder
  private let timer: KernelTimer
  private let communicationSMs: Int
  private let gpuSMs: Int

  /// - Precondition: the layout divides GPUs and experts evenly.
  public init(spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec) {
    let gpusPerNode = min(cluster.node.gpusPerNode, spec.layout.data)
    expertNodes = max(1, spec.layout.expert / gpusPerNode)
    copies = Self.copies(spec: spec, model: model, nodes: expertNodes)
    work = LayerWork(
      tokens: spec.microbatchTokens, sequenceLength: spec.sequenceLength, experts: model.experts,
      expertParallel: spec.layout.expert, gpusPerToken: copies.gpus)
    builder = LayerKernelBuilder(
      model: model, work: work, precision: spec.precision, activations: spec.activations)
    timer = KernelTimer(gpu: cluster.node.gpu, release: spec.kernelRelease)
    communicationSMs = spec.communicationSMs
    gpuSMs = cluster.node.gpu.smCount
    let counts = BlockCounts(spec: spec, model: model)
    exchanges =
      model.experts == nil || spec.layout.expert == 1
      ? nil : Self.exchanges(spec: spec, model: model, copies: copies, expertNodes: expertNodes)
    let exchange = exchanges.map {
      ExchangeTime(
        dispatch: SimDuration(
          seconds: $0.dispatch.seconds(on: cluster.node, sms: spec.communicationSMs)),
        combine: SimDuration(
          seconds: $0.combine.seconds(on: cluster.node, sms: spec.communicationSMs)))
    }
    costs = LayerKind.allCases.map { [builder, timer, communicationSMs, gpuSMs] kind in
      var cost = BlockCost()
      let kernels = builder.kernels(of: kind)
      for part in LayerKernels.Part.allCases {
        for pass in LayerKernels.Pass.allCases {
          let list = kernels[part, pass]
          cost[part, pass] = ComputeTime(
            alone: SimDuration(seconds: timer.seconds(list, sms: gpuSMs)),
            besideCommunication: SimDuration(
              seconds: timer.seconds(list, sms: gpuSMs - communicationSMs)))
        }
      }
      if kind == .moe { cost.exchange = exchange }
      counts.fill(&cost, kind: kind)
      return cost
    }
    loads = exchange == nil ? nil : Self.loads(spec: spec, model: model)
    expertTimes = loads.map { [builder, timer, communicationSMs, gpuSMs, work] loads in
      ExpertTimes(work: work, most: loads.mostRows) { work, pass in
        var builder = builder
        builder.work = work
        let list = builder.kernels(of: .moe)[.experts, pass]
        return ComputeTime(
          alone: SimDuration(seconds: timer.seconds(list, sms: gpuSMs)),
          besideCommunication: SimDuration(
            seconds: timer.seconds(list, sms: gpuSMs - communicationSMs)))
      }
    }
  }

  subscript(kind: LayerKind) -> BlockCost {
    switch kind {
    case .embedding: costs[0]
    case .dense: costs[1]
    case .moe: costs[2]
    case .head: costs[3]
    case .mtp: costs[4]
    }
  }

  /// The kernels of a kind of block with their times, as the simulation uses them.
  public func timedKernels(
    of kind: LayerKind
  ) -> [(
    part: LayerKernels.Part, pass: LayerKernels.Pass, kernel: Kernel, sms: Int, time: KernelTime
  )] {
    let kernels = builder.kernels(of: kind)
    return LayerKernels.Pass.allCases.flatMap { pass in
      LayerKernels.Part.allCases.flatMap { part in
        kernels[part, pass].map { (part, pass, $0, gpuSMs, timer.time($0, sms: gpuSMs)) }
      }
    }
  }

  /// Durations of dispatch and combine in seconds, or nil where experts are not spread.
  public var exchangeSeconds: (dispatch: Double, combine: Double)? {
    self[.moe].exchange.map { ($0.dispatch.seconds, $0.combine.seconds) }
  }

  /// Time to read, update and write the optimizer state of `parameters`, memory-bound.
  func optimizerTime(parameters: Double, precision: TrainingPrecision) -> SimDuration {
    // Reads gradient, master and both moments; writes master, moments and the weight.
    let bytes =
      precision.gradients.bytes + 2 * (precision.master.bytes + 2 * precision.moments.bytes)
      + precision.weights.bytes
    let kernel = Kernel.memory(
      "optimizer", .optimizer, tokens: Int(parameters), bytesPerToken: Double(bytes))
    return SimDuration(seconds: timer.time(kernel, sms: gpuSMs).seconds)
  }

  /// The same costs under balanced loads.
  var balanced: BlockCosts {
    var costs = self
    costs.loads = nil
    return costs
  }

  /// Time of the routed experts of a GPU that receives a number of rows.
  ///
  /// - Precondition: loads are not balanced.
  func expertTime(_ pass: LayerKernels.Pass, rows: Int) -> ComputeTime {
    guard let expertTimes else { preconditionFailure("balanced loads have one time") }
    return expertTimes.time(pass, rows: rows)
  }

  private static func loads(spec: TrainingSpec, model: ModelSpec) -> StepLoads? {
    guard let experts = model.experts, !spec.routing.isUniform else { return nil }
    return StepLoads(
      spec.routing,
      sizes: StepLoads.Sizes(
        layers: model.expertLayers(trainsMTP: spec.trainsMTP), microbatches: spec.microbatches,
        experts: experts.routed, gpus: spec.layout.expert, topK: experts.topK,
        tokensPerGPU: spec.microbatchTokens, sequencesPerGPU: spec.microbatchSequences))
  }

  private static func copies(spec: TrainingSpec, model: ModelSpec, nodes: Int) -> TokenCopies {
    guard let experts = model.experts else { return TokenCopies(nodes: 0, gpus: 0) }
    let groups = spec.nodeLimit == nil ? experts.groups : nodes
    let limit = spec.nodeLimit.map { min($0, nodes) } ?? experts.groupLimit
    let gate = Gate(
      experts: experts.routed, groups: groups, groupLimit: limit, topK: experts.topK,
      groupScore: experts.hasSelectionBias ? .topTwoSum : .largest)
    return .expected(gate, nodeCount: nodes, gpuCount: spec.layout.expert)
  }

  private static func exchanges(
    spec: TrainingSpec, model: ModelSpec, copies: TokenCopies, expertNodes: Int
  ) -> (dispatch: ExpertExchange, combine: ExpertExchange) {
    let messages = ExpertMessages(
      hidden: model.hidden, topK: model.experts?.topK ?? 0, dispatch: spec.precision.dispatch,
      combine: spec.precision.combine)
    func exchange(_ direction: ExpertExchange.Direction, bytes: Int) -> ExpertExchange {
      ExpertExchange(
        direction: direction, tokens: spec.microbatchTokens, bytesPerToken: bytes,
        nodesPerToken: copies.nodes, gpusPerToken: copies.gpus, nodeCount: expertNodes)
    }
    return (
      exchange(.dispatch, bytes: messages.dispatchPayload),
      exchange(.combine, bytes: messages.combinePayload)
    )
  }
}

/// Parameters and activations of each kind of block on one GPU. Embedding and head are shared by
/// the blocks of a rank and counted with the rank.
private struct BlockCounts {
  let spec: TrainingSpec
  let model: ModelSpec

  func fill(_ cost: inout BlockCost, kind: LayerKind) {
    let tokens = Double(spec.microbatchTokens)
    let hidden = Double(model.hidden)
    switch kind {
    case .embedding:
      cost.activationBytes = tokens * 4
    case .dense:
      cost.replicatedParameters = Double(model.denseLayerParameters)
      cost.activationBytes = tokens * layerBytes(isExpertLayer: false)
    case .moe:
      let experts = Double(model.routedExpertParameters)
      cost.replicatedParameters = Double(model.expertLayerParameters) - experts
      cost.expertParameters = experts / Double(spec.layout.expert)
      cost.activationBytes = tokens * layerBytes(isExpertLayer: true)
    case .head:
      // The normed input, and the logits whose place their gradient takes, both in BF16.
      cost.activationBytes = tokens * (2 * hidden + 2 * Double(model.vocabulary))
    case .mtp:
      // The projection's input is kept.
      cost.replicatedParameters = Double(model.mtpProjectionParameters)
      cost.activationBytes = tokens * hidden * 2 * Double(1 + spec.activations.cached.bytes)
    }
  }

  private func layerBytes(isExpertLayer: Bool) -> Double {
    Double(model.activationBytesPerToken(isExpertLayer: isExpertLayer, policy: spec.activations))
  }
}
