// The assumptions of a simulated training step, as stated in its result.

import Cluster
import KernelTimes
import ModelCost
import Recording
import Routing
import Units

extension TrainingStep {
  /// One sentence per assumption.
  var assumptions: [String] {
    let reserved =
      "assumedReservedBytes: the runtime keeps "
      + memoryText(bytes: MemoryPlan.assumedReservedBytes) + " of each GPU"
    return [reserved] + (model.experts == nil ? [] : [loadAssumption]) + [networkAssumption]
      + groupAssumptions + shardingAssumptions + offloadAssumptions
      + measuredAssumptions
      + [spec.jitter.assumption(hasRouting: costs.loads != nil), hostAssumption].compactMap { $0 }
  }

  private var offloadAssumptions: [String] {
    guard let offload = spec.offload else { return [] }
    guard offload.updater == .host else {
      return ["offload: states move over each GPU's own link to its host"]
    }
    let chunks =
      offload.overlaps
      ? " in \(OptimizerOffload.assumedOffloadChunks) chunks (assumedOffloadChunks)" : ""
    let memory =
      offload.hostMemory == OptimizerOffload.assumedHostMemory ? "assumedHostMemory: " : ""
    return [
      "offload: \(memory)a host updates the states of each GPU at"
        + " \(significantText(offload.hostMemory.value / 1e9)) GB/s\(chunks); each has its own link"
    ]
  }

  private var shardingAssumptions: [String] {
    guard spec.sharding.reducesInCells else { return [] }
    let gathers =
      spec.sharding.states == .parameters
      ? "parameters are gathered"
        + (spec.sharding.prefetches ? " one layer ahead" : " when a layer begins") + " and " : ""
    return [
      "sharding: \(gathers)gradients are reduced layer by layer beside computation, without padding"
        + " of shards; they hold no SMs"
    ]
  }

  /// What hosts cost; nil if nothing.
  private var hostAssumption: String? {
    let host = spec.host
    guard host != .none else { return nil }
    let layers =
      host.launchesLayers
      ? "; hosts launch layers one by one and read the rows of experts"
      : "; hosts are never late within a layer"
    return "hosts: kernels are \(durationText(seconds: host.gap)) apart\(layers); the update"
      + " takes \(significantText(host.optimizerFactor)) times its kernel and"
      + " \(durationText(seconds: host.optimizerLaunches + host.stepWork)), with data and logs"
  }

  private var measuredAssumptions: [String] {
    let exchange =
      spec.layout.expert > 1 ? ExchangeMeasurement.assumption(on: cluster) : nil
    let own = spec.library.calibration(on: Device(cluster.node.gpu))
    return [KernelTimer.assumption(on: cluster.node.gpu), own, exchange].compactMap { $0 }
  }

  private var groupAssumptions: [String] {
    let layout = spec.layout
    return [
      layout.tensor > 1
        ? (layout.sharding.overlap == .absent
          ? "computation waits for the collectives of tensor groups, as in Megatron-LM without its"
            + " overlap; they are rings in BF16 and hold no SMs"
          : "collectives of tensor groups run in pieces beside products, on"
            + " \(PipelinedPart.ringSMs) SM (gathers) or \(PipelinedPart.reductionSMs) (sums); ones"
            + " of latents, routed experts and the head are waited for") : nil,
      layout.context > 1
        ? contextAssumption + "; they hold no SMs" : nil,
    ].compactMap { $0 }
  }

  private var contextAssumption: String {
    switch spec.layout.sharding.contextExchange {
    case .ring:
      "keys and values go along a ring beside attention, which is as efficient as causal attention"
        + " of one GPU's tokens"
    case .gather:
      "keys and values are gathered before attention, which is as efficient as causal attention"
        + " of one GPU's tokens"
    case .headExchange:
      "tokens are exchanged for heads before attention and back after it, each in one step"
    }
  }

  private var networkAssumption: String {
    guard cluster.fabric != .nonBlocking else {
      return "topology non-blocking: flows share the ports of GPUs; switches never bind"
    }
    let share = spec.fidelity == .everyGPU ? "" : "; a GPU has an even share of its switches' links"
    guard cluster.paths == .adaptive else {
      return "topology \(cluster.fabric.name), \(cluster.paths.rawValue): flows share ports and"
        + " switch links; a hash of sender and receiver binds each flow to cables"
    }
    return "topology \(cluster.fabric.name): flows share ports and switch links; routes are spread"
      + " evenly over parallel cables\(share)"
  }

  /// The rules by which a replayed trace stands for the step.
  private var replay: String {
    guard case .replay(let trace) = spec.routing.source, let sizes = costs.loads?.sizes else {
      return ""
    }
    return trace.rule(layers: sizes.layers, predictionLayers: sizes.predictionLayers) + "; "
  }

  private var loadAssumption: String {
    guard costs.loads != nil else {
      return "expert loads are balanced; dispatch and combine run at the rates of DeepEP's kernels"
    }
    let stands =
      spec.fidelity == .everyGPU
      ? ""
      : "in each layer one GPU of an expert group is the most loaded, the others share the rest; "
    let planned =
      spec.planner == .inOrder
      ? ""
      : "experts are placed by \(spec.planner.rawValue) for their mean loads, and moving them takes"
        + " no time; "
    let visits = costs.copies.sentence + "; "
    return "expert loads: \(spec.routing.source); \(replay)\(visits)\(planned)\(stands)"
      + "an exchange ends with the part of the most loaded GPU; memory is the most loaded GPU's"
  }
}
