// Costs of each piece of an inference step on a GPU: kernels by measured efficiency, exchanges as
// flows at rates derived from published times of their kernels. Nothing is calibrated to a measured
// service.
//
// No kernel takes less time than a captured graph needs to start the next one. Not modelled: gaps
// between kernels, clock rates. While the exchanges of two microbatches run at the same time, they
// take as much memory bandwidth as one.

import Cluster
import Execution
import Facts
import ModelCost
import Routing
import Units

/// The costs of one step on GPUs of a cluster.
package struct InferenceCosts: Sendable {
  /// The minimum duration of a kernel that was not measured at its size: launch and drain in a
  /// graph.
  package static let assumedLeastKernelTime = 2e-6

  let spec: InferenceSpec
  let model: ModelSpec
  private(set) var cluster: ClusterSpec
  /// Scale-up domains that share the experts.
  package let domainCount: Int
  package private(set) var balance: ExpertBalance
  /// What the tokens of each layer and microbatch put on GPUs and links.
  package private(set) var traffic: InferenceTraffic
  private let timer: KernelTimer

  /// - Parameter balance: the balance of the same model, GPUs and loads, if known.
  /// - Precondition: the spec has no problems for model and cluster.
  package init(
    spec: InferenceSpec, model: ModelSpec, cluster: ClusterSpec, balance: ExpertBalance? = nil
  ) {
    self.spec = spec
    self.model = model
    self.cluster = cluster
    domainCount = max(1, spec.expertParallel / cluster.gpusPerDomain)
    guard let experts = model.experts else {
      preconditionFailure("an inference scenario names a model with experts")
    }
    let balance =
      balance
      ?? ExpertBalance(
        spec: spec, experts: experts, layers: model.expertLayers, domains: domainCount
      )
    self.balance = balance
    traffic = InferenceTraffic(balance, spec: spec, domains: domainCount)
    timer = KernelTimer(gpu: cluster.node.gpu, release: spec.kernelRelease)
  }

  var node: NodeSpec { cluster.node }

  /// The largest counts of any GPU in the first microbatch of the first layer with experts; nil for
  /// the mean.
  package var mostLoaded: GPUTraffic? {
    balance.isUneven && traffic.layers > 0 ? traffic.layer(0, microbatch: 0).most : nil
  }

  /// The costs if all GPUs were equally loaded.
  var even: InferenceCosts {
    var result = self
    result.balance = balance.even
    result.traffic = InferenceTraffic(balance.even, spec: spec, domains: domainCount)
    return result
  }

  /// The costs if switches spread flows evenly.
  var onAdaptivePaths: InferenceCosts {
    var result = self
    result.cluster.paths = .adaptive
    return result
  }

  /// Routed experts of a layer on one GPU.
  package var slotsPerGPU: Int {
    ((model.experts?.routed ?? 0) + spec.redundantExperts) / spec.expertParallel
  }

  /// The kernels of a kind of layer for a microbatch.
  ///
  /// - Parameters:
  ///   - sequences: sequences of the microbatch on the GPU.
  ///   - queries: tokens of each sequence.
  ///   - traffic: what the GPU's experts receive; nil for the mean of all GPUs.
  package func kernels(
    of kind: LayerKind, sequences: Int, queries: Int, traffic: GPUTraffic? = nil
  ) -> LayerKernels {
    let tokens = sequences * queries
    let (rows, arrived) = expertTokens(sequences: sequences, queries: queries, traffic)
    switch spec.phase {
    case .decode:
      return DecodeKernelBuilder(
        model: model,
        work: DecodeWork(
          sequences: sequences, queries: queries, context: spec.context, expertRows: rows,
          localExperts: slotsPerGPU, cache: spec.kvCache), formats: ProductFormats(spec.gemm)
      ).kernels(of: kind)
    case .prefill:
      let formats: TrainingPrecision = spec.gemm == .fp8 ? .deepseekV3 : .bf16
      let prefix =
        spec.cachedPrefix > 0
        ? CachedPrefix(tokens: spec.cachedPrefix, format: spec.kvCache) : nil
      return LayerKernelBuilder(
        model: model,
        work: LayerWork(
          tokens: tokens, sequenceLength: spec.context, expertRows: rows,
          arrivedTokens: arrived,
          localExperts: slotsPerGPU, prefix: prefix), precision: formats,
        activations: .deepseekV3
      ).kernels(of: kind)
    }
  }

  /// Rows of a GPU's experts in a microbatch, and the distinct tokens that they belong to.
  func expertTokens(
    sequences: Int, queries: Int, _ traffic: GPUTraffic?
  ) -> (rows: Int, arrived: Int) {
    let tokens = Double(sequences * queries)
    return (
      Int((traffic?.rows ?? tokens * Double(model.experts?.topK ?? 0)).rounded()),
      Int((traffic?.arrived ?? tokens * balance.copies.gpus).rounded())
    )
  }

  /// The duration of a kernel on a number of multiprocessors, but at least the minimum.
  package func seconds(_ kernel: Kernel, sms: Int) -> Double {
    max(timer.time(kernel, sms: sms).seconds, Self.assumedLeastKernelTime)
  }

  /// The timer's prediction for a kernel on the whole GPU, for lists.
  package func time(_ kernel: Kernel) -> KernelTime {
    var time = timer.time(kernel, sms: node.gpu.smCount)
    if time.seconds < Self.assumedLeastKernelTime {
      time.seconds = Self.assumedLeastKernelTime
      time.source = "\(.assumed.leastKernelTime)"
    }
    return time
  }

  /// The duration of one part of a kind of layer.
  func time(
    _ part: LayerKernels.Part, of kind: LayerKind, sequences: Int, queries: Int? = nil,
    traffic: GPUTraffic? = nil
  ) -> ComputeTime {
    let list = kernels(
      of: kind, sequences: sequences, queries: queries ?? spec.queries, traffic: traffic)[
        part, .forward]
    func loads(_ sms: Int) -> [MemorySharing.Load] {
      list.map { (seconds($0, sms: sms), $0.bytes) }
    }
    func sum(_ loads: [MemorySharing.Load]) -> SimDuration {
      SimDuration(seconds: loads.reduce(0) { $0 + $1.seconds })
    }
    let all = node.gpu.smCount
    let onFewer = loads(all - spec.communicationSMs)
    let shared = MemorySharing(timer, exchange: memoryDemand(sequences: sequences)).times(onFewer)
    return ComputeTime(
      alone: sum(loads(all)), onFewerSMs: sum(onFewer),
      besideCommunication: SimDuration(seconds: shared.seconds),
      exchangePace: shared.exchangePace)
  }

  /// What a dispatch and a combine of a microbatch, averaged over their time, ask of memory.
  private func memoryDemand(sequences: Int) -> MemoryDemand {
    let directions = ExpertExchange.Direction.allCases
    let totals = directions.map { direction -> MemorySharing.Load in
      switch spec.phase {
      case .decode:
        let exchange = lowLatency(direction, sequences: sequences)
        return (
          exchange.seconds(on: node), exchange.memoryBytes
        )
      case .prefill:
        let exchange = normal(direction, sequences: sequences)
        return (
          exchange.seconds(on: node, sms: spec.communicationSMs, release: exchangeRelease),
          exchange.memoryBytes
        )
      }
    }
    return MemoryDemand(
      bytes: totals.reduce(0) { $0 + $1.bytes }, seconds: totals.reduce(0) { $0 + $1.seconds },
      sms: spec.communicationSMs, of: node.gpu.smCount)
  }

  /// A dispatch or combine of a microbatch as flows on the ports of a GPU.
  func exchange(_ direction: ExpertExchange.Direction, sequences: Int) -> ExchangeFlows {
    switch spec.phase {
    case .decode: ExchangeFlows(lowLatency(direction, sequences: sequences), node: node)
    case .prefill:
      ExchangeFlows(
        normal(direction, sequences: sequences), node: node, sms: spec.communicationSMs,
        release: exchangeRelease)
    }
  }

  /// The exchange kernels of the same season as the matrix products.
  private var exchangeRelease: DeepEPRelease {
    spec.kernelRelease == .april2025 ? .june2025 : .february2025
  }

  private func lowLatency(
    _ direction: ExpertExchange.Direction, sequences: Int
  ) -> LowLatencyExchange {
    LowLatencyExchange(
      direction: direction, tokens: sequences * spec.queries, topK: model.experts?.topK ?? 0,
      bytesPerMessage: messageBytes(direction), gpuCount: spec.expertParallel,
      gpusPerDomain: cluster.gpusPerDomain)
  }

  private func normal(_ direction: ExpertExchange.Direction, sequences: Int) -> ExpertExchange {
    ExpertExchange(
      direction: direction, tokens: sequences * spec.queries,
      bytesPerToken: messageBytes(direction), domainsPerToken: balance.copies.nodes,
      gpusPerToken: balance.copies.gpus, domainCount: domainCount,
      gpusPerDomain: spec.expertParallel / domainCount)
  }

  private func messageBytes(_ direction: ExpertExchange.Direction) -> Int {
    let messages = ExpertMessages(
      hidden: model.hidden, topK: model.experts?.topK ?? 0,
      dispatch: spec.gemm == .fp8 ? .fp8 : .bf16, combine: .bf16)
    return direction == .dispatch ? messages.dispatchPayload : messages.combinePayload
  }

  /// The duration of a dispatch or combine of a microbatch on otherwise idle links.
  package func exchangeSeconds(
    _ direction: ExpertExchange.Direction, sequences: Int, _ traffic: GPUTraffic?
  ) -> Double {
    // Nothing but the ports of healthy GPUs.
    let bare = ClusterSpec(node: node, nodeCount: cluster.nodeCount)
    let network = InferenceNetwork(self, on: bare, representatives: .one(levels: 1))
    let exchange = exchange(direction, sequences: sequences)
    return network.links.aloneDuration(
      of: Transfer(rank: 0, [exchange.phase(to: network.peers, traffic)])
    ).seconds
  }
}
