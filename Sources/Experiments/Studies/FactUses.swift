// Uses of each fact of the register: fields of catalogues, published rows, and constants.

import Cluster
import Facts
import KernelTimes
import ModelCost

/// A place in the program, and the fact whose figure it uses.
package struct FactUse: Hashable, Sendable {
  /// Description of the place, for example `GPU h800-sxm, memory`.
  package var place: String
  package var fact: Fact

  /// Every use, in printed order.
  package static let all: [FactUse] = catalogues + rows + constants + scenarios + published

  private static var catalogues: [FactUse] {
    let gpus = GPUSpec.catalogue.flatMap { gpu in
      gpu.sources.flatMap { uses("GPU \(gpu.name), \($0.field)", $0.source.facts) }
    }
    let nodes = NodeSpec.catalogue.flatMap { node in
      node.sources.flatMap { uses("node \(node.name), \($0.field)", $0.source.facts) }
    }
    let topologies = TopologyKind.catalogue.flatMap { uses("topology \($0.name)", $0.source.facts) }
    let models = ModelSpec.catalogue.flatMap { uses("model \($0.name)", $0.source.facts) }
    return gpus + nodes + topologies + models
  }

  private static var rows: [FactUse] {
    let kernels = Series.all.flatMap { uses("rows of \($0.name)", $0.facts) }
    return kernels
      + ExchangeMeasurement.all.map { row in
        FactUse(
          place: "row of \(row.direction.rawValue) on \(row.gpuCount) GPUs: "
            + (row.isUsed ? "a constant is solved from it" : "a prediction is held against it"),
          fact: row.fact)
      }
  }

  /// Constants and tables by their names, which a test finds in the sources.
  static let named: [(name: String, facts: [Fact])] = [
    ("AttentionMeasurements", [.kernels.attentionPrefill, .kernels.attentionBackward]),
    ("FP8CacheMeasurements", [.kernels.sparseAttention]),
    (
      "ReleaseMeasurements",
      [
        .kernels.dense4096April, .kernels.dense4096February, .kernels.groupedFebruary,
        .kernels.groupedMarch,
      ]
    ),
    (
      "SparseMeasurements",
      [.kernels.sparseKernels, .kernels.sparsePrefill, .kernels.sparseAttention]
    ),
    ("TraceMeasurements", [.kernels.traceClasses, .kernels.traceSMs, .kernels.weightGradient]),
    (
      "NormalKernelRates",
      [
        .exchanges.h100Normal, .exchanges.v0Normal, .exchanges.v1InsideNode,
        .exchanges.v1SixteenGPUs,
      ]
    ),
    ("LowLatencyRates", [.exchanges.h100LowLatency, .exchanges.ll8, .exchanges.ll64]),
    ("ExchangeMeasurement", [.exchanges.v1Conditions, .exchanges.messageBytes]),
    ("memoryBytes", [.exchanges.memorySteps]),
    ("MemorySharing", [.kernels.besideCopy]),
    ("Jitter", [.between.gpuSpread]),
    (
      "SoftwareStack",
      [
        .between.optimizerParts, .between.nodeGap, .between.launch, .between.expertLayer,
        .between.optimizerLaunches, .between.unhiddenSGLang, .between.scheduler,
        .between.eagerOperation, .between.unhiddenVLLM,
      ]
    ),
    ("achievedBandwidthShare", [.hardware.h800AchievedBandwidth, .hardware.h800Bandwidth]),
    ("nvlinkShare", [.hardware.h800AchievedNVLink, .hardware.h800NVLink]),
    ("layerLatency", [.networks.crossLeafLatency, .networks.sameLeafLatency]),
    ("hostLink", [.hardware.pcie5]),
    ("FatTreePlan", [.networks.planes]),
    ("referenceNodes", [.training.gpus]),
    ("TrainingPrecision", [.training.precision]),
    ("ActivationPolicy", [.training.recompute]),
    ("cacheBytes", [.models.fp8CacheBytes]),
    ("TrafficPrices", [.kernels.groupedPrefill, .networks.nic]),
    ("InferenceSweep", [.serving.prefillUnit, .serving.decodeUnit, .serving.acceptance]),
    ("usualCommunicationSMs", [.serving.overlapSMs]),
    (
      "SchedulerSpec",
      [
        .serving.batchDefaults, .serving.chunkedPrefill, .serving.attentionRanks,
        .serving.runningRequests,
      ]
    ),
    ("CacheTierSpec", [.serving.prefetchThreshold]),
    ("gatewayBackoff", [.serving.gatewayRetries]),
    ("ScalingSpec", [.serving.autoscaler]),
  ]

  private static var constants: [FactUse] {
    named.flatMap { uses("constant or table \($0.name)", $0.facts) }
      + Fact.all.filter { $0.use == .assumed }.flatMap { uses("the constant itself", [$0]) }
  }

  /// Shipped scenarios with figures of a fact, and facts that their results stand beside.
  private static var scenarios: [FactUse] {
    uses(
      "scenario llama-3.1-405b-54-days, run.failures",
      [.reliability.llama3Causes, .reliability.llama3Size])
      + uses(
        "scenario deepseek-v3-run, run.failures",
        [.reliability.llama3Causes, .reliability.llama3Size])
      + uses(
        "scenario llama-3.1-405b-54-days: a prediction is held against it",
        [.reliability.llama3Time])
  }

  /// Results that `dsv3sim accuracy` shows.
  private static var published: [FactUse] {
    uses(
      "dsv3sim accuracy: a prediction is held against it, or it says why not",
      FactGroup.all.filter { $0.name == "published" }.flatMap(\.facts))
  }

  private static func uses(_ place: String, _ facts: [Fact]) -> [FactUse] {
    facts.map { FactUse(place: place, fact: $0) }
  }
}
