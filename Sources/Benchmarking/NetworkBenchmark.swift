// The speed of the flow network in flows per second of user CPU time, and the predictions of the
// exchange model for DeepEP's kernels, with published measurements.

import Cluster
import Facts
import Routing
import Units

/// The speed of the flow network on one workload.
package struct SharingFigure: Equatable, Sendable {
  /// Name of the workload.
  package var workload: String
  /// Description of the workload in one line.
  package var summary: String
  /// Flows of the workload.
  package var flowCount: Int
  /// Flows per second of user CPU time, in the fastest run.
  package var flowsPerSecond: Double
  /// How often rates were resolved.
  package var settlements: Int
  /// Recomputed rates per flow of the workload.
  package var refilledPerFlow: Double
  /// Simulated time until the last flow has drained.
  package var makespanSeconds: Double
}

/// The prediction of the exchange model for one all-to-all.
package struct ExchangeFigure: Equatable, Sendable {
  /// `normal` or `low-latency`.
  package var mode: String
  /// The release of the normal kernels; nil in low-latency mode.
  package var release: String?
  /// Size of the expert-parallel group.
  package var gpuCount: Int
  /// `dispatch` or `combine`.
  package var direction: String
  /// Mean number of nodes with experts of a token.
  package var nodesPerToken: Double
  /// Mean number of GPUs with experts of a token.
  package var gpusPerToken: Double
  /// Duration of the exchange.
  package var seconds: Double
  /// Bytes of all token copies, including local ones, per second.
  package var logicalBytesPerSecond: Double
  /// Bytes per second through a GPU's NIC, or over NVLink within a single node.
  package var wireBytesPerSecond: Double
  /// The bottleneck.
  package var bound: String
}

/// A published measurement with the prediction of the exchange model.
package struct PublishedFigure: Equatable, Sendable {
  /// Where it was published.
  package var fact: Fact
  /// Node in the catalogue.
  package var node: String
  /// Size of the expert-parallel group.
  package var gpuCount: Int
  /// `normal` or `low-latency`.
  package var mode: String
  /// The kernels that are modelled: a release of the normal ones, or the stack of the low-latency
  /// ones.
  package var stack: String
  /// SMs of a normal kernel; nil in low-latency mode.
  package var sms: Int?
  /// Tokens per GPU.
  package var tokens: Int
  /// `dispatch` or `combine`.
  package var direction: String
  /// Bytes of all copies of a GPU's tokens, including local ones.
  package var logicalBytes: Double
  /// Predicted bytes through a GPU's NIC, or over NVLink within a single node.
  package var wireBytes: Double
  /// The measured duration.
  package var publishedSeconds: Double
  /// The predicted duration.
  package var modelSeconds: Double
  /// Whether a constant of the model is derived from this measurement.
  package var isUsed: Bool

  /// The relative error of the prediction.
  package var relativeError: Double { modelSeconds / publishedSeconds - 1 }
}

