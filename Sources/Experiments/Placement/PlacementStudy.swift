// Plans a placement from expert loads and evaluates it: the rows that `dsv3sim experts` prints.

import ModelCost
import Routing
import Text

/// How experts are placed.
package enum PlacementPolicy: String, CaseIterable, Sendable {
  /// `BestPlacement`: never worse than EPLB on any layer.
  case best
  /// DeepSeek's EPLB.
  case eplb
  /// Whole groups or free placement per layer, whichever is cheaper with InfiniBand included.
  case traffic
  /// Experts in index order, without replicas.
  case none

  /// Plans every layer.
  ///
  /// - Precondition: `sizes` has no problems; for `none`, GPUs divide the experts.
  func plan(
    _ loads: ExpertLoads, _ sizes: PlacementSizes, gate: Gate, seed: UInt64
  ) -> ExpertPlacement {
    switch self {
    case .best: return BestPlacement.plan(loads, sizes)
    case .eplb: return EPLB.plan(loads, sizes)
    case .traffic:
      let planner = TrafficAwarePlacement(
        sizes: sizes, gate: gate, secondsPerRow: TrafficPrices.secondsPerRow,
        secondsPerMessage: TrafficPrices.secondsPerMessage,
        sampledTokens: TrafficPrices.sampledTokens)
      return ExpertPlacement(
        layers: (0..<loads.layers).compactMap {
          planner.choices(loads[$0], seed: seed).first?.placement
        })
    case .none:
      return ExpertPlacement(
        layers: Array(repeating: .contiguous(experts: loads.experts), count: loads.layers))
    }
  }
}

/// The cost of a token on a GPU and its NIC, for the machine that kernels were measured on.
enum TrafficPrices {
  /// Both projections of 32,768 rows of 8 experts: fact gemm.infersim.grouped_prefill.
  static let secondsPerRow = (1431.0 + 754.772) * 1e-6 / 32_768
  /// One dispatch and one combine message at the NIC's rate: 7,472 B and 14,384 B (DeepEP's normal
  /// kernels, hidden size 7168), fact hw.ib.nic_bw.
  static let secondsPerMessage = (7472.0 + 14384.0) / 50e9
  /// Tokens sampled per layer.
  static let sampledTokens = 1024
}

/// Evaluation of one layer's placement.
package struct PlacementRow: Sendable {
  /// The layer, from 0.
  package var layer: Int
  /// Largest GPU load / mean with experts in index order; nil if GPUs do not divide them.
  package var unplanned: Double?
  /// The same under EPLB.
  package var eplb: Double
  /// The same under the chosen placement.
  package var chosen: Double
  /// Lower bounds on `eplb` and `chosen`.
  package var bounds: PlacementBounds
  /// Whether every group of experts is on one node under the chosen placement.
  package var keepsGroups: Bool
  /// Slots whose expert another slot of the same GPU also holds, under EPLB.
  package var eplbDuplicates: Int
  /// The same under the chosen placement.
  package var chosenDuplicates: Int
  /// InfiniBand messages per token, one way: remote nodes that it is sent to.
  package var remoteNodes: Double
}

