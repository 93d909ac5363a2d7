// Changes that may make a step fit: settings for the caller to try on the scenario. The caller
// discards those that are not valid there or do not fit either.

import Cluster
import ModelCost
import Recording
import Schedules

/// Changes to a scenario that may make its step fit.
struct MemoryRemedies {
  let spec: TrainingSpec
  let model: ModelSpec
  let cluster: ClusterSpec

  /// Single changes, then combinations on more and more nodes.
  var candidates: [RemedyCandidate] {
    schedules + recomputation + shardings + offloads + pipelines + tensors + experts
      + (spec.microbatchSequences > 1
        ? [RemedyCandidate([[Setting("training.microbatch", "1 sequence")]])] : []) + combinations
  }

  private var schedules: [RemedyCandidate] {
    ScheduleCatalogue.all.compactMap { kind in
      guard spec.userSchedule != nil || kind.name != spec.schedule else { return nil }
      var settings = [Setting("training.schedule", kind.name)]
      if spec.chunks != nil, !kind.choosesChunks {
        settings.append(Setting("training.chunks", nil))
      }
      return RemedyCandidate([settings] + (newPartition.isEmpty ? [] : [settings + newPartition]))
    }
  }

  private var recomputation: [RemedyCandidate] {
    [recomputed, recomputedLayers].filter { !$0.isEmpty }.map { RemedyCandidate([$0]) }
  }

  /// Deeper pipelines on the same GPUs.
  private var pipelines: [RemedyCandidate] {
    let deeper = [2, 4].map { factor in
      [Setting("training.parallel.pipeline", "\(spec.layout.pipeline * factor)")] + newPartition
        + [anyData]
    }
    return [RemedyCandidate(deeper)]
  }

  /// Wider tensor groups on the same GPUs.
  private var tensors: [RemedyCandidate] {
    let wider = [2, 4, 8].map { factor in
      [Setting("training.parallel.tensor", "\(spec.layout.tensor * factor)"), anyData]
    }
    return [RemedyCandidate(wider)]
  }

  /// Wider expert groups, on more nodes if a rank has too few GPUs.
  private var experts: [RemedyCandidate] {
    guard model.experts != nil else { return [] }
    let layout = spec.layout
    let wider = [2, 4, 8].map { factor -> [Setting] in
      let expert = layout.expert * factor
      let sharing = layout.sharding.gpus
      let gpus = layout.pipeline * sharing * max(layout.data, (expert + sharing - 1) / sharing)
      let nodes = (gpus + cluster.node.gpusPerNode - 1) / cluster.node.gpusPerNode
      let more =
        nodes > cluster.nodeCount ? [Setting("cluster.nodes", "\(nodes)"), anyData] : []
      return [Setting("training.parallel.expert", "\(expert)")] + more
    }
    return [RemedyCandidate(wider)]
  }

  /// Wider expert groups and deeper pipelines with full recomputation, on more and more nodes.
  private var combinations: [RemedyCandidate] {
    [1, 2, 4, 8, 16, 32, 64].map { nodes in
      var alternatives: [[Setting]] = []
      for pipeline in [1, 2, 4, 8] {
        for expert in model.experts == nil ? [1] : [1, 2, 4, 8, 16, 32] {
          let settings = combination(nodes: nodes, pipeline: pipeline, expert: expert)
          alternatives.append(settings + [anyData])
          for choice in [recomputed, recomputedLayers] where !choice.isEmpty {
            alternatives.append(settings + choice + [anyData])
          }
        }
      }
      return RemedyCandidate(alternatives, isLastResort: true)
    }
  }

  /// Settings for given multiples of nodes, ranks and GPUs that share experts.
  private func combination(nodes: Int, pipeline: Int, expert: Int) -> [Setting] {
    var settings: [Setting] = []
    if nodes > 1 { settings.append(Setting("cluster.nodes", "\(cluster.nodeCount * nodes)")) }
    if expert > 1 {
      settings.append(Setting("training.parallel.expert", "\(spec.layout.expert * expert)"))
    }
    if pipeline > 1 {
      settings.append(Setting("training.parallel.pipeline", "\(spec.layout.pipeline * pipeline)"))
      settings += newPartition
    }
    return settings
  }

  /// Lets the number of data-parallel pipelines follow from the number of GPUs.
  private let anyData = Setting("training.parallel.data", nil)

  /// Setting that lets the layers be partitioned again; empty if no partition is fixed.
  private var newPartition: [Setting] {
    spec.stages.map {
      [Setting($0.isPartition ? "training.partition" : "training.stages", nil)]
    } ?? []
  }

  /// Recomputation of all single outputs; empty if already selected.
  private var recomputed: [Setting] {
    let all = ActivationPolicy.Recompute.outputs
    let chosen = spec.activations.recompute
    guard !chosen.contains(.full), !chosen.isSuperset(of: all) else { return [] }
    let names = all.map(\.rawValue).joined(separator: ", ")
    return [Setting("training.activations.recompute", "[\(names)]")]
  }

  /// Recomputation of all whole layers; empty if already selected.
  private var recomputedLayers: [Setting] {
    spec.activations.recompute.contains(.full)
      ? [] : [Setting("training.activations.recompute", "[full]")]
  }
}
