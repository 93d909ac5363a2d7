// Recomputes every metric from its printed definition, using the rows of a results file and the
// scenario. Steps under other loads or with larger batches have no rows; they are simulated again.

import Foundation
import ModelCost
import Recording
import ResultsStore
import Scenarios
import Schedules
import Service
import Units

@testable import Experiments
@testable import Serving
@testable import Training

/// A run read back from a results file, with its scenario.
struct RecomputedMetrics {
  let record: RunRecord
  private let scenario: Scenario
  private let step: Step

  private enum Step {
    case training(TrainingStep)
    case inference(InferenceStep)
    case service(RecomputedService)
    case run(RecomputedRun)
  }

  init(_ record: RunRecord, _ scenario: Scenario) throws {
    self.record = record
    self.scenario = scenario
    let (model, cluster) = (scenario.model, scenario.cluster)
    step =
      switch try scenario.scaledQuestion(SharedCosts()) {
      case .trainingStep(let spec):
        .training(try StepPlanner.plan(spec, model: model, cluster: cluster))
      case .inferenceStep(let spec):
        .inference(try InferenceStep(spec: spec, model: model, cluster: cluster))
      case .service(let spec):
        .service(RecomputedService(record, ServiceBasis(spec, on: cluster)))
      case .trainingRun(let spec): .run(try RecomputedRun(record, spec, scenario))
      }
  }

  /// The value of a metric by its definition, for its scope and statistic; nil if it is not defined
  /// for the question.
  func value(_ metric: Metric) throws -> Double? {
    if case .run(let run) = step { return run.value(metric) }
    if case .service(let service) = step, let value = service.value(metric) { return value }
    return metric.scope == .all && metric.statistic == .value ? try value(metric.kind) : nil
  }

  /// The value of a metric by its definition; nil if it is not defined for the question.
  func value(_ kind: MetricKind) throws -> Double? {
    if kind == .pathCollisionCost { return try collisionCost() }
    return switch step {
    case .training(let step):
      try common(kind) ?? size(kind) ?? cost(kind, step.spec) ?? bubble(kind, step)
        ?? volume(kind, step)
    case .inference(let step): try common(kind) ?? size(kind) ?? inference(kind, step)
    case .service: size(kind)
    case .run(let run): run.value(Metric(kind, 0))
    }
  }

  /// The time above that of the step with adaptive paths.
  private func collisionCost() throws -> Double? {
    var cluster = scenario.cluster
    guard cluster.paths != .adaptive else { return nil }
    cluster.paths = .adaptive
    let adaptive: SimDuration? =
      switch step {
      case .training(let step):
        try StepPlanner.plan(step.spec, model: step.model, cluster: cluster).run().stepTime
      case .inference(let step):
        try InferenceStep(spec: step.spec, model: step.model, cluster: cluster).run().stepTime
      case .service, .run: nil
      }
    return adaptive.map { stepTime - $0.seconds }
  }

  // MARK: Rows

  private var gpus: Double { Double(record.rankTimes.gpuCount) }

  private var stepTime: Double {
    seconds(record.rankTimes.filter { $0.rank == 0 && $0.member == 0 }.map(\.time))
  }

  private func seconds(_ times: [SimDuration]) -> Double {
    times.reduce(SimDuration.zero, +).seconds
  }

  /// Seconds of the counted rows, mean over GPUs.
  private func mean(where isCounted: (RankTime) -> Bool) -> Double {
    record.rankTimes.reduce(0) { $0 + (isCounted($1) ? $1.time.seconds * Double($1.gpus) : 0) }
      / gpus
  }

  private func memory(_ rank: Int, _ kinds: Set<MemoryKind>) -> Double {
    record.memory.reduce(0) {
      $0 + ($1.rank == rank && kinds.contains($1.kind) ? $1.bytes.value : 0)
    }
  }

  private var ranks: Range<Int> { 0..<(record.rankTimes.map(\.rank).max() ?? 0) + 1 }

  private var bubble: Double { mean { $0.phase == .bubble } }
  private var optimizer: Double { mean { $0.phase == .optimizer } }
  private var busy: Double { mean { $0.phase != .bubble && $0.phase != .optimizer } }

  private var exposed: Double {
    mean { $0.activity.isExposedCommunication }
  }

  // MARK: Definitions

