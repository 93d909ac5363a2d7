// The figures of the flow network, flows per second of user CPU time, and what the exchange model
// says of DeepEP's kernels beside what was published.

import Cluster
import Routing
import Units

/// What one workload on the flow network gave.
public struct SharingFigure: Equatable, Sendable {
  /// Name of the workload.
  public var workload: String
  /// One line for people.
  public var summary: String
  /// Flows of the workload, all started and drained.
  public var flowCount: Int
  /// Flows per second of user CPU time, in the fastest run.
  public var flowsPerSecond: Double
  /// Times at which rates were brought up to date.
  public var settlements: Int
  /// Flows whose rates were computed anew, per flow of the workload.
  public var refilledPerFlow: Double
  /// Simulated seconds until the last flow had drained.
  public var makespanSeconds: Double
}

/// What the model says of one all-to-all.
public struct ExchangeFigure: Equatable, Sendable {
  /// `normal` or `low-latency`.
  public var mode: String
  /// The release of the normal kernels; nil in low-latency mode.
  public var release: String?
  /// GPUs that share the experts.
  public var gpuCount: Int
  /// `dispatch` or `combine`.
  public var direction: String
  /// Mean nodes that hold a token's experts.
  public var nodesPerToken: Double
  /// Mean GPUs that hold a token's experts.
  public var gpusPerToken: Double
  /// How long it takes.
  public var seconds: Double
  /// Bytes of all copies, those that stay among them, over the time.
  public var logicalBytesPerSecond: Double
  /// Bytes that leave a GPU's NIC over the time; over NVLink inside one node.
  public var wireBytesPerSecond: Double
  /// The slowest leg.
  public var bound: String
}

/// A published row beside the model.
public struct PublishedFigure: Equatable, Sendable {
  /// Fact id.
  public var id: String
  /// Node of the catalogue.
  public var node: String
  /// GPUs that shared the experts.
  public var gpuCount: Int
  /// `normal` or `low-latency`.
  public var mode: String
  /// The kernels that the model takes: a release of the normal ones, or whose low-latency ones.
  public var stack: String
  /// Multiprocessors of a normal kernel; nil in low-latency mode.
  public var sms: Int?
  /// Tokens of each GPU.
  public var tokens: Int
  /// `dispatch` or `combine`.
  public var direction: String
  /// Bytes of all copies of a GPU's tokens, those that stay among them.
  public var logicalBytes: Double
  /// Bytes that leave a GPU's NIC, over NVLink inside one node, in the model.
  public var wireBytes: Double
  /// What was measured.
  public var publishedSeconds: Double
  /// What the model says.
  public var modelSeconds: Double
  /// Whether a constant of the model is solved from the row.
  public var isUsed: Bool

  /// How much longer the model is than the row.
  public var relativeError: Double { modelSeconds / publishedSeconds - 1 }
}

/// The benchmark of the network.
public enum NetworkBenchmark {
  /// How much is measured.
  public struct Settings: Equatable, Sendable {
    /// Timed runs, of which the fastest counts; before them comes one that is not timed.
    public var runs = 5
    /// User CPU seconds of a timed run at least: shorter work is repeated.
    public var leastSeconds = 0.1
    /// Names of the workloads to run; nil for all.
    public var workloads: [String]?
    /// Sample size for the copies of a token.
    public var gateTokens = 16_384

    /// The settings that published figures use.
    public init() {}
  }

  /// Speed on each workload, in a fixed order.
  ///
  /// - Precondition: `runs` is positive.
  public static func sharing(_ settings: Settings = Settings()) -> [SharingFigure] {
    NetworkWorkload.all.filter { settings.workloads?.contains($0.name) ?? true }.map { workload in
      let (drained, effort) = workload.run()
      let flows = Double(workload.flows.count)
      let seconds = leastUserSeconds(runs: settings.runs, lasting: settings.leastSeconds) {
        _ = workload.run()
      }
      return SharingFigure(
        workload: workload.name, summary: workload.summary, flowCount: workload.flows.count,
        flowsPerSecond: flows / seconds, settlements: effort.rateUpdates,
        refilledPerFlow: Double(effort.refilledFlows) / flows,
        makespanSeconds: drained.max()?.seconds ?? 0)
    }
  }

