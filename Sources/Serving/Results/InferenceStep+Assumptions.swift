// What an inference step assumes, in the sentences of its summary.

import Cluster
import KernelTimes
import ModelCost
import Recording
import Routing
import Text
import Units

extension InferenceStep {
  private func standing(_ members: InferenceMembers) -> String {
    let count = members.representatives.count
    if members.representatives.isComplete { return "each of the \(count) GPUs is simulated" }
    let kinds = members.slow.isEmpty ? "" : "; each kind of degraded ports has its own"
    guard costs.balance.isUneven else {
      return "\(count) of \(spec.gpusPerStage) GPUs represent\(count == 1 ? "s" : "") all\(kinds)"
    }
    return "\(count) of \(spec.gpusPerStage) GPUs represent all: in each layer one is the most"
      + " loaded, the others share the rest evenly\(kinds)"
  }

  /// What the layout and the cache's pool imply.
  private var layoutAssumptions: [String] {
    let layout = spec.layout
    let pool = stages.map(\.poolTokens).min() ?? 0
    let held = (spec.cachedPrefix + spec.context) * spec.batch * layout.pipeline
    var result = [
      "KV pool: \(spec.pool.text)"
        + (held > pool ? "; the \(held) tokens of the batches in flight are more" : "")
    ]
    if layout.tensor > 1 || layout.expertPath == .gather {
      result.append(
        "collectives are rings in BF16 that hold no multiprocessors; computation waits for them")
    }
    if layout.pipeline > 1 {
      result.append(
        "\(layout.pipeline) batches are in flight, one in each stage: TPOT is the step time, or the"
          + " longest stay in a stage x \(layout.pipeline)")
    }
    if model.expertLayers > 0, layout.experts == .divided, !spec.routing.isUniform {
      result.append("every GPU has a part of every expert, so that loads are even")
    }
    return result
  }

  private var hostAssumption: String {
    func text(_ time: SimDuration) -> String { durationText(seconds: time.seconds) }
    let gap = durationText(seconds: spec.host.gap)
    return spec.phase == .decode
      ? "hosts: kernels are \(gap) apart; the next step is scheduled beside the GPU in"
        + " \(text(costs.hostBeside)), and \(text(costs.hostAfter)) follow that nothing hides"
      : "hosts: kernels are \(gap) apart, and all are launched beside the GPU in"
        + " \(text(costs.hostBeside))"
  }

  /// The rules by which a replayed trace stands for the step.
  private var replay: String {
    guard case .replay(let trace) = spec.routing.source else { return "" }
    return "; " + trace.rule(layers: costs.traffic.layers, predictionLayers: 0)
  }

  private var loadAssumption: String {
    let loads = "expert loads: \(spec.routing.source.description)"
    let mixed =
      spec.plan == nil ? "" : ", by domain; the hourly mix of domains is synthetic"
    let placed: String
    switch (spec.planner, spec.plan) {
    case (.inOrder, _): placed = "are in order"
    case (_, nil): placed = "are placed for exactly these loads"
    case (_, let plan?):
      placed =
        "are placed for \(plan.windowMinutes) min of traffic that ended \(plan.ageMinutes) min"
        + " before the minute of the step"
    }
    return loads + replay + mixed + "; \(costs.balance.copies.sentence); experts \(placed)"
  }

  /// What the step assumes, as sentences.
  func assumptions(_ members: InferenceMembers) -> [String] {
    let overhead = spec.pool.overhead.value
    let isAssumed = overhead == InferenceMemory.assumedReservedBytes
    var result = [
      (isAssumed ? "assumedReservedBytes: " : "") + "the runtime keeps "
        + memoryText(bytes: overhead) + " of each GPU",
      "assumedLeastKernelTime: no kernel takes less than "
        + durationText(seconds: InferenceCosts.assumedLeastKernelTime),
      "every GPU of a layer's experts starts its step together and has the same batch and context",
      standing(members),
    ]
    result += layoutAssumptions
    if spec.host != .none { result.append(hostAssumption) }
    if costs.cluster.faults.contains(where: \.isDead) {
      result.append(
        "traffic of a dead NIC goes over NVLink, and evenly through the other NICs of its node")
    }
    if cluster.fabric != .nonBlocking {
      result.append(
        cluster.paths == .adaptive
          ? "topology \(cluster.fabric.name): flows share ports and switch links, of which a GPU"
            + " has an even share; all GPUs under a switch send alike"
          : "topology \(cluster.fabric.name), \(cluster.paths.rawValue): a hash of sender and"
            + " receiver binds flows to cables; only this unit's GPUs send")
    }
    if spec.phase == .prefill {
      if costs.exchangesTokens {
        result.append(
          "assumedExchangeBufferBytes: dispatch and combine keep "
            + memoryText(bytes: InferenceMemory.assumedExchangeBufferBytes))
      }
      result.append(
        spec.cachedPrefix == 0
          ? "whole prompts, none of it cached"
          : "assumedPrefixPiece: the first \(spec.cachedPrefix) tokens of each prompt are cached;"
            + " their keys and values are reconstructed from the latents, at most"
            + " \(InferenceMemory.assumedPrefixPiece) tokens at a time")
    }
    if !spec.routing.isUniform, spec.layout.experts == .whole, model.expertLayers > 0 {
      result.append(loadAssumption)
    }
    result += [
      KernelTimer.assumption(on: cluster.node.gpu),
      spec.library.calibration(on: Device(cluster.node.gpu)),
      costs.exchangesTokens ? ExchangeMeasurement.assumption(on: cluster) : nil,
    ].compactMap { $0 }
    return result
  }
}