  /// Metrics of both training and inference.
  private func common(_ kind: MetricKind) -> Double? {
    let layers = record.layerLoads
    let planned = layers.compactMap(\.plannedMaxOverMean)
    return switch kind {
    case .stepTime: stepTime
    case .gpuCount: gpus
    case .exposedCommunicationRatio: exposed / stepTime
    case .exposedCommunicationTime: exposed
    case .communicationTime:
      record.trafficTimes.filter { kindsInCells.contains($0.kind) }
        .reduce(0) { $0 + $1.time.seconds * Double($1.gpus) } / gpus
    case .gpuLoadMaxOverMean where !layers.isEmpty:
      layers.reduce(0) { $0 + $1.maxOverMean } / Double(layers.count)
    case .plannedMaxOverMean where !planned.isEmpty:
      planned.reduce(0, +) / Double(planned.count)
    case .peakMemory: ranks.map { memory($0, Set(MemoryKind.allCases)) }.max()
    default: nil
    }
  }

  /// The traffic in cells: with sharded parameters, that of their units too.
  private var kindsInCells: [TrafficKind] {
    let kinds: [TrafficKind] = [.dispatch, .combine, .tensor, .context]
    guard case .training(let step) = step, step.spec.sharding.states == .parameters else {
      return kinds
    }
    return kinds + [.gradients, .parameters]
  }

  /// Parameters, from the list of each layer's weights.
  private func size(_ kind: MetricKind) -> Double? {
    let model = scenario.model
    func elements(_ kind: LayerKind, where isCounted: (WeightTensor) -> Bool) -> Int {
      model.weights(of: kind).filter(isCounted).reduce(0) { $0 + $1.elements }
    }
    let blocks = [.embedding, .head] + model.layerKinds
    let all = blocks.reduce(0) { $0 + elements($1) { _ in true } }
    let experts = blocks.reduce(0) { $0 + elements($1) { $0.division == .experts } }
    // None of the shipped models shares its embedding with the head.
    let embedding = elements(.embedding) { _ in true }
    let (routed, visited) = (model.experts?.routed ?? 1, model.experts?.topK ?? 1)
    let active = all - experts / routed * (routed - visited)
    return switch kind {
    case .parameters: Double(all)
    case .activeParameters: Double(active)
    case .activeParametersWithoutEmbedding: Double(active - embedding)
    default: nil
    }
  }

  private func cost(_ kind: MetricKind, _ spec: TrainingSpec) -> Double? {
    let gpu = scenario.cluster.node.gpu
    let tokens = Double(
      spec.microbatches * spec.microbatchSequences * spec.sequenceLength * spec.layout.data)
    let steps = spec.runTokens / tokens
    let hours = gpus * stepTime * steps / 3600
    func teraflops(_ attention: AttentionCount) -> Double {
      scenario.model.trainingFLOPs(attention) * tokens / (stepTime * gpus * 1e12)
    }
    let (causal, full) = (
      teraflops(.causal(sequence: spec.sequenceLength)),
      teraflops(.full(sequence: spec.sequenceLength))
    )
    return switch kind {
    case .tokensPerStep: tokens
    case .tokensPerDay: tokens / stepTime * 86400
    case .gpuHoursPerTrillionTokens: gpus * stepTime / 3600 * 1e12 / tokens
    case .gpuHours: hours
    case .days: stepTime * steps / 86400
    case .costUSD: hours * gpu.price.value
    case .energyMWh: hours * gpu.thermalDesignPower.value / 1e6
    case .mfuCausal: causal * 1e12 / gpu.bf16Peak.value
    case .mfuNonCausal: full * 1e12 / gpu.bf16Peak.value
    case .teraflopsPerGPUCausal: causal
    case .teraflopsPerGPUNonCausal: full
    default: nil
    }
  }

  private func bubble(_ kind: MetricKind, _ step: TrainingStep) throws -> Double? {
    switch kind {
    case .bubbleRatio: bubble / stepTime
    case .bubbleRatioMax: (ranks.map(idle).max() ?? 0) / stepTime
    case .spanBubbleRatio: spanBubble
    case .bubbleOverIdeal: bubble / busy
    case .bubbleTime: bubble
    case .optimizerTime: optimizer
    case .expertImbalanceTime where !record.layerLoads.isEmpty:
      mean { $0.activity == .expertImbalance }
    case .closedFormBubble, .closedFormBubbleRatio, .closedFormStepTime, .closedFormGPUHours:
      try publishedBubble(step).map { closedForm(kind, $0, step) }
    default: nil
    }
  }

