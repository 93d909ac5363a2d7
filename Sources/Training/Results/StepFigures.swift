// The metrics of a step, derived from its time, its attribution and its counts.

import Execution
import ModelCost
import Recording
import Schedules
import Units

/// Derives the metrics of one step.
struct StepFigures {
  private let run: SimulatedStep

  init(_ run: SimulatedStep) { self.run = run }

  private var step: TrainingStep { run.step }
  private var seconds: Double { run.time.seconds }
  private var gpuCount: Double { Double(step.spec.layout.gpuCount) }
  private var tokens: Double { Double(step.spec.tokensPerStep) }
  private var steps: Double { step.spec.runTokens / tokens }
  private var rankCount: Int { step.plan.sizes.ranks }

  /// All metrics in the order of the catalogue.
  func metrics() -> [Metric] {
    let values =
      costValues() + efficiencyValues() + bubbleValues() + imbalanceValues() + memoryValues()
      + volumeValues()
    return MetricKind.all.compactMap { kind in
      values.first { $0.kind == kind }
    }
  }

  private func costValues() -> [Metric] {
    let gpu = step.cluster.node.gpu
    let hours = gpuCount * seconds / 3600
    let runHours = hours * steps
    return [
      Metric(.stepTime, seconds), Metric(.tokensPerStep, tokens),
      Metric(.tokensPerDay, tokens / seconds * 86400), Metric(.gpuCount, gpuCount),
      Metric(.gpuHoursPerTrillionTokens, hours * 1e12 / tokens), Metric(.gpuHours, runHours),
      Metric(.days, seconds * steps / 86400), Metric(.costUSD, runHours * gpu.price.value),
      Metric(.energyMWh, runHours * gpu.thermalDesignPower.value / 1e6),
    ]
  }

  private func efficiencyValues() -> [Metric] {
    let length = step.spec.sequenceLength
    let peak = step.cluster.node.gpu.bf16Peak.value
    let causal = step.model.trainingFLOPs(.causal(sequence: length)) * tokens
    let full = step.model.trainingFLOPs(.full(sequence: length)) * tokens
    return [
      Metric(.mfuCausal, causal / (seconds * gpuCount * peak)),
      Metric(.mfuNonCausal, full / (seconds * gpuCount * peak)),
      Metric(.teraflopsPerGPUCausal, causal / (seconds * gpuCount * 1e12)),
      Metric(.teraflopsPerGPUNonCausal, full / (seconds * gpuCount * 1e12)),
    ]
  }

  private func bubbleValues() -> [Metric] {
    let perRank = (0..<rankCount).map { rank in mean { $0.rank == rank && $0.phase == .bubble } }
    let communication = run.cellExchanges.meanSeconds(overGPUs: step.spec.layout.gpuCount) { _ in
      true
    }
    let bubble = mean { $0.phase == .bubble }
    let exposed = mean { $0.activity.isExposedCommunication }
    let optimizer = mean { $0.phase == .optimizer }
    let values = [
      Metric(.bubbleRatio, bubble / seconds),
      Metric(.bubbleRatioMax, (perRank.max() ?? 0) * Double(rankCount) / seconds),
      Metric(.bubbleTime, bubble),
      Metric(.exposedCommunicationRatio, exposed / seconds),
      Metric(.exposedCommunicationTime, exposed), Metric(.communicationTime, communication),
      Metric(.optimizerTime, optimizer),
    ]
    let collisions = run.adaptiveTime.map {
      [Metric(.pathCollisionCost, seconds - $0.seconds)]
    }
    let busy = seconds - bubble - optimizer
    return values + (collisions ?? []) + [Metric(.bubbleOverIdeal, bubble / busy), spanBubble]
      + closedForm(busy: busy, optimizer: optimizer)
  }

  /// The bubble rate of the Zero Bubble papers: waits before a rank's first cell do not count.
  private var spanBubble: Metric {
    var (span, busy) = (SimDuration.zero, SimDuration.zero)
    for rank in 0..<rankCount {
      let rows = run.cellTimes.filter { $0.rank == rank && $0.member == 0 }
      guard let start = rows.map(\.start).min(), let end = rows.map(\.end).max() else { continue }
      span = max(span, end - start)
      busy = max(busy, rows.reduce(.zero) { $0 + $1.time })
    }
    return Metric(.spanBubbleRatio, max(0, span.seconds - busy.seconds) / span.seconds)
  }

