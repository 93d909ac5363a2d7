// The metrics of an inference step.
//
// In a pipeline every stage has a batch of its own. A sequence's next step can start when its batch
// has left the last stage, and when the stages before it have finished the batches between: its
// period is the step time, or the longest stay of a batch in a stage times the number of stages.

import Cluster
import Execution
import ModelCost
import Recording
import Units

extension InferenceStep {
  /// The time of the step if all GPUs were equally loaded.
  private func evenTime(_ stepTime: SimDuration) -> SimDuration {
    guard costs.balance.isUneven else { return stepTime }
    return SimulatedStep(costs.even).times.makespan - SimTime.zero
  }

  /// All metrics in the order of the catalogue.
  func metrics(_ step: SimulatedStep, _ rows: [RankTime]) -> [Metric] {
    let stepTime = step.times.makespan - SimTime.zero
    let period = step.period(rows).seconds
    let tokens = spec.tokensPerStep
    let layout = spec.layout
    let perGPU = tokens / period / Double(layout.tensor)
    var values = [
      Metric(.stepTime, stepTime.seconds), Metric(.gpuCount, Double(layout.gpus)),
      Metric(.tokensPerSecond, perGPU * Double(layout.gpus)),
      Metric(.tokensPerSecondPerGPU, perGPU),
      Metric(.tokensPerSecondPerNode, perGPU * Double(cluster.node.gpusPerNode)),
      Metric(.imbalanceCost, (stepTime - evenTime(stepTime)).seconds),
    ]
    values += communication(step, rows) + cache
    let balance = costs.traffic.maxOverMean
    if !balance.isEmpty {
      values.append(
        Metric(.gpuLoadMaxOverMean, balance.reduce(0, +) / Double(balance.count)))
    }
    if cluster.paths != .adaptive {
      let adaptive = SimulatedStep(costs.onAdaptivePaths).times.makespan - SimTime.zero
      values.append(Metric(.pathCollisionCost, stepTime.seconds - adaptive.seconds))
    }
    let planned = costs.balance.planned
    if !planned.isEmpty {
      values.append(
        Metric(.plannedMaxOverMean, planned.reduce(0, +) / Double(planned.count)))
    }
    if spec.phase == .decode {
      values.append(Metric(.timePerOutputToken, period * Double(spec.batch) / tokens))
    }
    return MetricKind.all.compactMap { kind in values.first { $0.kind == kind } }
  }

  private func communication(_ step: SimulatedStep, _ rows: [RankTime]) -> [Metric] {
    let gpus = spec.layout.gpus
    let stepTime = (step.times.makespan - SimTime.zero).seconds
    let exposed = rows.meanSeconds(overGPUs: gpus) { $0.activity.isExposedCommunication }
    return [
      Metric(.exposedCommunicationRatio, exposed / stepTime),
      Metric(.exposedCommunicationTime, exposed),
      Metric(
        .communicationTime,
        step.trafficTimes.meanSeconds(overGPUs: gpus) { $0.kind.isInCells }),
    ]
  }

  private var cache: [Metric] {
    let pool = stages.map(\.poolTokens).min() ?? 0
    return [
      Metric(.peakMemory, memory.total),
      Metric(.kvCacheRoom, stages.map(\.cacheRoom).min() ?? 0),
      Metric(.kvBytesPerSequence, stages.reduce(0) { $0 + $1.cachePerSequence }),
      Metric(.largestBatch, Double(stages.map(\.largestBatch).min() ?? 0)),
      Metric(.kvPoolTokens, Double(pool)),
      Metric(.kvPoolTokensOfSystem, Double(pool * spec.layout.data)),
    ]
  }
}

extension SimulatedStep {
  /// The time from one step of a sequence to its next.
  ///
  /// - Parameter rows: where the time of each GPU went.
  func period(_ rows: [RankTime]) -> SimDuration {
    var stays: [Int: SimDuration] = [:]
    var longest = SimDuration.zero
    for row in rows where row.phase != .bubble {
      let gpu = row.rank << 24 | row.member
      let stay = (stays[gpu] ?? .zero) + row.time
      stays[gpu] = stay
      longest = max(longest, stay)
    }
    return max(makespan, longest * program.streams.rankCount)
  }

  /// The same without the rows, which only a pipeline needs.
  var period: SimDuration {
    guard program.streams.rankCount > 1 else { return makespan }
    return period(
      StepAttribution(program: program, times: times, slow: members.slow).rankTimes)
  }
}
