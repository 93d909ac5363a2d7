// The least units with which enough requests can be inside their bounds, whatever the scheduler
// does: the work of the cheapest requests that make up the share, at the hardware's peaks, in the
// time until the last of them must be done. No efficiency, exchange, imbalance or queue is counted,
// so the bound is below what is needed, and far below it where those matter.

import Cluster
import ModelCost
import Recording
import Service
import Serving
import Units

/// A lower bound of the units of each pool.
struct ServeBound: Sendable {
  /// Least units of each pool, at least 1.
  var units: [Int]
  /// What binds: `FLOPs of prompts`, `reads of caches and weights` ...
  var boundedBy: String

  /// A bound without a proof of more than one unit in each pool.
  init(pools: Int) {
    units = [Int](repeating: 1, count: pools)
    boundedBy = "one unit"
  }

  /// What a pool must do for one request.
  private struct Work {
    var prompt = 0.0
    var output = 0.0
    var reads = 0.0
  }

  /// - Parameter share: of the requests that must be inside their bounds.
  init(_ service: ServiceSpec, model: ModelSpec, cluster: ClusterSpec, share: Double) {
    self.init(pools: service.pools.count)
    // Without arrival times of their own, fewer units only slow the requests down.
    guard case .open = service.load.arrivals, service.stop == nil,
      let times = Self.horizons(service)
    else { return }
    let needed = Int((share * Double(service.load.requests.count)).rounded(.up))
    let gpu = cluster.node.gpu
    let peak = max(gpu.fp8Peak?.value ?? 0, gpu.bf16Peak.value)
    var largest = 0.0
    for (index, pool) in service.pools.enumerated() {
      let work = service.load.requests.map { Self.work($0, service, pool, model) }
      func cheapest(_ amount: (Work) -> Double) -> Double {
        work.map(amount).sorted().prefix(needed).reduce(0, +)
      }
      let gpus = Double(pool.step.layout.gpus)
      var demands: [(units: Double, by: String)] = []
      if pool.role != .decode {
        demands.append((cheapest(\.prompt) / (peak * gpus * times.first), "FLOPs of prompts"))
      }
      if pool.role != .prefill {
        let (flops, reads) = (cheapest(\.output), cheapest(\.reads))
        demands.append((flops / (peak * gpus * times.last), "FLOPs of outputs"))
        demands.append(
          (reads / (gpu.memoryBandwidth.value * gpus * times.last), "reads of caches and weights"))
      }
      for demand in demands where demand.units.isFinite {
        // A millionth is left for the rounding of sums.
        let least = Int(min(1e6, max(1, (demand.units * (1 - 1e-6)).rounded(.up))))
        units[index] = max(units[index], least)
        if least > 1, demand.units > largest { (largest, boundedBy) = (demand.units, demand.by) }
      }
    }
  }

  /// Seconds in which first tokens, and all tokens, of requests inside their bounds are made: from
  /// the first arrival to the latest deadline. Nil if some class has no such deadline.
  private static func horizons(_ service: ServiceSpec) -> (first: Double, last: Double)? {
    let requests = service.load.requests
    guard let start = requests.map(\.arrival).min() else { return nil }
    var (first, last) = (0.0, 0.0)
    for request in requests {
      let traffic = service.classes[request.trafficClass]
      let wait = (request.arrival - start).seconds
      let whole = traffic.endToEnd?.seconds ?? .infinity
      let token = min(traffic.timeToFirstToken?.seconds ?? .infinity, whole)
      let perToken = traffic.timePerOutputToken?.seconds ?? .infinity
      first = max(first, wait + token)
      let rest = request.output > 1 ? perToken * Double(request.output - 1) : 0
      last = max(last, wait + min(whole, token + rest))
    }
    return first > 0 && last > 0 ? (first, last) : nil
  }

  /// FLOPs of the prompt, FLOPs of the later tokens, and bytes that are read for them.
  private static func work(
    _ request: ServiceRequest, _ service: ServiceSpec, _ pool: PoolSpec, _ model: ModelSpec
  ) -> Work {
    var work = Work()
    let head = Double(model.embeddingParameters)
    let active = Double(model.activeParametersWithoutEmbedding)
    // Prompts may be found in a cache if they equal others; the head is computed once.
    if request.content == nil { work.prompt = 2 * (active - head) * Double(request.prompt) }
    let later = Double(request.output - 1)
    work.output = 2 * active * later
    // A verification reads the context once, whatever drafts it accepts, and shares the weights
    // that all tokens use with the requests of its batch: one byte of each, the smallest format.
    let verifications = later / Double(1 + (service.drafts?.count ?? 0))
    let isSparse =
      if case .latent(let attention) = model.attention { attention.indexer != nil } else { false }
    let cache = isSparse ? 0 : Double(model.kvBytes(sequence: request.prompt, pool.step.kvCache))
    work.reads = verifications * (cache + model.commonParameters / Double(pool.scheduler.seats))
    return work
  }
}

extension ModelSpec {
  /// Parameters that every token of a step uses: all but embedding and routed experts.
  fileprivate var commonParameters: Double {
    let routed = expertLayers * (experts?.topK ?? 0) * expertParameters
    return Double(activeParametersWithoutEmbedding - routed)
  }
}
