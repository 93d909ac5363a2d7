// Costs of each piece of an inference step on a GPU: kernels by measured efficiency, exchanges as
// flows at rates derived from published times of their kernels. Nothing is calibrated to a measured
// service.
//
// No kernel takes less time than a captured graph needs to start the next one. Not modelled: gaps
// between kernels, clock rates. While the exchanges of two microbatches run at the same time, they
// take as much memory bandwidth as one. Collectives hold no multiprocessors, and their sums cost
// only their traffic.

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

  package let spec: InferenceSpec
  let model: ModelSpec
  private(set) var cluster: ClusterSpec
  /// Scale-up domains that share the experts.
  package let domainCount: Int
  package private(set) var balance: ExpertBalance
  /// What the tokens of each layer and microbatch put on GPUs and links.
  package private(set) var traffic: InferenceTraffic
  let timer: KernelTimer

  /// - Parameter balance: the balance of the same model, GPUs and loads, if known.
  /// - Precondition: the spec has no problems for model and cluster.
  package init(
    spec: InferenceSpec, model: ModelSpec, cluster: ClusterSpec, balance: ExpertBalance? = nil
  ) {
    self.spec = spec
    self.model = model
    self.cluster = cluster
    domainCount = max(1, spec.gpusPerStage / cluster.gpusPerDomain)
    let balance =
      balance ?? ExpertBalance(spec: spec, model: model, domains: domainCount)
    self.balance = balance
    traffic = InferenceTraffic(balance, spec: spec, domains: domainCount)
    timer = KernelTimer(gpu: cluster.node.gpu, release: spec.kernelRelease)
  }

  var node: NodeSpec { cluster.node }
  var layout: InferenceLayout { spec.layout }

  /// Whether tokens travel by the kernels of dispatch and combine.
  package var exchangesTokens: Bool {
    model.expertLayers > 0 && layout.expertPath == .allToAll
  }

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

  /// Routed experts of a layer on one GPU, whole or in parts.
  package var slotsPerGPU: Int {
    layout.localExperts(of: model.experts, redundant: spec.redundantExperts)
  }

  /// The kernels of a kind of layer for a microbatch.
  ///
  /// - Parameters:
  ///   - sequences: sequences of the microbatch in an attention group.
  ///   - queries: tokens of each sequence.
  ///   - traffic: what the GPU's experts receive; nil for the mean of all GPUs.
  package func kernels(
    of kind: LayerKind, sequences: Int, queries: Int, traffic: GPUTraffic? = nil
  ) -> LayerKernels {
    let (rows, arrived) = expertTokens(sequences: sequences, queries: queries, traffic)
    let share = layout.withExpertShare(model)
    switch spec.phase {
    case .decode:
      let tokens = sequences * queries
      return DecodeKernelBuilder(
        model: share,
        work: DecodeWork(
          sequences: sequences, queries: queries, context: spec.context, expertRows: rows,
          localExperts: slotsPerGPU, cache: spec.kvCache, tensor: layout.tensor,
          routedTokens: exchangesTokens ? spec.ownTokens(of: tokens) : tokens),
        formats: spec.formats
      ).kernels(of: kind)
    case .prefill:
      let prefix =
        spec.cachedPrefix > 0
        ? CachedPrefix(tokens: spec.cachedPrefix, format: spec.kvCache) : nil
      let work = LayerWork(
        tokens: sequences * queries, sequenceLength: spec.context, expertRows: rows,
        arrivedTokens: arrived, localExperts: slotsPerGPU,
        sharding: LayerSharding(tensor: layout.tensor), prefix: prefix)
      return LayerKernels.prefill(of: kind, model: share, work: work, formats: spec.formats)
    }
  }

  /// Rows of a GPU's experts in a microbatch, and the distinct tokens that they belong to.
  func expertTokens(
    sequences: Int, queries: Int, _ traffic: GPUTraffic?
  ) -> (rows: Int, arrived: Int) {
    let group = Double(sequences * queries)
    let topK = Double(model.experts?.topK ?? 0)
    if layout.experts == .divided {
      // Every GPU has a part of every expert.
      let tokens = group * Double(layout.data)
      return (Int((tokens * topK).rounded()), Int(tokens.rounded()))
    }
    // The traffic is that of whole tokens on each GPU, of which a tensor group may have fewer.
    let own = Double(spec.ownTokens(of: sequences * queries))
    let share = group / Double(layout.tensor) / own
    return (
      Int(((traffic?.rows ?? own * topK) * share).rounded()),
      Int(((traffic?.arrived ?? own * balance.copies.gpus) * share).rounded())
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
    time(
      kernels(of: kind, sequences: sequences, queries: queries ?? spec.queries, traffic: traffic)[
        part, .forward], sequences: sequences)
  }

  /// The duration of kernels of a microbatch that run one after another.
  func time(_ list: [Kernel], sequences: Int) -> ComputeTime {
    guard !list.isEmpty else { return .zero }
    func loads(_ sms: Int) -> [MemorySharing.Load] {
      list.map { (seconds($0, sms: sms), $0.bytes) }
    }
    func sum(_ loads: [MemorySharing.Load]) -> SimDuration {
      SimDuration(seconds: loads.reduce(0) { $0 + $1.seconds })
    }
    let all = node.gpu.smCount
    guard exchangesTokens else { return ComputeTime(sum(loads(all))) }
    let onFewer = loads(all - spec.communicationSMs)
    let shared = MemorySharing(timer, exchange: memoryDemand(sequences: sequences)).times(onFewer)
    return ComputeTime(
      alone: sum(loads(all)), onFewerSMs: sum(onFewer),
      besideCommunication: SimDuration(seconds: shared.seconds),
      exchangePace: shared.exchangePace)
  }
}

extension InferenceSpec {
  /// Tokens of a group's that one GPU of it sends to experts.
  func ownTokens(of tokens: Int) -> Int { (tokens + layout.tensor - 1) / layout.tensor }
}
