// What a step that does not fit could change: each suggestion is tried, none is guessed.

import ModelCost
import Schedules
import Units

extension TrainingStep {
  /// The shortage of the rank that needs most, with changes that would fit.
  func shortage(capacity: Bytes, triesRemedies: Bool) -> MemoryShortage {
    var worst = 0
    for rank in memory.ranks.indices where memory.ranks[rank].total > memory.ranks[worst].total {
      worst = rank
    }
    return MemoryShortage(
      rank: worst, needed: Bytes(memory.ranks[worst].total), capacity: capacity,
      uses: memory.ranks[worst].uses(rank: worst, gpus: spec.layout.gpusPerRank),
      wouldFit: triesRemedies ? remedies(capacity: capacity.value) : nil)
  }

  private func remedies(capacity: Double) -> [String] {
    var result: [String] = []
    func tryOut(_ text: String, _ change: (inout TrainingSpec) -> Void) {
      var changed = spec
      change(&changed)
      let costs = BlockCosts(spec: changed, model: model, cluster: cluster)
      guard
        var drafter = try? StepDrafter(
          spec: changed, model: model, cluster: cluster, costs: costs),
        let step = try? drafter.step(), step.memory.peak <= capacity
      else { return }
      result.append(text)
    }
    for kind in ScheduleCatalogue.all
    where spec.userSchedule != nil || kind.name != spec.schedule {
      tryOut("training.schedule=\(kind.name)") {
        $0.schedule = kind.name
        $0.userSchedule = nil
      }
    }
    if spec.activations.recompute.count < ActivationPolicy.Recompute.allCases.count {
      let all = ActivationPolicy.Recompute.allCases.map(\.rawValue).joined(separator: ", ")
      tryOut("training.activations.recompute=[\(all)]") {
        $0.activations.recompute = Set(ActivationPolicy.Recompute.allCases)
      }
    }
    tryOutLayouts(tryOut)
    if spec.microbatchSequences > 1 {
      tryOut("training.microbatch=1 sequence") { $0.microbatchSequences = 1 }
    }
    return result
  }

  /// Deeper pipelines, wider tensor and expert groups on the same GPUs, then on more of them.
  private func tryOutLayouts(_ tryOut: (String, (inout TrainingSpec) -> Void) -> Void) {
    let layout = spec.layout
    for factor in [2, 4]
    where layout.data % factor == 0 && layout.gpusPerRank / factor % layout.expert == 0 {
      let pipeline = layout.pipeline * factor
      guard pipeline <= model.layers else { continue }
      tryOut("training.parallel.pipeline=\(pipeline) on the same GPUs") {
        $0.partition = nil
        $0.layout.pipeline = pipeline
        $0.layout.data = layout.data / factor
      }
    }
    for factor in [2, 4, 8] where layout.data % factor == 0 {
      let tensor = layout.tensor * factor
      guard cluster.node.gpusPerNode % tensor == 0, model.tensorObstacle(tensor) == nil,
        spec.sequenceLength / layout.context % tensor == 0
      else { continue }
      tryOut("training.parallel.tensor=\(tensor) on the same GPUs") {
        $0.layout.sharding.tensor = tensor
        $0.layout.sharding.isSequenceParallel = true
        $0.layout.data = layout.data / factor
      }
    }
    guard let experts = model.experts else { return }
    for factor in [2, 4, 8] where experts.routed % (layout.expert * factor) == 0 {
      let expert = layout.expert * factor
      let sharing = layout.sharding.gpus
      let data = max(layout.data, (expert + sharing - 1) / sharing)
      guard data * sharing % expert == 0 else { continue }
      let gpus = data > layout.data ? " on \(layout.pipeline * data * sharing) GPUs" : ""
      tryOut("training.parallel.expert=\(expert)\(gpus)") {
        $0.layout.expert = expert
        $0.layout.data = data
      }
    }
  }
}