  private func volumeValues() -> [Metric] {
    let link = StageLink(spec: step.spec, model: step.model, cluster: step.cluster)
    let precision = step.spec.precision
    let payload = ExpertMessages(
      hidden: step.model.hidden, topK: step.model.experts?.topK ?? 0,
      dispatch: precision.dispatch, combine: precision.combine)
    let layout = step.spec.layout.sharding
    let arrived = Double(step.costs.work.arrivedTokens) / Double(layout.expertTensor)
    // All members of a rank send equally often.
    func count(_ kind: TrafficKind) -> Double {
      Double(run.trafficTimes.reduce(0) { $0 + ($1.kind == kind && $1.member == 0 ? $1.count : 0) })
    }
    let sent = count(.pipeline) * link.bytes
    let dispatched = count(.dispatch) * Double(payload.dispatchPayload)
    let combined = count(.combine) * Double(payload.combinePayload)
    let exchanged = arrived * (dispatched + combined)
    let ranks = Double(step.plan.sizes.ranks)
    return [
      Metric(.pipelineSentBytes, sent / ranks), Metric(.expertExchangeBytes, exchanged / ranks),
      Metric(.replicaExchangeBytes, step.replicaBytes / ranks),
    ]
  }

  private func imbalanceValues() -> [Metric] {
    guard let loads = step.costs.loads else { return [] }
    let time = mean { $0.activity == .expertImbalance }
    return [
      Metric(.expertImbalanceTime, time), Metric(.gpuLoadMaxOverMean, loads.meanMaxOverMean),
      Metric(.expertRowsPerLayer, Double(loads.sizes.rows * loads.sizes.microbatches)),
    ]
  }

  private func memoryValues() -> [Metric] {
    let ranks = step.memory.ranks
    let chunksPerMicrobatch = Double(step.plan.layersPerStageShare)
    return [
      Metric(.peakMemory, step.memory.peak),
      Metric(.peakActivations, ranks.map(\.activations).max() ?? 0),
      Metric(.peakActivationMicrobatches, Double(run.peakChunks) / chunksPerMicrobatch),
      Metric(.weightCopies, Double(step.plan.weightCopies)),
    ]
      + (step.spec.offload == nil
        ? [] : [Metric(.optimizerOnHost, ranks.map(\.onHost).max() ?? 0)])
  }

  /// The published bubble formula, applied to this step's mean cell durations.
  private func closedForm(busy: Double, optimizer: Double) -> [Metric] {
    guard let bubbleOf = step.kind?.closedFormBubble, let durations = durations() else { return [] }
    let bubble = max(0, bubbleOf(durations, step.plan.sizes))
    let total = busy + bubble + optimizer
    return [
      Metric(.closedFormBubble, bubble), Metric(.closedFormBubbleRatio, bubble / total),
      Metric(.closedFormStepTime, total),
      Metric(.closedFormGPUHours, gpuCount * total / 3600 * steps),
    ]
  }

  /// Mean durations in seconds. If the plan does not split the backward, W is the uncontended time
  /// of its kernels and B is the rest.
  private func durations() -> CellDurations? {
    func inSeconds(_ kind: CellKind) -> Double? { run.cellMeans[kind]?.seconds }
    guard let forward = inSeconds(.forward) else { return nil }
    let whole = inSeconds(.backward)
    let weight = inSeconds(.backwardWeight) ?? meanWeightTime
    guard let input = inSeconds(.backwardInput) ?? whole.map({ max(0, $0 - weight) }) else {
      return nil
    }
    let pair = inSeconds(.overlapped).map { max($0, forward, input + weight) }
    return try? CellDurations(
      forward: forward, backwardInput: input, backwardWeight: weight, overlapped: pair)
  }

  private var meanWeightTime: Double {
    let sum = step.stages.reduce(0.0) { sum, stage in
      stage.blocks.reduce(sum) { $0 + step.costs[$1.kind].time(.backwardWeight).alone.seconds }
    }
    return sum / Double(step.stages.count)
  }

  /// Seconds of the counted rows, averaged over all GPUs.
  private func mean(where isCounted: (RankTime) -> Bool) -> Double {
    run.rankTimes.meanSeconds(overGPUs: step.spec.layout.gpuCount, where: isCounted)
  }
}
