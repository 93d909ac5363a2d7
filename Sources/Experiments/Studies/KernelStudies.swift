// The kernels and exchanges of a scenario's layers with their times, as a record.

import Cluster
import Facts
import ModelCost
import Recording
import Scenarios
import Serving
import Training

extension Study {
  /// Every kernel and exchange of a scenario's step, by kind of layer.
  ///
  /// - Throws: `TraceFileProblem` if a trace file has disappeared.
  package static func kernels(of scenario: Scenario) throws -> Study {
    try scenario.workload(SharedCosts()).kernels
  }

  /// Kernels and exchanges of a training step.
  static func kernels(_ spec: TrainingSpec, _ model: ModelSpec, _ cluster: ClusterSpec) -> Study {
    let costs = BlockCosts(spec: spec, model: model, cluster: cluster)
    let kinds = LayerKind.allCases.filter { kind in
      switch kind {
      case .dense, .moe, .denseWindowed, .moeWindowed: model.layerKinds.contains(kind)
      case .mtp: spec.trainsMTP && model.mtpModules > 0
      case .embedding, .head: true
      }
    }
    let timed = kinds.map { ($0, costs.timedKernels(of: $0)) }
    let kernels = timed.flatMap { kind, rows in
      rows.map { row -> RecordValue in
        let (kernel, shape) = (row.kernel, row.kernel.shape)
        return [
          "layer": kind.rawValue, "pass": row.pass.rawValue, "part": row.part.rawValue,
          "kernel": kernel.name, "class": kernel.kernelClass.rawValue,
          "precision": kernel.precision.rawValue, "shape": shape.text, "groups": shape.groups,
          "m": shape.m, "n": shape.n, "k": shape.k, "flops": kernel.flops, "bytes": kernel.bytes,
          "sms": row.sms, "time_s": row.time.seconds, "bound_by": row.time.boundBy.rawValue,
          "efficiency": row.time.efficiency, "source": row.time.source.text,
        ]
      }
    }
    let exchangeSource: SourceText = "\(.exchanges.v0Normal), \(.exchanges.v1SixteenGPUs)"
    let pairs = costs.exchangeSeconds.map { [("dispatch", $0.dispatch), ("combine", $0.combine)] }
    let exchanges = (pairs ?? []).map { name, seconds -> RecordValue in
      [
        "layer": LayerKind.moe.rawValue, "part": "exchange", "kernel": name,
        "sms": spec.communicationSMs, "time_s": seconds, "bound_by": "network",
        "source": exchangeSource.text,
      ]
    }
    // Exchanges within tensor and context parallel groups.
    let groups = kinds.flatMap { kind in
      costs.timedExchanges(of: kind).map { row -> RecordValue in
        [
          "layer": kind.rawValue, "pass": row.pass.rawValue, "part": row.part.rawValue,
          "kernel": row.name, "bytes": row.bytes, "sms": 0, "time_s": row.seconds,
          "bound_by": "network", "source": "ring over links",
        ]
      }
    }
    let facts =
      timed.flatMap { $1.flatMap(\.time.source.facts) }
      + (exchanges.isEmpty ? [] : exchangeSource.facts)
    return Study(
      .kernels,
      ["kernels": kernels + exchanges + groups, "sources": RecordValue.sources(facts)])
  }

  /// Kernels and exchanges of one microbatch of an inference step.
  static func kernels(_ spec: InferenceSpec, _ model: ModelSpec, _ cluster: ClusterSpec) -> Study {
    let costs = InferenceCosts(spec: spec, model: model, cluster: cluster)
    let batch = spec.microbatchRows[0]
    var rows: [RecordValue] = []
    var facts: [Fact] = []
    let kinds = LayerKind.allCases.filter { kind in
      switch kind {
      case .dense, .moe, .denseWindowed, .moeWindowed: model.layerKinds.contains(kind)
      case .mtp: spec.mtpAcceptance != nil
      case .embedding, .head: true
      }
    }
    for kind in kinds {
      let kernels = costs.kernels(of: kind, batch)
      for part in LayerKernels.Part.allCases {
        let list =
          kind == .head && part == .feedForward
          ? costs.headKernels(batch.sampled) : kernels[part, .forward]
        rows += list.map { kernel in
          let time = costs.time(kernel)
          facts += time.source.facts
          return [
            "layer": kind.rawValue, "part": part.rawValue, "kernel": kernel.name,
            "shape": kernel.shape.text, "time_s": time.seconds,
            "bound_by": time.boundBy.rawValue, "source": time.source.text,
          ]
        }
      }
      if kind == kinds.first(where: \.hasExperts), costs.exchangesTokens {
        rows += exchanges(costs, kind, tokens: batch.tokens)
        facts += exchangeSource(spec.phase).facts
      }
    }
    return Study(
      .inferenceKernels,
      ["sequences": batch.sequences, "kernels": rows, "sources": RecordValue.sources(facts)])
  }

  private static func exchanges(
    _ costs: InferenceCosts, _ kind: LayerKind, tokens: Int
  ) -> [RecordValue] {
    let spec = costs.spec
    return ExpertExchange.Direction.allCases.map { direction in
      [
        "layer": kind.rawValue, "part": "exchange", "kernel": direction.rawValue,
        "shape": "\(tokens) tokens",
        "time_s": costs.exchangeSeconds(
          direction, tokens, costs.mostLoaded),
        "bound_by": "network",
        "source": exchangeSource(spec.phase).text,
      ]
    }
  }

  /// The published rows from which the kernel rates of each phase are derived.
  private static func exchangeSource(_ phase: InferenceSpec.Phase) -> SourceText {
    switch phase {
    case .decode: "\(.exchanges.h100LowLatency), \(.exchanges.ll8), \(.exchanges.ll64)"
    case .prefill:
      "\(.exchanges.h100Normal), \(.exchanges.v0Normal), "
        + "\(.exchanges.v1InsideNode), \(.exchanges.v1SixteenGPUs)"
    }
  }
}

extension KernelShape {
  /// Rows of a kernel that only moves data; the number of groups and the dimensions of any other.
  fileprivate var text: String {
    guard n != 1 || k != 1 else { return "\(m) rows" }
    let cached = cached > 0 ? " after \(cached)" : ""
    return (groups > 1 ? "\(groups) x " : "") + "[\(m)\(cached), \(n), \(k)]"
  }
}