  /// Seconds without work, mean over the GPUs of a rank.
  private func idle(rank: Int) -> Double {
    let rows = record.rankTimes.filter { $0.rank == rank }
    let sum = rows.reduce(0) {
      $0 + ($1.phase == .bubble ? $1.time.seconds * Double($1.gpus) : 0)
    }
    return sum / Double(rows.gpuCount)
  }

  /// A metric of the step with the published bubble.
  private func closedForm(_ kind: MetricKind, _ bubble: Double, _ step: TrainingStep) -> Double {
    let time = busy + bubble + optimizer
    return switch kind {
    case .closedFormBubble: bubble
    case .closedFormBubbleRatio: bubble / time
    case .closedFormStepTime: time
    default: gpus * time / 3600 * step.spec.runTokens / Double(step.spec.tokensPerStep)
    }
  }

  /// Bubble between first start and last end, from the cells of the first GPU of each rank.
  private var spanBubble: Double {
    let first = ranks.map { rank in
      record.cellTimes.filter { $0.rank == rank && $0.member == 0 }
    }
    let span =
      first.map { rows in
        ((rows.map(\.end).max() ?? .zero) - (rows.map(\.start).min() ?? .zero)).seconds
      }.max() ?? 0
    let busy = first.map { seconds($0.map(\.time)) }.max() ?? 0
    return (span - busy) / span
  }

  private func publishedBubble(_ step: TrainingStep) throws -> Double? {
    guard
      let form = ScheduleCatalogue.named(record.provenance.schedule)?.closedFormBubble,
      let forward = meanCell(.forward)
    else { return nil }
    // Standalone time of the weight kernels in a fused backward, mean over stages.
    let weights = step.stages.flatMap(\.blocks).reduce(0) {
      $0 + step.costs[$1.kind].time(.backwardWeight).alone.seconds
    }
    let weight = meanCell(.backwardWeight) ?? weights / Double(step.stages.count)
    guard let input = meanCell(.backwardInput) ?? meanCell(.backward).map({ $0 - weight }) else {
      return nil
    }
    let pair = meanCell(.overlapped).map { max($0, forward, input + weight) }
    let durations = try CellDurations(
      forward: forward, backwardInput: input, backwardWeight: weight, overlapped: pair)
    return max(0, form(durations, step.plan.sizes))
  }

  private func meanCell(_ kind: CellKind) -> Double? {
    let rows = record.cellTimes.filter { $0.kind == kind }
    guard !rows.isEmpty else { return nil }
    return rows.reduce(0) { $0 + $1.time.seconds * Double($1.gpus) }
      / rows.reduce(0) { $0 + Double($1.count * $1.gpus) }
  }

  private func volume(_ kind: MetricKind, _ step: TrainingStep) throws -> Double? {
    let (spec, model) = (step.spec, scenario.model)
    func perGPU(_ kind: TrafficKind) -> Double {
      record.trafficTimes.reduce(0) { $0 + ($1.kind == kind ? Double($1.count * $1.gpus) : 0) }
        / gpus
    }
    let payload = ExpertMessages(
      hidden: model.hidden, topK: model.experts?.topK ?? 0, dispatch: spec.precision.dispatch,
      combine: spec.precision.combine)
    return switch kind {
    case .expertRowsPerLayer where !record.expertLoads.isEmpty:
      Double(record.expertLoads.reduce(0) { $0 + ($1.layer == 0 ? $1.rows : 0) })
    case .peakActivations: ranks.map { memory($0, [.activations]) }.max()
    case .peakActivationMicrobatches: try mostInFlight() / Double(step.plan.layersPerStageShare)
    case .weightCopies: Double(step.plan.weightCopies)
    case .pipelineSentBytes: perGPU(.pipeline) * Double(spec.ownTokens * model.hidden * 2)
    case .expertExchangeBytes:
      Double(step.costs.work.arrivedTokens / spec.layout.sharding.expertTensor)
        * (perGPU(.dispatch) * Double(payload.dispatchPayload)
          + perGPU(.combine) * Double(payload.combinePayload))
    case .replicaExchangeBytes:
      // Every parameter has a gradient, and is gathered in the format of the weights, not in that
      // of the copies that products read.
      // Shards are exchanged whole in every microbatch, weights twice if they are freed between.
      (ranks.reduce(0) { $0 + memory($1, [.gradients]) } / Double(ranks.count)
        - step.lonelyGradientBytes) * spec.replicaShare
    default: nil
    }
  }