/// The benchmark of the flow network, and the validation of the exchange model.
package enum NetworkBenchmark {
  /// The workloads and the number of runs.
  package struct Settings: Equatable, Sendable {
    /// Timed runs, of which the fastest counts. A warm-up run precedes them.
    package var runs = 5
    /// The minimum user CPU time of a timed run; shorter work is repeated.
    package var minimumRunSeconds = 0.1
    /// Names of the workloads to run; nil for all.
    package var workloads: [String]?
    /// Sampled tokens for the fan-out of a token.
    package var gateTokens = 16_384

    /// The default settings.
    package init() {}
  }

  /// Measures the flow network on each workload.
  ///
  /// - Parameters:
  ///   - settings: workloads and repetitions.
  ///   - progress: called before each workload with the number of those measured and of all.
  /// - Precondition: `runs` is positive.
  package static func sharing(
    _ settings: Settings = Settings(), progress: (Int, Int) -> Void = { _, _ in }
  ) -> [SharingFigure] {
    let workloads = NetworkWorkload.all.filter { settings.workloads?.contains($0.name) ?? true }
    return workloads.enumerated().map { place, workload in
      progress(place, workloads.count)
      let (drained, effort) = workload.run()
      let flows = Double(workload.flows.count)
      let seconds = leastUserSeconds(runs: settings.runs, lasting: settings.minimumRunSeconds) {
        _ = workload.run()
      }
      return SharingFigure(
        workload: workload.name, summary: workload.summary, flowCount: workload.flows.count,
        flowsPerSecond: flows / seconds, settlements: effort.rateUpdates,
        refilledPerFlow: Double(effort.refilledFlows) / flows,
        makespanSeconds: drained.max()?.seconds ?? 0)
    }
  }

  /// Predicts dispatch and combine on H800 nodes for EP8 to EP256.
  ///
  /// The hidden size is 7168, with top-8 of 256 experts. Normal mode has 4,096 tokens per GPU, 24
  /// SMs and at most 4 nodes per token; low-latency mode has 128 tokens per GPU.
  package static func exchanges(_ settings: Settings = Settings()) -> [ExchangeFigure] {
    guard let node = NodeSpec.catalogue.first(where: { $0.name == "h800-sxm" }) else { return [] }
    let sizes = [8, 16, 32, 64, 128, 256]
    let allCopies = sizes.map { copies(gpuCount: $0, settings) }
    let normal = DeepEPRelease.allCases.flatMap { release in
      zip(sizes, allCopies).flatMap { size, copies in
        ExpertExchange.Direction.allCases.map { direction in
          figure(
            ExpertExchange(
              direction: direction, tokens: 4096,
              bytesPerToken: ExchangeMeasurement.payload(direction), domainsPerToken: copies.nodes,
              gpusPerToken: copies.gpus, domainCount: size / 8, gpusPerDomain: 8), release, on: node
          )
        }
      }
    }
    let lowLatency = sizes.flatMap { size in
      ExpertExchange.Direction.allCases.map { direction in
        figure(
          LowLatencyExchange(
            direction: direction, tokens: 128, topK: 8,
            bytesPerMessage: ExchangeMeasurement.message(direction), gpuCount: size,
            gpusPerDomain: 8), on: node)
      }
    }
    return normal + lowLatency
  }

  /// Predicts every published measurement.
  package static func published() -> [PublishedFigure] {
    ExchangeMeasurement.all.compactMap { row in
      guard let model = row.modelSeconds else { return nil }
      var figure = PublishedFigure(
        fact: row.fact, node: row.node, gpuCount: row.gpuCount, mode: "normal", stack: "", sms: nil,
        tokens: 0, direction: row.direction.rawValue, logicalBytes: 0, wireBytes: 0,
        publishedSeconds: row.seconds, modelSeconds: model, isUsed: row.isUsed)
      switch row.kind {
      case .normal(let exchange, let sms, let release):
        figure.stack = release.rawValue
        figure.sms = sms
        figure.tokens = exchange.tokens
        figure.logicalBytes = exchange.logicalBytes
        figure.wireBytes = wireBytes(exchange)
      case .lowLatency(let exchange, let stack):
        figure.stack = stack.rawValue
        figure.mode = "low-latency"
        figure.tokens = exchange.tokens
        figure.logicalBytes = exchange.logicalBytes
        figure.wireBytes = wireBytes(exchange)
      }
      return figure
    }
  }

  private static func wireBytes(_ exchange: ExpertExchange) -> Double {
    exchange.domainCount > 1 ? exchange.networkBytes : exchange.nvlinkBytes
  }

  private static func wireBytes(_ exchange: LowLatencyExchange) -> Double {
    let network = exchange.networkBytes
    return network > 0 ? network : exchange.nvlinkBytes
  }

  /// The fan-out of a token under a node-limited gate: each node is a group of experts, and the
  /// experts of a token are on at most four nodes, as in DeepSeek-V3.
  private static func copies(gpuCount: Int, _ settings: Settings) -> TokenFanOut {
    let nodes = gpuCount / 8
    let gate = Gate(experts: 256, groups: nodes, groupLimit: min(4, nodes), topK: 8)
    return .expected(gate, nodeCount: nodes, gpuCount: gpuCount, tokens: settings.gateTokens)
  }

  private static func figure(
    _ exchange: ExpertExchange, _ release: DeepEPRelease, on node: NodeSpec
  ) -> ExchangeFigure {
    let legs = exchange.legs(on: node, sms: 24, release: release)
    return ExchangeFigure(
      mode: "normal", release: release.rawValue,
      gpuCount: exchange.domainCount * exchange.gpusPerDomain,
      direction: exchange.direction.rawValue, nodesPerToken: exchange.domainsPerToken,
      gpusPerToken: exchange.gpusPerToken, seconds: legs.seconds,
      logicalBytesPerSecond: exchange.logicalBytes / legs.seconds,
      wireBytesPerSecond: wireBytes(exchange) / legs.seconds, bound: legs.bound)
  }

  private static func figure(_ exchange: LowLatencyExchange, on node: NodeSpec) -> ExchangeFigure {
    let seconds = exchange.seconds(on: node)
    return ExchangeFigure(
      mode: "low-latency", release: nil, gpuCount: exchange.gpuCount,
      direction: exchange.direction.rawValue, nodesPerToken: Double(exchange.topK),
      gpusPerToken: Double(exchange.topK), seconds: seconds,
      logicalBytesPerSecond: exchange.logicalBytes / seconds,
      wireBytesPerSecond: wireBytes(exchange) / seconds, bound: exchange.bound(on: node))
  }
}
