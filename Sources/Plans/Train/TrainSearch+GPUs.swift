// The fewest GPUs: sizes of a cluster are a lattice, and a layout allows few of its points.

import Cluster
import Experiments
import ModelCost
import Recording
import Runs
import Scenarios
import Units

/// A size of the cluster that the run's layouts allow.
private struct ClusterSize {
  let nodes: Int
  let gpus: Int
  /// Least wall time in days.
  let leastDays: Double

  var name: String { "\(gpus) GPUs" }
  var settings: [Setting] { [Setting("cluster.nodes", "\(nodes)")] }
}

/// Refused sizes by rule, in the order of their first examples.
private struct RefusedSizes {
  private(set) var rules: [PlanLedger.Refusal] = []

  mutating func add(_ rule: String, _ example: String, _ reason: String) {
    if let known = rules.firstIndex(where: { $0.rule == rule }) {
      rules[known].count += 1
    } else {
      rules.append(.init(rule: rule, count: 1, example: example, reason: reason))
    }
  }
}

extension TrainSearch {
  /// Legal sizes that are simulated beyond the answer: length and cost are not monotone in GPUs.
  private static let sizesBeyond = 8
  /// Sizes simulated together, whatever the number of workers.
  private static let sizesAtOnce = 4

  /// Nodes of the largest size.
  var mostNodes: Int {
    min(question.mostNodes ?? 4 * scenario.cluster.nodeCount, TrainQuestion.sizeLimit)
  }

  /// The plan over the sizes of the cluster, from the smallest.
  func gpus() throws -> TrainPlan {
    var refused = RefusedSizes()
    var left = legalSizes(&refused)[...]
    var pruned: [ClusterSize] = []
    var ran: [(size: ClusterSize, record: RunRecord)] = []
    while let size = left.first {
      if let most = question.days, size.leastDays > most {
        pruned.append(size)
        left = left.dropFirst()
        continue
      }
      let first = ran.firstIndex { isWithin($0.record) }
      if let first, ran.count - first > Self.sizesBeyond { break }
      let batch = left.prefix(Self.sizesAtOnce)
      left = left.dropFirst(batch.count)
      for (size, outcome) in zip(batch, try trials.outcomes(batch.map(\.settings))) {
        switch outcome {
        case .ran(let record): ran.append((size, record))
        case .refused(let reason): refused.add("step", size.name, reason)
        }
      }
    }
    for size in left {
      refused.add("far above the answer", size.name, "smaller sizes are within the bounds")
    }
    return plan(ran, pruned, refused)
  }

  /// Whether the means of a run are within all bounds.
  private func isWithin(_ record: RunRecord) -> Bool {
    question.limits.allSatisfy { record.mean($0.kind) <= $0.most }
  }

  private func legalSizes(_ refused: inout RefusedSizes) -> [ClusterSize] {
    let perNode = scenario.cluster.node.gpusPerNode
    let experiment = trials.experiment(
      (1...mostNodes).map { [Setting("cluster.nodes", "\($0)")] })
    var sizes: [ClusterSize] = []
    for (index, result) in experiment.scenarios(workers: question.workers).enumerated() {
      let (nodes, gpus) = (index + 1, (index + 1) * perNode)
      switch result {
      case .success(let scenario):
        guard case .trainingRun(let spec) = scenario.question else { continue }
        sizes.append(
          ClusterSize(nodes: nodes, gpus: gpus, leastDays: leastDays(spec, scenario)))
      case .failure(let problem):
        let first = problem.diagnostics.first
        refused.add(first?.keyPath ?? "scenario", "\(gpus) GPUs", first?.message ?? "")
      }
    }
    return sizes
  }

  /// Wall time of the run's FLOPs at the highest peak of its GPUs, in days: a proven bound.
  private func leastDays(_ spec: TrainingRunSpec, _ scenario: Scenario) -> Double {
    let gpu = scenario.cluster.node.gpu
    let peak = max(gpu.bf16Peak.value, gpu.fp8Peak?.value ?? 0) * Double(spec.gpuCount)
    let flops = spec.phases.flatMap(\.parts).reduce(0.0) { sum, part in
      let perToken = scenario.model.trainingFLOPs(.causal(sequence: part.step.sequenceLength))
      return sum + Double(part.steps) * Double(part.step.tokensPerStep) * perToken
    }
    return flops / peak / 86_400
  }

  // MARK: The ledger

  private func plan(
    _ ran: [(size: ClusterSize, record: RunRecord)], _ pruned: [ClusterSize],
    _ refused: RefusedSizes
  ) -> TrainPlan {
    let within = ran.filter { isWithin($0.record) }
    let simulated = (within + ran.filter { !isWithin($0.record) }).enumerated().map { index, run in
      candidate(
        run.size.name, run.size.settings, run.record,
        bound: question.objective == .runDays ? run.size.leastDays : nil,
        place: index < within.count ? index + 1 : nil, note: index == 0 ? nil : note(run.record))
    }
    let dropped = pruned.map { size in
      PlanLedger.Candidate(
        name: size.name, settings: size.settings,
        bound: question.objective == .runDays ? size.leastDays : nil,
        boundedBy: Self.boundName, fate: .pruned)
    }
    let refusals = refused.rules
    let space = refusals.reduce(simulated.count + dropped.count) { $0 + $1.count }
    return TrainPlan(
      ledger: PlanLedger(
        question: "train", title: title, objective: question.objective, space: space,
        refusals: refusals, candidates: simulated + dropped, notes: remarks(ran)),
      winner: within.first?.size.settings)
  }

  /// What a size that is not the answer takes.
  private func note(_ record: RunRecord) -> String {
    let broken = question.limits.first { record.mean($0.kind) > $0.most }
    let words = ([MetricKind.runDays, .runCost]).map { $0.unit.text(record.mean($0)) }
    let excess = broken.map { kind, most in
      "\(kind.label) \(significantText((record.mean(kind) / most - 1) * 100)) % above its bound: "
    }
    return (excess ?? "more GPUs: ")
      + words.joined(separator: ", ")
  }

  private func remarks(_ ran: [(size: ClusterSize, record: RunRecord)]) -> [String] {
    guard let answer = ran.first(where: { isWithin($0.record) }) else {
      return [
        "no size of 1 to \(mostNodes) nodes is within the bounds; --most-nodes sets the limit"
      ]
    }
    var lines = ["\(answer.size.name) are the fewest"] + notes(answer.record)
    if let below = ran.last(where: { $0.size.gpus < answer.size.gpus }) {
      lines.append("\(below.size.name), the next legal size below: " + note(below.record))
    }
    if let lost = ran.first(where: { $0.size.gpus > answer.size.gpus && !isWithin($0.record) }) {
      lines.append("the bounds are lost again at \(lost.size.name): " + note(lost.record))
    }
    let cheapest = ran.filter { isWithin($0.record) }.min {
      $0.record.mean(.runCost) < $1.record.mean(.runCost)
    }
    if let cheapest, cheapest.size.gpus != answer.size.gpus {
      lines.append("least cost: \(cheapest.size.name), " + cheapest.record.words(.runCost))
    }
    return lines
  }
}