  /// The most chunks of activations that any rank holds, by the order of its cells in the timeline.
  private func mostInFlight() throws -> Double {
    var held: [Int: Int] = [:]
    var most = 0
    for cell in record.spans where cell.stream == "cells" && cell.phase != .optimizer {
      // A pair starts its forward before its backward ends.
      for pass in cell.label.split(separator: "|").sorted(by: >) {
        if pass.first == "F" { held[cell.rank, default: 0] += 1 }
        most = max(most, held[cell.rank] ?? 0)
        if pass.first == "W" || pass.first == "D" { held[cell.rank, default: 0] -= 1 }
      }
    }
    return Double(most)
  }

  private func inference(_ kind: MetricKind, _ step: InferenceStep) throws -> Double? {
    let (spec, layout) = (step.spec, step.spec.layout)
    let tokens = spec.phase == .prefill ? Double(spec.context) : 1 + (spec.mtpAcceptance ?? 0)
    let node = scenario.cluster.node
    let perGPU = Double(spec.batch) * tokens / period / Double(layout.tensor)
    let sequences = Double(spec.batch * layout.pipeline)
    return switch kind {
    case .timePerOutputToken where spec.phase == .decode: period / tokens
    case .tokensPerSecond: perGPU * gpus
    case .tokensPerSecondPerGPU: perGPU
    case .tokensPerSecondPerNode: perGPU * Double(node.gpusPerNode)
    case .imbalanceCost: stepTime - (try evenTime(step))
    case .kvCacheRoom:
      ranks.map { node.gpu.memory.value - memory($0, [.weights, .workspace, .reserved]) }.min()
    case .kvBytesPerSequence:
      ranks.reduce(0) { $0 + memory($1, [.kvCache]) } / sequences
    case .largestBatch: Double(largestBatch(step))
    case .kvPoolTokens: pool(step)
    case .kvPoolTokensOfSystem: pool(step) * Double(layout.data)
    default: nil
    }
  }

  /// The step time, or the longest stay in a stage times their number.
  private var period: Double {
    var longest = 0.0
    for rank in ranks {
      let rows = record.rankTimes.filter { $0.rank == rank && $0.phase != .bubble }
      for member in Set(rows.map(\.member)) {
        longest = max(longest, seconds(rows.filter { $0.member == member }.map(\.time)))
      }
    }
    return max(stepTime, longest * Double(ranks.count))
  }

  /// Blocks of vLLM's rule, or pages of SGLang's, on the fullest stage.
  private func pool(_ step: InferenceStep) -> Double {
    let (spec, rule) = (step.spec, step.spec.pool)
    let all = scenario.cluster.node.gpu.memory.value
    let tokens = Double((spec.context + spec.cachedPrefix) * spec.batch * spec.layout.pipeline)
    return ranks.map { rank in
      let perToken = memory(rank, [.kvCache]) / tokens
      let weights = memory(rank, [.weights])
      let free =
        rule.rule == .vllm
        ? (all * rule.fraction).rounded(.down) - weights - rule.overhead.value
        : (all - rule.overhead.value) * rule.fraction - weights
      return max(0, (free / (perToken * Double(rule.block))).rounded(.down)) * Double(rule.block)
    }.min() ?? 0
  }

  /// The time of the step on equally loaded GPUs.
  private func evenTime(_ step: InferenceStep) throws -> Double {
    try InferenceStep(
      spec: step.spec, model: step.model, cluster: step.cluster, balance: step.costs.balance.even
    ).run().stepTime.seconds
  }

  /// The largest batch that fits, by doubling and then bisection.
  private func largestBatch(_ step: InferenceStep) -> Int {
    let gpu = scenario.cluster.node.gpu
    func fits(_ batch: Int) -> Bool {
      var spec = step.spec
      spec.batch = batch
      return InferenceMemory.stages(spec, step.model, gpu: gpu).allSatisfy {
        $0.total <= $0.capacity
      }
    }
    var (low, high) = (0, 1)
    while fits(high) { (low, high) = (high, high * 2) }
    while high - low > 1 {
      let middle = (low + high) / 2
      if fits(middle) { low = middle } else { high = middle }
    }
    return low
  }
}
