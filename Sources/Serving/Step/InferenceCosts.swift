// What each piece of an inference step takes on a GPU: kernels by measured efficiency, exchanges by
// published times. Nothing comes from a measured service.
//
// Kernels that move little data do not go below the time in which a captured graph starts the next
// one. Not modelled: gaps between kernels, clocks, contention between flows.

import Cluster
import ModelCost
import Routing
import Units

/// Times of a piece of computation with all multiprocessors, and with those that exchanges leave.
struct PieceTime: Hashable {
  var alone: SimDuration
  var besideExchange: SimDuration

  static let zero = PieceTime(alone: .zero, besideExchange: .zero)

  static func + (a: PieceTime, b: PieceTime) -> PieceTime {
    PieceTime(alone: a.alone + b.alone, besideExchange: a.besideExchange + b.besideExchange)
  }
}

/// The costs of one step on GPUs of a cluster.
public struct InferenceCosts: Sendable {
  /// The least time of a kernel that was not measured at its size: launch and drain in a graph.
  public static let assumedLeastKernelTime = 2e-6

  let spec: InferenceSpec
  let model: ModelSpec
  let node: NodeSpec
  /// Nodes that share the experts.
  public let nodeCount: Int
  public private(set) var balance: ExpertBalance
  private let timer: KernelTimer

  /// - Parameter balance: of the same model, GPUs and loads, where it is known.
  /// - Precondition: the spec has no problems for model and cluster.
  public init(
    spec: InferenceSpec, model: ModelSpec, cluster: ClusterSpec, balance: ExpertBalance? = nil
  ) {
    self.spec = spec
    self.model = model
    node = cluster.node
    nodeCount = max(1, spec.expertParallel / cluster.node.gpusPerNode)
    guard let experts = model.experts else {
      preconditionFailure("an inference scenario names a model with experts")
    }
    self.balance =
      balance
      ?? ExpertBalance(
        spec: spec, experts: experts, layers: model.layers - model.denseLayers, nodes: nodeCount)
    timer = KernelTimer(gpu: node.gpu, release: spec.kernelRelease)
  }

  /// The costs if all GPUs were equally full.
  var even: InferenceCosts {
    var result = self
    result.balance = balance.even
    return result
  }

  /// Routed experts of a layer that lie on one GPU.
  public var slotsPerGPU: Int {
    ((model.experts?.routed ?? 0) + spec.redundantExperts) / spec.expertParallel
  }

  /// The kernels of a kind of layer for a microbatch.
  ///
  /// - Parameters:
  ///   - sequences: sequences of the microbatch on the GPU.
  ///   - imbalance: expert rows of the GPU over the mean.
  ///   - queries: tokens of each sequence.
  public func kernels(
    of kind: LayerKind, sequences: Int, imbalance: Double, queries: Int
  ) -> LayerKernels {
    let tokens = sequences * queries
    let topK = model.experts?.topK ?? 0
    let rows = Int((Double(tokens * topK) * imbalance).rounded())
    switch spec.phase {
    case .decode:
      let builder = DecodeKernelBuilder(
        model: model,
        work: DecodeWork(
          sequences: sequences, queries: queries, context: spec.context, expertRows: rows,
          localExperts: slotsPerGPU, cache: spec.kvCache), precision: spec.gemm)
      guard let builder else {
        preconditionFailure("an inference scenario names a model with latent attention")
      }
      return builder.kernels(of: kind)
    case .prefill:
      let formats: TrainingPrecision = spec.gemm == .fp8 ? .deepseekV3 : .bf16
      return LayerKernelBuilder(
        model: model,
        work: LayerWork(
          tokens: tokens, sequenceLength: spec.context, expertRows: rows,
          arrivedTokens: Int((Double(tokens) * balance.copies.gpus * imbalance).rounded()),
          localExperts: slotsPerGPU), precision: formats, activations: .deepseekV3
      ).kernels(of: kind)
    }
  }

  /// The time of a kernel on a number of multiprocessors, not below the least.
  public func seconds(_ kernel: Kernel, sms: Int) -> Double {
    max(timer.time(kernel, sms: sms).seconds, Self.assumedLeastKernelTime)
  }

  /// What the timer says of a kernel on the whole GPU, for lists.
  public func time(_ kernel: Kernel) -> KernelTime {
    var time = timer.time(kernel, sms: node.gpu.smCount)
    if time.seconds < Self.assumedLeastKernelTime {
      time.seconds = Self.assumedLeastKernelTime
      time.source = "assumedLeastKernelTime"
    }
    return time
  }

  /// The time of one part of a kind of layer.
  func time(
    _ part: LayerKernels.Part, of kind: LayerKind, sequences: Int, imbalance: Double = 1,
    queries: Int? = nil
  ) -> PieceTime {
    let list = kernels(
      of: kind, sequences: sequences, imbalance: imbalance, queries: queries ?? spec.queries)[
        part, .forward]
    let all = node.gpu.smCount
    func sum(_ sms: Int) -> SimDuration {
      SimDuration(seconds: list.reduce(0) { $0 + seconds($1, sms: sms) })
    }
    return PieceTime(alone: sum(all), besideExchange: sum(all - spec.communicationSMs))
  }

  /// The time of a dispatch or combine of a microbatch, the fullest GPU setting the pace.
  public func exchangeSeconds(
    _ direction: ExpertExchange.Direction, sequences: Int, imbalance: Double
  ) -> Double {
    let topK = model.experts?.topK ?? 0
    let messages = ExpertMessages(
      hidden: model.hidden, topK: topK, dispatch: spec.gemm == .fp8 ? .fp8 : .bf16,
      combine: .bf16)
    let bytes = direction == .dispatch ? messages.dispatchPayload : messages.combinePayload
    // The fullest GPU sets the pace of all: its messages stand for everyone's.
    let tokens = Int((Double(sequences * spec.queries) * imbalance).rounded())
    switch spec.phase {
    case .decode:
      return LowLatencyExchange(
        direction: direction, tokens: tokens, topK: topK, bytesPerMessage: bytes,
        gpuCount: spec.expertParallel
      ).seconds(on: node)
    case .prefill:
      return ExpertExchange(
        direction: direction, tokens: tokens, bytesPerToken: bytes,
        nodesPerToken: balance.copies.nodes, gpusPerToken: balance.copies.gpus,
        nodeCount: nodeCount
      ).seconds(
        on: node, sms: spec.communicationSMs,
        // The exchange kernels of the same spring as the products.
        release: spec.kernelRelease == .april2025 ? .june2025 : .february2025)
    }
  }
}
