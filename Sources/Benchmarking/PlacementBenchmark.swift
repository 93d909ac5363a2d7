// Speed of planning where experts live, seen beside how even the plans are: a fast planner that
// plans badly is no gain. EPLB here is its rule in Swift; its own Python code is not run.

import Routing
import Units

/// What one planner gave.
public struct PlacementFigure: Equatable, Sendable {
  /// The planner: `eplb` or `best`.
  public var policy: String
  /// Time to plan all layers, in seconds of user CPU time of one thread.
  public var seconds: Double
  /// Load of the fullest GPU over the mean, by layer.
  public var imbalances: [Double]
  /// What no placement is below, by layer.
  public var bounds: [Double]

  /// Makes a figure.
  ///
  /// - Precondition: as many bounds as imbalances, at least one.
  public init(policy: String, seconds: Double, imbalances: [Double], bounds: [Double]) {
    precondition(!imbalances.isEmpty && imbalances.count == bounds.count, "both for each layer")
    self.policy = policy
    self.seconds = seconds
    self.imbalances = imbalances
    self.bounds = bounds
  }

  /// Mean of the imbalances.
  public var meanImbalance: Double { imbalances.reduce(0, +) / Double(imbalances.count) }
  /// Mean of the lower bounds.
  public var meanBound: Double { bounds.reduce(0, +) / Double(bounds.count) }
}

/// The benchmark of placement.
public enum PlacementBenchmark {
  /// Routed experts of a layer of DeepSeek-V3.
  public static let experts = 256
  /// DeepSeek-V3's decoding unit: 18 nodes of 8 GPUs, 32 redundant experts, two slots a GPU
  /// (DeepSeek-V3/R1 Inference System Overview). 18 nodes do not divide the gate's 8 groups, so
  /// groups need not stay whole.
  public static let sizes = PlacementSizes(replicas: 288, groups: 8, nodes: 18, gpus: 144)
  /// Spread measured on 16 experts of one layer in service (SGLang, pull request 5524), and a seed.
  public static let routing = RoutingSpec(.logNormal(sigma: 0.59), seed: 1)

  /// How long it runs.
  public struct Settings: Sendable {
    /// Layers that are planned: those of DeepSeek-V3 with routed experts.
    public var layers = 58
    /// Timed runs, of which the fastest counts.
    public var runs = 5
    /// User CPU seconds of a timed run at least: shorter work is repeated.
    public var leastSeconds = 0.2

    /// The settings that published figures use.
    public init() {}
  }

  /// Both planners on the same loads.
  ///
  /// - Precondition: `layers` and `runs` are positive.
  public static func figures(_ settings: Settings = Settings()) -> [PlacementFigure] {
    let loads = loads(layers: settings.layers)
    let bounds = (0..<loads.layers).map { PlacementBounds(loads[$0], sizes).tightest }
    return [
      figure("eplb", loads, bounds, settings) { EPLB.plan(loads, sizes) },
      figure("best", loads, bounds, settings) { BestPlacement.plan(loads, sizes) },
    ]
  }

  private static func figure(
    _ policy: String, _ loads: ExpertLoads, _ bounds: [Double], _ settings: Settings,
    plan: () -> ExpertPlacement
  ) -> PlacementFigure {
    let imbalances = plan().layers.enumerated().map { layer, placement in
      placement.imbalance(loads[layer], gpus: sizes.gpus)
    }
    let seconds = leastUserSeconds(runs: settings.runs, lasting: settings.leastSeconds) {
      _ = plan()
    }
    return PlacementFigure(
      policy: policy, seconds: seconds, imbalances: imbalances, bounds: bounds)
  }

  private static func loads(layers: Int) -> ExpertLoads {
    let values = (0..<layers).flatMap { layer in
      LoadShares.shares(of: routing, layer: layer, experts: experts, topK: 8).values
    }
    return ExpertLoads(layers: layers, experts: experts, values: values.map(Float.init))
  }
}

/// The figures of placement as text.
public struct PlacementReport: Sendable {
  /// The figures, in the order they are printed.
  public var figures: [PlacementFigure]

  /// Makes a report of figures.
  public init(_ figures: [PlacementFigure]) {
    self.figures = figures
  }

  /// One line a planner, for people.
  public func table() -> String {
    figures.map { figure in
      """
      \(figure.policy): \(figure.imbalances.count) layers in \
      \(significantText(figure.seconds * 1e3)) ms; mean over layers of max/mean GPU load \
      \(significantText(figure.meanImbalance)), of its lower bound \
      \(significantText(figure.meanBound))

      """
    }.joined() + "\(Self.setting)\n"
  }

  /// A JSON array, one object and one line for each planner, at full precision.
  public func json() -> String {
    let sizes = PlacementBenchmark.sizes
    return jsonLines(
      figures.map { figure in
        [
          "policy": figure.policy, "layers": figure.imbalances.count,
          "experts": PlacementBenchmark.experts, "replicas": sizes.replicas,
          "groups": sizes.groups, "nodes": sizes.nodes, "gpus": sizes.gpus,
          "planning_time_s": figure.seconds, "mean_max_over_mean": figure.meanImbalance,
          "mean_lower_bound": figure.meanBound,
        ]
      }) + "\n"
  }

  /// What was planned.
  private static var setting: String {
    let sizes = PlacementBenchmark.sizes
    return "\(PlacementBenchmark.experts) experts a layer on \(sizes.gpus) GPUs, "
      + "\(sizes.replicas) slots; loads \(PlacementBenchmark.routing.source), "
      + "seed \(PlacementBenchmark.routing.seed); user CPU time"
  }
}
