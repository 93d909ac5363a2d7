// The costs of every kind of block of one scenario, computed once.

import Cluster
import Execution
import ModelCost
import Routing
import Units

/// Costs by kind of block, and their inputs.
package struct BlockCosts: Sendable {
  /// Where the tokens go.
  package let traffic: ExpertTraffic
  /// The work of one layer on one GPU under balanced loads.
  package let work: LayerWork
  /// The uneven traffic of experts; nil if it is balanced or no experts are spread.
  package private(set) var loads: StepTraffic?
  /// Sums of its rows over layers; nil if they are balanced.
  private(set) var rowSums: RowSums?
  private let expertTimes: ExpertTimes?
  /// The exchanges of a layer with experts; nil if experts are not spread.
  let exchanges: (dispatch: ExpertExchange, combine: ExpertExchange)?
  /// The exchanges of tensor and context groups.
  let groupExchanges: GroupExchanges
  /// What the host costs.
  var host: HostCosts
  /// The waits of a GPU for slower ones, at the start of a step.
  let barriers: BarrierWaits
  /// Standard deviation of a collective's time, relative to it.
  let collectiveJitter: Double
  private let costs: EnumTable<LayerKind, BlockCost>
  private let builder: LayerKernelBuilder
  private let timer: KernelTimer
  private let gpuSMs: Int

  /// - Parameters:
  ///   - spec: the training step.
  ///   - model: the model that is trained.
  ///   - cluster: the GPUs that train it, and their network.
  ///   - traffic: the traffic of experts of another step, used if that one routes alike.
  /// - Precondition: the layout divides GPUs and experts evenly.
  package init(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, traffic known: ExpertTraffic? = nil
  ) {
    let inputs = ExpertTraffic.Inputs(spec: spec, model: model, cluster: cluster)
    traffic = known.flatMap { $0.inputs == inputs ? $0 : nil } ?? ExpertTraffic(inputs)
    loads = traffic.loads
    work = LayerWork(
      tokens: spec.contextTokens, sequenceLength: spec.sequenceLength, experts: model.experts,
      expertParallel: spec.layout.expert, gpusPerToken: traffic.copies.gpus,
      sharding: spec.layout.sharding)
    builder = LayerKernelBuilder(
      model: model, work: work, precision: spec.precision, activations: spec.activations)
    timer = KernelTimer(
      gpu: cluster.node.gpu, recipe: spec.precision.recipe, release: spec.kernelRelease,
      draw: cluster.draw, library: spec.library)
    gpuSMs = cluster.node.gpu.smCount
    exchanges =
      model.experts == nil || spec.layout.expert == 1
      ? nil : Self.exchanges(spec: spec, model: model, traffic: traffic)
    let exchange = exchanges.map { ExchangeTime($0, spec, cluster) }
    let parts = PartTimer(
      timer, on: cluster.node, communicationSMs: spec.communicationSMs, exchanges: exchanges,
      gap: spec.host.gap)
    let time: ([Kernel]) -> ComputeTime = parts.time
    var groups = GroupCosts(
      cluster: cluster, builder: builder, layout: spec.layout, time: parts.time)
    let hasUnevenRows = exchanges != nil && loads == nil
    costs = EnumTable { [builder] kind in
      var cost = BlockCost()
      let kernels = builder.kernels(of: kind)
      parts.fill(&cost, kernels, spec.jitter, hasUnevenRows: hasUnevenRows)
      if kind.hasExperts {
        cost.exchange = exchange
        cost.routing = time(builder.routing)
      }
      if !LayerKind.layers.contains(kind) {
        parts.fillLaunches(&cost, kernels, ofLayer: builder.kernels(of: model.layerKinds[0]))
      }
      BlockCounts(spec: spec, model: model).fill(&cost, kind: kind)
      if cost.recomputed == .dense {
        parts.fillAgain(&cost, builder.normedFeedForward, kernels, spec.jitter)
      }
      groups.fill(&cost, kind: kind, kernels: kernels)
      return cost
    }
    groupExchanges = groups.exchanges
    barriers = BarrierWaits { spec.jitter == .none ? 1 : spec.layout.gpus(meetingAt: $0) }
    collectiveJitter = spec.jitter.collectives
    host = spec.host
    rowSums = loads.map { RowSums($0) }
    expertTimes = loads.map { [builder, work] loads in
      ExpertTimes(
        work: work, most: loads.maxRows * Double(work.sharding.expertTensor)
      ) { work, pass in
        var builder = builder
        builder.work = work
        return time(builder.kernels(of: .moe)[.experts, pass])
      }
    }
  }

  /// Scale-up domains and GPUs that a token visits.
  package var copies: TokenFanOut { traffic.copies }

  /// Scale-up domains that share the experts of a layer.
  package var expertDomains: Int { traffic.inputs.domains }

  subscript(kind: LayerKind) -> BlockCost { costs[kind] }

  /// The kernels of a kind of block with the times that the simulation uses.
  package func timedKernels(
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

  /// The spread of a kernel's time.
  package func spread(of kernel: Kernel) -> KernelSpread { timer.spread(kernel, sms: gpuSMs) }

  /// The messages of a GPU in its tensor group around each part and pass, and in one step of its
  /// context group's ring, with bytes and seconds, in the order of the parts.
  package func timedExchanges(
    of kind: LayerKind
  ) -> [(
    part: LayerKernels.Part, pass: LayerKernels.Pass, name: String, bytes: Double, seconds: Double
  )] {
    let cost = self[kind]
    return LayerKernels.Pass.allCases.flatMap { pass in
      LayerKernels.Part.allCases.flatMap { part in
        let around = cost[exchanges: part, pass]
        let steps = part == .attention ? cost.ring(pass)?.places : nil
        let places: [Int] = around.before + (steps ?? []) + around.after
        return places.map { place in
          let exchange = groupExchanges.all[place]
          return (
            part, pass, exchange.name, exchange.bytes, groupExchanges.durations[place].seconds
          )
        }
      }
    }
  }

  /// Bytes of keys and values for one GPU's tokens and heads.
  var keyValueBytes: Double { builder.keyValueBytes }

  /// Seconds of the collectives that block some passes of a kind of block.
  func groupSeconds(
    _ kind: LayerKind, passes: [LayerKernels.Pass] = [.forward, .backwardInput]
  ) -> Double {
    let cost = self[kind]
    var sum = 0.0
    for pass in passes {
      for part in LayerKernels.Part.allCases {
        let exchanges = cost[exchanges: part, pass]
        for place in exchanges.before + exchanges.after {
          sum += groupExchanges.durations[place].seconds
        }
      }
    }
    return sum
  }

  /// Durations of dispatch and combine in seconds; nil if experts are not spread.
  package var exchangeSeconds: (dispatch: Double, combine: Double)? {
    self[.moe].exchange.map { ($0.dispatch.seconds, $0.combine.seconds) }
  }

  /// Time to read, update and write the optimizer state of `parameters`, and to make the copies of
  /// `narrow` weights that products read; memory-bound.
  func optimizerTime(
    parameters: Double, narrow: Double, precision: TrainingPrecision
  ) -> SimDuration {
    // Reads gradient, master and both moments; writes master, moments and the weight. Without a
    // master, the weight is read too.
    let bytes =
      precision.gradients.bytes + 2 * precision.optimizerBytes
      + precision.weights.bytes * (precision.master == nil ? 2 : 1)
    let kernel = Kernel.memory(
      "optimizer", .optimizer, tokens: Int(parameters), bytesPerToken: Double(bytes))
    let cast = Kernel.memory(
      "cast of weights", .cast, tokens: 1,
      bytesPerToken: precision.weightCastBytes(narrow: narrow))
    return SimDuration(
      seconds: timer.seconds([kernel] + (cast.bytes > 0 ? [cast] : []), sms: gpuSMs)
        * host.optimizerFactor)
  }

  /// The same costs under balanced loads.
  var balanced: BlockCosts {
    var costs = self
    (costs.loads, costs.rowSums) = (nil, nil)
    return costs
  }

  /// Duration of the routed experts on a GPU that receives a number of rows and distinct tokens.
  ///
  /// - Precondition: loads are not balanced.
  func expertTime(_ pass: LayerKernels.Pass, rows: Double, arrived: Double) -> ComputeTime {
    guard let expertTimes else { preconditionFailure("balanced loads have a single duration") }
    // The GPUs that share the experts' widths compute with the rows of all of them.
    let copies = Double(work.sharding.expertTensor)
    return expertTimes.time(pass, rows: rows * copies, arrived: arrived * copies)
  }

  private static func exchanges(
    spec: TrainingSpec, model: ModelSpec, traffic: ExpertTraffic
  ) -> (dispatch: ExpertExchange, combine: ExpertExchange) {
    let messages = ExpertMessages(
      hidden: model.hidden, topK: model.experts?.topK ?? 0, dispatch: spec.precision.dispatch,
      combine: spec.precision.combine)
    func exchange(_ direction: ExpertExchange.Direction, bytes: Int) -> ExpertExchange {
      ExpertExchange(
        direction: direction, tokens: spec.ownTokens, bytesPerToken: bytes,
        domainsPerToken: traffic.copies.nodes, gpusPerToken: traffic.copies.gpus,
        domainCount: traffic.inputs.domains,
        gpusPerDomain: spec.layout.expert / traffic.inputs.domains)
    }
    return (
      exchange(.dispatch, bytes: messages.dispatchPayload),
      exchange(.combine, bytes: messages.combinePayload)
    )
  }
}

extension ExchangeTime {
  fileprivate init(
    _ exchanges: (dispatch: ExpertExchange, combine: ExpertExchange), _ spec: TrainingSpec,
    _ cluster: ClusterSpec
  ) {
    func time(_ exchange: ExpertExchange) -> SimDuration {
      SimDuration(seconds: exchange.seconds(on: cluster.node, sms: spec.communicationSMs))
    }
    self.init(dispatch: time(exchanges.dispatch), combine: time(exchanges.combine))
  }
}
