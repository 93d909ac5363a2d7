// The speed of expert placement, with the balance that it achieves. EPLB is its algorithm in Swift,
// not its Python code.

import Routing
import Units

/// The speed of one placement policy and the balance of its placements.
package struct PlacementFigure: Equatable, Sendable {
  /// The policy: `eplb` or `best`.
  package var policy: String
  /// User CPU time to place all layers.
  package var seconds: Double
  /// Load of the most loaded GPU over the mean load, for each layer.
  package var imbalances: [Double]
  /// Lower bound of this ratio over all placements, for each layer.
  package var bounds: [Double]

  /// A figure.
  ///
  /// - Precondition: there is at least one layer, and each has an imbalance and a bound.
  package init(policy: String, seconds: Double, imbalances: [Double], bounds: [Double]) {
    precondition(
      !imbalances.isEmpty && imbalances.count == bounds.count, "the numbers of layers differ")
    self.policy = policy
    self.seconds = seconds
    self.imbalances = imbalances
    self.bounds = bounds
  }

  /// Mean imbalance over layers.
  package var meanImbalance: Double { imbalances.reduce(0, +) / Double(imbalances.count) }
  /// Mean lower bound over layers.
  package var meanBound: Double { bounds.reduce(0, +) / Double(bounds.count) }
}

/// The benchmark of expert placement.
package enum PlacementBenchmark {
  /// Routed experts per layer of DeepSeek-V3.
  package static let experts = 256
  /// DeepSeek-V3's decoding unit: 18 nodes of 8 GPUs, 32 redundant experts, two slots per GPU
  /// (DeepSeek-V3/R1 Inference System Overview). The gate's 8 groups are not a multiple of 18
  /// nodes, so a group may be split between nodes.
  package static let sizes = PlacementSizes(replicas: 288, groups: 8, nodes: 18, gpus: 144)
  /// Expert loads with the spread that was measured on 16 experts of one layer in production
  /// (SGLang, pull request 5524).
  package static let routing = RoutingSpec(.logNormal(sigma: 0.59), seed: 1)

  /// The number of layers and of runs.
  package struct Settings: Sendable {
    /// Layers to place; DeepSeek-V3 has 58 with routed experts.
    package var layers = 58
    /// Timed runs, of which the fastest counts.
    package var runs = 5
    /// The minimum user CPU time of a timed run; shorter work is repeated.
    package var minimumRunSeconds = 0.2

    /// The default settings.
    package init() {}
  }

  /// Measures both policies on the same loads.
  ///
  /// - Parameters:
  ///   - settings: sizes and repetitions.
  ///   - progress: called after each policy with the number of those measured and of all.
  /// - Precondition: `layers` and `runs` are positive.
  package static func figures(
    _ settings: Settings = Settings(), progress: (Int, Int) -> Void = { _, _ in }
  ) -> [PlacementFigure] {
    let loads = loads(layers: settings.layers)
    let bounds = (0..<loads.layers).map { PlacementBounds(loads[$0], sizes).tightest }
    let eplb = figure("eplb", loads, bounds, settings) { EPLB.plan(loads, sizes) }
    progress(1, 2)
    return [
      eplb, figure("best", loads, bounds, settings) { BestPlacement.plan(loads, sizes) },
    ]
  }

  private static func figure(
    _ policy: String, _ loads: ExpertLoads, _ bounds: [Double], _ settings: Settings,
    plan: () -> ExpertPlacement
  ) -> PlacementFigure {
    let imbalances = plan().layers.enumerated().map { layer, placement in
      placement.imbalance(loads[layer], gpus: sizes.gpus)
    }
    let seconds = leastUserSeconds(runs: settings.runs, lasting: settings.minimumRunSeconds) {
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

/// The speed and balance of expert placement as text and as JSON.
package struct PlacementReport: Sendable {
  /// The figures, in printing order.
  package var figures: [PlacementFigure]

  /// A report of figures.
  package init(_ figures: [PlacementFigure]) {
    self.figures = figures
  }

  /// One line per policy, and one that describes the workload.
  package func table() -> String {
    figures.map { figure in
      """
      \(figure.policy): \(figure.imbalances.count) layers in \
      \(significantText(figure.seconds * 1e3)) ms; max/mean GPU load \
      \(significantText(figure.meanImbalance)), lower bound \
      \(significantText(figure.meanBound)) (means over layers)

      """
    }.joined() + "\(Self.workload)\n"
  }

  /// A JSON array with one object per policy, at full precision.
  package func json() -> String {
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

  /// The description of the workload.
  private static var workload: String {
    let sizes = PlacementBenchmark.sizes
    return "\(PlacementBenchmark.experts) experts per layer on \(sizes.gpus) GPUs, "
      + "\(sizes.replicas) slots; loads \(PlacementBenchmark.routing.source), "
      + "seed \(PlacementBenchmark.routing.seed); user CPU time"
  }
}
