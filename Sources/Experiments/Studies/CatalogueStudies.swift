// The catalogues as records: GPUs, nodes, topologies, models and schedules with their sources.

import Cluster
import Facts
import ModelCost
import Recording
import Schedules

extension Study {
  /// GPUs, nodes and topologies with the source of each figure.
  package static var hardware: Study {
    let gpus = GPUSpec.catalogue.map { gpu -> RecordValue in
      [
        "name": gpu.name, "sms": gpu.smCount, "bf16_peak_flops_per_s": gpu.bf16Peak.value,
        "fp8_peak_flops_per_s": gpu.fp8Peak?.value, "memory_bytes": gpu.memory.value,
        "memory_bandwidth_bytes_per_s": gpu.memoryBandwidth.value,
        "nvlink_bytes_per_s": gpu.nvlinkPerDirection.value,
        "tdp_w": gpu.thermalDesignPower.value, "price_usd_per_gpu_hour": gpu.price.value,
        "sources": sources(gpu.sources),
      ]
    }
    let nodes = NodeSpec.catalogue.map { node -> RecordValue in
      [
        "name": node.name, "gpu": node.gpu.name, "gpus_per_node": node.gpusPerNode,
        "nics_per_node": node.nicsPerNode, "nodes_per_domain": node.nodesPerDomain,
        "nodes_per_rack": node.nodesPerRack,
        "nic_bytes_per_s": node.nicPerDirection.value,
        "nvlink_latency_s": node.nvlinkLatency.value,
        "network_latency_s": node.networkLatency.value, "sources": sources(node.sources),
      ]
    }
    let facts =
      (GPUSpec.catalogue.flatMap(\.sources) + NodeSpec.catalogue.flatMap(\.sources)).map(\.source)
      + TopologyKind.catalogue.map(\.source)
    return Study(
      .hardware,
      [
        "gpus": gpus, "nodes": nodes, "topologies": topologies,
        "sources": RecordValue.sources(facts.flatMap(\.facts)),
      ])
  }

  private static func sources(_ fields: [FieldSource]) -> RecordValue {
    .object(fields.map { ($0.field, .text($0.source.text)) })
  }

  /// Nodes of the cluster that DeepSeek-V3 was trained on: fact train.gpus.
  static let referenceNodes = 256

  /// Components and cost of each topology, at 2,048 GPUs or its maximum if smaller, and at its
  /// maximum.
  private static var topologies: [RecordValue] {
    guard let node = NodeSpec.catalogue.first else { return [] }
    return TopologyKind.catalogue.map { kind in
      func counts(_ nodes: Int) -> RecordValue {
        let counts = kind.counts(
          ClusterSpec(node: node, nodeCount: min(nodes, kind.nodeLimit(of: node))))
        return [
          "endpoints": counts.endpoints, "switches": counts.switches, "links": counts.links,
          "cost_usd": counts.cost.value, "cost_per_endpoint_usd": counts.costPerEndpoint.value,
        ]
      }
      return [
        "name": kind.name, "summary": kind.summary, "counts": counts(referenceNodes),
        "largest": counts(kind.nodeLimit(of: node)), "source": kind.source.text,
      ]
    }
  }

  /// The values of each software stack with their sources.
  package static var stacks: Study {
    let values = SoftwareStack.allCases.flatMap { stack -> [RecordValue] in
      let uses =
        (SoftwareStack.training.contains(stack) ? ["training"] : [])
        + (SoftwareStack.inference.contains(stack) ? ["inference"] : [])
      return stack.values.map { value in
        [
          "stack": stack.rawValue, "for": uses.joined(separator: ", "), "key": value.key,
          "value": value.number, "unit": value.unit, "source": value.source.text,
        ]
      }
    }
    let facts = SoftwareStack.allCases.flatMap(\.values).flatMap(\.source.facts)
    return Study(.stacks, ["values": values, "sources": RecordValue.sources(facts)])
  }

  /// Models with parameters, FLOPs, KV bytes, format of weights and source.
  ///
  /// `active_parameters` are all but the experts that a token does not visit; KV bytes are in BF16
  /// and contain the keys of an indexer, which are always in FP8.
  package static func models(_ models: [ModelSpec] = ModelSpec.catalogue) -> Study {
    let rows = models.map { model -> RecordValue in
      var tiles: Int?
      if case .latent = model.attention { tiles = model.kvBytesPerToken(.fp8Tile) }
      return [
        "name": model.name, "layers": model.layers, "hidden": model.hidden,
        "parameters": model.mainParameters, "active_parameters": model.activeParameters,
        "active_parameters_without_embedding": model.activeParametersWithoutEmbedding,
        "mtp_modules": model.mtpModules,
        "mtp_parameters": model.parametersWithMTP - model.mainParameters,
        "training_flops_per_token_causal_4096": model.trainingFLOPs(.causal(sequence: 4096)),
        "training_flops_per_token_full_4096": model.trainingFLOPs(.full(sequence: 4096)),
        "kv_bytes_per_token": model.kvBytesPerToken(.bf16),
        "kv_bytes_per_token_fp8": model.kvBytesPerToken(.fp8), "kv_bytes_per_token_fp8_tile": tiles,
        "weight_format": model.weights.format.rawValue,
        "weights_covered": model.weights.coverage.rawValue, "source": model.source.text,
        "sources": RecordValue.sources(model.source.facts),
      ]
    }
    return Study(.models, ["models": rows])
  }

  /// Schedules with constraints, memory, source and a drawing for four ranks and eight
  /// microbatches, which all of them support.
  ///
  /// - Throws: `ScheduleRefusal` or `DeadlockProblem` for a schedule that violates its own rules.
  package static func schedules() throws -> Study {
    let schedules = try ScheduleCatalogue.all.map { kind -> RecordValue in
      let plan = try kind.plan(ScheduleSizes(ranks: 4, microbatches: 8))
      return [
        "name": kind.name, "aliases": kind.aliases, "title": kind.title,
        "constraints": kind.constraints, "memory": kind.memory, "source": kind.paper,
        "closed_form_bubble": kind.closedFormText,
        "drawing_p4_m8": try PlanDrawing.lanes(plan).split(separator: "\n").map(String.init),
      ]
    }
    return Study(.schedules, ["legend": PlanDrawing.legend, "schedules": schedules])
  }

  /// A schedule evaluated with given durations.
  package static func schedule(_ plan: Plan, _ timeline: Timeline<Double>) -> Study {
    Study(
      .schedule,
      [
        "schedule": plan.scheduleName, "stages": plan.sizes.ranks,
        "microbatches": plan.sizes.microbatches, "makespan": timeline.makespan,
        "busy": timeline.busy, "idle": timeline.idle, "bubble_ratio": timeline.bubbleRatio,
        "bubble_ratio_max": timeline.bubbleRatioMax,
        "span_bubble_ratio": timeline.spanBubbleRatio,
        "bubble_over_ideal": timeline.bubbleOverIdeal,
        "peak_activations": timeline.peakActivations,
        "peak_activations_freed_at_b": timeline.peakActivationsFreedAtB,
        "weight_copies": plan.weightCopies, "order_sha256": orderSHA256(plan),
      ])
  }
}
