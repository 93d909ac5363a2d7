// Costs of each piece of an inference step on a GPU: kernels by measured efficiency, exchanges as
// flows at rates derived from published times of their kernels. Nothing is calibrated to a measured
// service.
//
// No kernel takes less time than a captured graph needs to start the next one. Not modelled: clock
// rates, synchronisations of a prefill. While the exchanges of two microbatches run at the same
// time, they take as much memory bandwidth as one. Collectives hold no multiprocessors, and their
// sums cost only their traffic.

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

  /// - Parameters:
  ///   - spec: the phase, its batch and context, and the layout.
  ///   - model: the model that is served.
  ///   - cluster: the GPUs that serve it, and their network.
  ///   - balance: the balance of the same model, GPUs and loads, if known.
  ///   - timer: the timer of the same GPU and kernels, if known.
  /// - Precondition: the spec has no problems for model and cluster.
  package init(
    spec: InferenceSpec, model: ModelSpec, cluster: ClusterSpec, balance: ExpertBalance? = nil,
    timer: KernelTimer? = nil
  ) {
    self.spec = spec
    self.model = model
    self.cluster = cluster
    domainCount = spec.domains(of: cluster)
    let balance =
      balance ?? ExpertBalance(spec: spec, model: model, domains: domainCount)
    self.balance = spec.unit == nil ? balance : balance.even
    traffic = InferenceTraffic(self.balance, spec: spec, domains: domainCount)
    self.timer =
      timer
      ?? KernelTimer(
        gpu: cluster.node.gpu, recipe: spec.formats.gemm == .fp8 ? .deepseek : .bf16,
        release: spec.kernelRelease, draw: cluster.draw, library: spec.library)
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
  ///   - kind: the kind of layer, dense or with experts.
  ///   - rows: tokens of the microbatch in an attention group.
  ///   - traffic: what the GPU's experts receive; nil for the mean of all GPUs.
  package func kernels(
    of kind: LayerKind, _ rows: StepRows, traffic: GPUTraffic? = nil
  ) -> LayerKernels {
    let share = layout.withExpertShare(model)
    let (expertRows, arrived) = expertTokens(rows.tokens, traffic)
    func work(_ decodes: DecodeRows) -> DecodeWork {
      DecodeWork(
        sequences: decodes.sequences, queries: decodes.queries, context: decodes.context,
        expertRows: expertRows, localExperts: slotsPerGPU, cache: spec.kvCache,
        tensor: layout.tensor,
        routedTokens: exchangesTokens ? spec.ownTokens(of: decodes.tokens) : decodes.tokens)
    }
    switch rows {
    case .decode(let decodes):
      return DecodeKernelBuilder(model: share, work: work(decodes), formats: spec.formats)
        .kernels(of: kind)
    case .prefill(let prompts, let decodes):
      let prefix =
        prompts.cached > 0 ? CachedPrefix(tokens: prompts.cached, format: spec.kvCache) : nil
      let work = LayerWork(
        tokens: rows.tokens, sequenceLength: prompts.length, expertRows: expertRows,
        arrivedTokens: arrived, localExperts: slotsPerGPU,
        sharding: LayerSharding(tensor: layout.tensor), prefix: prefix,
        decoding: decodes.map(work))
      return LayerKernels.prefill(of: kind, model: share, work: work, formats: spec.formats)
    }
  }

  /// The kernels of the head for some rows of a microbatch.
  package func headKernels(_ count: Int) -> [Kernel] {
    let rows: StepRows =
      switch spec.phase {
      case .decode: .decode(DecodeRows(sequences: count, queries: 1, context: 0))
      case .prefill: .prefill(PromptRows(tokens: count, length: 1, cached: 0), beside: nil)
      }
    return kernels(of: .head, rows)[.feedForward, .forward]
  }

  /// Rows of a GPU's experts in a microbatch, and the distinct tokens that they belong to.
  ///
  /// - Parameter tokens: tokens of the microbatch in an attention group.
  func expertTokens(_ tokens: Int, _ traffic: GPUTraffic?) -> (rows: Int, arrived: Int) {
    let group = Double(tokens)
    let unit = spec.expertShare
    let topK = Double(model.experts?.topK ?? 0)
    if layout.experts == .divided {
      // Every GPU has a part of every expert.
      let all = group * unit * Double(layout.data)
      return (Int((all * topK).rounded()), Int(all.rounded()))
    }
    // The traffic is that of whole tokens on each GPU, of which a tensor group may have fewer.
    let own = Double(spec.ownTokens(of: tokens))
    let share = group / Double(layout.tensor) / own
    return (
      Int(((traffic?.rows ?? own * topK * unit) * share).rounded()),
      Int(((traffic?.arrived ?? own * balance.copies.gpus * unit) * share).rounded())
    )
  }

  /// The duration of a kernel on a number of multiprocessors, but at least the minimum.
  package func seconds(_ kernel: Kernel, sms: Int) -> Double {
    max(timer.seconds(kernel, sms: sms), Self.assumedLeastKernelTime)
  }

  /// The spread of a kernel's time.
  package func spread(of kernel: Kernel) -> KernelSpread {
    timer.spread(kernel, sms: node.gpu.smCount)
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
    _ part: LayerKernels.Part, of kind: LayerKind, _ rows: StepRows, traffic: GPUTraffic? = nil
  ) -> ComputeTime {
    time(kernels(of: kind, rows, traffic: traffic)[part, .forward], beside: rows.tokens)
  }

  /// The duration of kernels of a microbatch that run one after another.
  ///
  /// - Parameter tokens: tokens of an attention group in the exchange beside them.
  func time(_ list: [Kernel], beside tokens: Int) -> ComputeTime {
    guard !list.isEmpty else { return .zero }
    func loads(_ sms: Int) -> [MemorySharing.Load] {
      list.map { (seconds($0, sms: sms), $0.bytes) }
    }
    func sum(_ loads: [MemorySharing.Load]) -> SimDuration {
      SimDuration(seconds: loads.reduce(0) { $0 + $1.seconds })
    }
    let all = node.gpu.smCount
    let alone = loads(all)
    let gaps = SimDuration(seconds: spec.host.gap * Double(alone.count { $0.seconds > 0 }))
    guard exchangesTokens else { return ComputeTime(sum(alone) + gaps) }
    let onFewer = loads(all - spec.communicationSMs)
    let shared = MemorySharing(timer, exchange: memoryDemand(tokens)).times(onFewer)
    return ComputeTime(
      alone: sum(alone) + gaps, onFewerSMs: sum(onFewer) + gaps,
      besideCommunication: SimDuration(seconds: shared.seconds) + gaps,
      exchangePace: shared.exchangePace)
  }
}

extension InferenceSpec {
  /// Tokens of a group's that one GPU of it sends to experts.
  func ownTokens(of tokens: Int) -> Int { (tokens + layout.tensor - 1) / layout.tensor }
}

extension InferenceCosts {
  /// What the host does beside the GPU: in decoding it schedules the next step, in prefill it
  /// launches every layer.
  var hostBeside: SimDuration {
    let host = spec.host
    guard spec.phase == .prefill else { return SimDuration(seconds: host.scheduler) }
    let seconds = model.layerKinds.reduce(0.0) {
      $0 + host.denseLaunch(isForward: true)
        + ($1.hasExperts ? host.expertLaunch(isForward: true) : 0)
    }
    return SimDuration(seconds: seconds)
  }

  /// What the host does while the GPU waits.
  var hostAfter: SimDuration {
    SimDuration(seconds: spec.phase == .decode ? spec.host.unhidden : 0)
  }
}