  /// Dispatch and combine on H800 nodes, 8 to 256 GPUs: normal mode with 4,096 tokens, 24 SMs and
  /// at most 4 nodes for a token, low-latency mode with 128 tokens; hidden size 7168, top-8 of 256.
  public static func exchanges(_ settings: Settings = Settings()) -> [ExchangeFigure] {
    guard let node = NodeSpec.catalogue.first(where: { $0.name == "h800-sxm" }) else { return [] }
    let sizes = [8, 16, 32, 64, 128, 256]
    let allCopies = sizes.map { copies(gpuCount: $0, settings) }
    let normal = DeepEPRelease.allCases.flatMap { release in
      zip(sizes, allCopies).flatMap { size, copies in
        ExpertExchange.Direction.allCases.map { direction in
          figure(
            ExpertExchange(
              direction: direction, tokens: 4096,
              bytesPerToken: ExchangeMeasurement.payload(direction), nodesPerToken: copies.nodes,
              gpusPerToken: copies.gpus, nodeCount: size / 8), release, on: node)
        }
      }
    }
    let lowLatency = sizes.flatMap { size in
      ExpertExchange.Direction.allCases.map { direction in
        figure(
          LowLatencyExchange(
            direction: direction, tokens: 128, topK: 8,
            bytesPerMessage: ExchangeMeasurement.message(direction), gpuCount: size), on: node)
      }
    }
    return normal + lowLatency
  }

  /// Every published row beside the model.
  public static func published() -> [PublishedFigure] {
    ExchangeMeasurement.all.compactMap { row in
      guard let model = row.modelSeconds,
        let node = NodeSpec.catalogue.first(where: { $0.name == row.node })
      else { return nil }
      var figure = PublishedFigure(
        id: row.id, node: row.node, gpuCount: row.gpuCount, mode: "normal", stack: "", sms: nil,
        tokens: 0, direction: row.direction.rawValue, logicalBytes: 0, wireBytes: 0,
        publishedSeconds: row.seconds, modelSeconds: model, isUsed: row.isUsed)
      switch row.kind {
      case .normal(let exchange, let sms, let release):
        figure.stack = release.rawValue
        figure.sms = sms
        figure.tokens = exchange.tokens
        figure.logicalBytes = exchange.logicalBytes
        figure.wireBytes = wireBytes(exchange, on: node)
      case .lowLatency(let exchange, let stack):
        figure.stack = stack.rawValue
        figure.mode = "low-latency"
        figure.tokens = exchange.tokens
        figure.logicalBytes = exchange.logicalBytes
        figure.wireBytes = wireBytes(exchange, on: node)
      }
      return figure
    }
  }

  private static func wireBytes(_ exchange: ExpertExchange, on node: NodeSpec) -> Double {
    exchange.nodeCount > 1
      ? exchange.networkBytes : exchange.nvlinkBytes(gpusPerNode: node.gpusPerNode)
  }

  private static func wireBytes(_ exchange: LowLatencyExchange, on node: NodeSpec) -> Double {
    let network = exchange.networkBytes(gpusPerNode: node.gpusPerNode)
    return network > 0 ? network : exchange.nvlinkBytes(gpusPerNode: node.gpusPerNode)
  }

  /// Nodes are groups of experts, and a token keeps four of them, as DeepSeek-V3's gate does.
  private static func copies(gpuCount: Int, _ settings: Settings) -> TokenCopies {
    let nodes = gpuCount / 8
    let gate = Gate(experts: 256, groups: nodes, groupLimit: min(4, nodes), topK: 8)
    return .expected(gate, nodeCount: nodes, gpuCount: gpuCount, tokens: settings.gateTokens)
  }

  private static func figure(
    _ exchange: ExpertExchange, _ release: DeepEPRelease, on node: NodeSpec
  ) -> ExchangeFigure {
    let legs = exchange.legs(on: node, sms: 24, release: release)
    return ExchangeFigure(
      mode: "normal", release: release.rawValue, gpuCount: exchange.nodeCount * node.gpusPerNode,
      direction: exchange.direction.rawValue, nodesPerToken: exchange.nodesPerToken,
      gpusPerToken: exchange.gpusPerToken, seconds: legs.seconds,
      logicalBytesPerSecond: exchange.logicalBytes / legs.seconds,
      wireBytesPerSecond: wireBytes(exchange, on: node) / legs.seconds, bound: legs.bound)
  }

  private static func figure(_ exchange: LowLatencyExchange, on node: NodeSpec) -> ExchangeFigure {
    let seconds = exchange.seconds(on: node)
    return ExchangeFigure(
      mode: "low-latency", release: nil, gpuCount: exchange.gpuCount,
      direction: exchange.direction.rawValue, nodesPerToken: Double(exchange.topK),
      gpusPerToken: Double(exchange.topK), seconds: seconds,
      logicalBytesPerSecond: exchange.logicalBytes / seconds,
      wireBytesPerSecond: wireBytes(exchange, on: node) / seconds, bound: exchange.bound(on: node))
  }
}