/// A placement of experts, evaluated on given loads.
package struct PlacementStudy: Sendable {
  package let sizes: PlacementSizes
  /// The loads that the placement is evaluated on.
  package let loads: ExpertLoads
  /// The chosen placement.
  package let placement: ExpertPlacement
  private let eplb: ExpertPlacement
  let gate: Gate
  let seed: UInt64

  /// Plans on `loads` and evaluates on `measured`, or on `loads` if that is nil.
  ///
  /// - Parameters:
  ///   - loads: loads to plan on, by layer and expert.
  ///   - measured: loads to evaluate on, of the same shape; nil for `loads`.
  ///   - sizes: slots, groups of experts, nodes and GPUs.
  ///   - policy: planner of the placement.
  ///   - topK: experts per token; nil for DeepSeek-V3's number, capped by the experts.
  ///   - groupLimit: groups that a token may visit; nil for DeepSeek-V3's number, raised if `topK`
  ///     needs more and capped by the groups.
  ///   - seed: of the tokens that are sampled.
  ///   - given: placement to evaluate instead of planning one.
  /// - Throws: `PlacementProblem` with every rule that sizes, loads and placement violate.
  package init(
    loads: ExpertLoads, measured: ExpertLoads? = nil, sizes: PlacementSizes,
    policy: PlacementPolicy, topK: Int?, groupLimit: Int?, seed: UInt64,
    placement given: ExpertPlacement? = nil
  ) throws(PlacementProblem) {
    var problems = sizes.problems(experts: loads.experts)
    let visits = TokenVisits(
      topK: topK, groupLimit: groupLimit, experts: loads.experts, groups: sizes.groups)
    problems += visits.problems
    let met = measured ?? loads
    if (met.layers, met.experts) != (loads.layers, loads.experts) {
      problems.append(
        Explanation(
          "measured counts have \(met.layers) layers x \(met.experts) experts, planned ones"
            + " \(loads.layers) x \(loads.experts)", advice: ["expected: the same shape"]))
    }
    if policy == .none, given == nil, sizes.replicas != loads.experts {
      problems.append(
        Explanation(
          "replicas \"\(sizes.replicas)\": policy none has one slot for each expert",
          advice: ["nearest: \(loads.experts)"]))
    }
    if let given, problems.isEmpty { problems += Self.problems(of: given, loads, sizes) }
    guard problems.isEmpty else { throw PlacementProblem(problems) }
    self.sizes = sizes
    self.loads = met
    self.seed = seed
    gate = Gate(
      experts: loads.experts, groups: sizes.groups, groupLimit: visits.groupLimit,
      topK: visits.topK)
    placement = given ?? policy.plan(loads, sizes, gate: gate, seed: seed)
    eplb = policy == .eplb && given == nil ? placement : EPLB.plan(loads, sizes)
  }

  private static func problems(
    of placement: ExpertPlacement, _ loads: ExpertLoads, _ sizes: PlacementSizes
  ) -> [Explanation] {
    var result: [Explanation] = []
    if placement.layers.count != loads.layers {
      result.append(
        Explanation(
          "the placement has \(placement.layers.count) layers, the counts \(loads.layers)"))
    }
    for (layer, slots) in placement.layers.enumerated() {
      if slots.experts.count != sizes.replicas {
        result.append(
          Explanation(
            "layer \(layer) of the placement has \(slots.experts.count) slots, not"
              + " \(sizes.replicas)"))
      } else if slots.counts.count != loads.experts {
        result.append(
          Explanation(
            "layer \(layer) of the placement has \(slots.counts.count) experts, the counts"
              + " \(loads.experts)"))
      }
    }
    return result
  }

  /// One row per layer.
  package var rows: [PlacementRow] {
    (0..<loads.layers).map { layer in
      let layerLoads = loads[layer]
      let isEven = loads.experts % sizes.gpus == 0
      let sample = TokenSample.following(
        layerLoads, gate: gate, tokens: TrafficPrices.sampledTokens, seed: seed)
      return PlacementRow(
        layer: layer,
        unplanned: isEven
          ? LayerPlacement.contiguous(experts: loads.experts).imbalance(
            layerLoads, gpus: sizes.gpus) : nil,
        eplb: eplb.layers[layer].imbalance(layerLoads, gpus: sizes.gpus),
        chosen: placement.layers[layer].imbalance(layerLoads, gpus: sizes.gpus),
        bounds: PlacementBounds(layerLoads, sizes, of: placement.layers[layer]),
        keepsGroups: placement.layers[layer].groupNodes(
          groups: sizes.groups, nodes: sizes.nodes) != nil,
        eplbDuplicates: eplb.layers[layer].duplicateSlots(gpus: sizes.gpus),
        chosenDuplicates: placement.layers[layer].duplicateSlots(gpus: sizes.gpus),
        remoteNodes: sample.remoteNodes(placement.layers[layer], nodes: sizes.nodes))
    }
  }

  /// Load of each GPU / mean of its layer, `[layers][gpus]`, under the chosen placement.
  package var relativeLoads: [[Double]] { Self.relativeLoads(placement, loads, sizes) }

  /// The same before planning: experts in index order, or EPLB's placement if GPUs do not divide
  /// them.
  package var relativeLoadsBefore: [[Double]] {
    let isEven = loads.experts % sizes.gpus == 0
    let before =
      isEven ? PlacementPolicy.none.plan(loads, sizes, gate: gate, seed: seed) : eplb
    return Self.relativeLoads(before, loads, sizes)
  }

  private static func relativeLoads(
    _ placement: ExpertPlacement, _ loads: ExpertLoads, _ sizes: PlacementSizes
  ) -> [[Double]] {
    placement.layers.enumerated().map { layer, slots in
      let sums = slots.gpuLoads(loads[layer], gpus: sizes.gpus)
      let mean = sums.reduce(0, +) / Double(sizes.gpus)
      return sums.map { mean > 0 ? $0 / mean : 1 }
    }
  }
}

extension ModelSpec {
  /// Bytes of one routed expert in FP8 with an FP32 scale for each 128 x 128 weights.
  package var expertBytes: Double { Double(expertParameters) * (1 + 4.0 / (128 * 128)) }
}
