// Expert placements as records: settings, evaluation, and the expert of every slot.

import Recording
import Routing

extension PlacementStudy {
  /// The evaluation of the placement, layer by layer; for `.placement` also the expert of each slot
  /// and the load of each GPU.
  ///
  /// - Parameters:
  ///   - kind: the study that the record belongs to.
  ///   - policy: the policy that chose the placement.
  package func study(_ kind: Study.Kind, policy: String) -> Study {
    let rows = rows
    let layers = rows.map { row -> RecordValue in
      [
        "layer": row.layer, "imbalance_without_plan": row.unplanned, "imbalance_eplb": row.eplb,
        "imbalance": row.chosen, "bound_largest_replica": row.bounds.largestReplica,
        "bound_node": row.bounds.node, "doubled_slots_eplb": row.eplbDuplicates,
        "doubled_slots": row.chosenDuplicates, "remote_nodes_per_token": row.remoteNodes,
      ]
    }
    let settings: RecordValue = [
      "policy": policy, "replicas": sizes.replicas, "gpus": sizes.gpus,
      "is_hierarchical": sizes.isHierarchical,
      "whole_group_layers": rows.count { $0.keepsGroups && loads.hasLoad(layer: $0.layer) },
      "closed_share": Self.closedShare(rows),
      "groups": sizes.groups, "nodes": sizes.nodes, "top_k": gate.topK,
      "group_limit": gate.groupLimit, "seed": String(seed), "layers": layers,
    ]
    guard kind == .placement else { return Study(kind, settings) }
    let places: RecordValue = ["slots": slots, "gpu_loads": gpuLoads]
    return Study(kind, .object(settings.members + places.members))
  }

  /// Share of EPLB's gap to the tightest bound that the placement closes, over all layers; nil if
  /// EPLB is optimal.
  private static func closedShare(_ rows: [PlacementRow]) -> Double? {
    let gap = rows.reduce(0) { $0 + $1.eplb - $1.bounds.tightest }
    guard gap > 1e-9 else { return nil }
    return rows.reduce(0) { $0 + $1.eplb - $1.chosen } / gap
  }

  private var slots: [RecordValue] {
    placement.layers.enumerated().flatMap { layer, slots in
      slots.experts.indices.map { slot in
        [
          "layer": layer, "slot": slot, "expert": slots.experts[slot],
          "replica": slots.ranks[slot],
        ]
      }
    }
  }

  private var gpuLoads: [RecordValue] {
    zip(relativeLoadsBefore, relativeLoads).enumerated().flatMap { layer, loads in
      zip(loads.0, loads.1).enumerated().map { gpu, load in
        ["layer": layer, "gpu": gpu, "load_before": load.0, "load": load.1]
      }
    }
  }
}

extension RedundancySweep {
  /// One row per number of redundant experts.
  package var study: Study {
    let levels = rows.map { row -> RecordValue in
      [
        "redundant_experts": row.redundant, "slots_per_gpu": row.slotsPerGPU,
        "expert_bytes_per_gpu": row.bytesPerGPU, "imbalance_eplb": row.eplb,
        "imbalance": row.best, "bound": row.bound, "is_pareto": row.isPareto,
      ]
    }
    return Study(
      .redundancy,
      [
        "groups": groups, "nodes": nodes, "gpus": gpus, "expert_bytes": expertBytes,
        "levels": levels,
      ])
  }
}

extension DriftStudy {
  /// One row per replanning interval.
  ///
  /// - Parameters:
  ///   - intervals: the intervals to compare, in minutes.
  ///   - origin: where the loads come from, as a sentence.
  package func study(everyMinutes intervals: [Int], origin: String) -> Study {
    let (oracle, rows) = run(everyMinutes: intervals)
    let records = rows.map { row -> RecordValue in
      [
        "every_minutes": row.everyMinutes, "imbalance": row.imbalance,
        "lost_to_oracle_share": row.lostToOracle,
        "saved_against_never_share": row.savedAgainstNever, "moved_experts": row.moved,
        "moved_bytes": row.movedBytes, "move_time_s": row.moveSeconds,
      ]
    }
    return Study(
      .drift,
      [
        "oracle_imbalance": oracle, "origin": origin, "replicas": sizes.replicas,
        "groups": sizes.groups, "nodes": sizes.nodes, "gpus": sizes.gpus, "minutes": mix.minutes,
        "window_minutes": windowMinutes, "threshold": threshold, "expert_bytes": expertBytes,
        "intervals": records,
      ])
  }
}
