// Partitions of layers into stages. The first one minimises the slowest stage, then evens out the
// others, with a layer in every stage. If a rank holds several stages, there is another one with
// even ranks and less even stages. Both exist a second time with stages that may have no layer:
// that suits a model with heavy ends, or with fewer layers than stages. None of them looks at the
// order of cells, so windows follow, and of small models all others; the caller chooses with the
// order.

import Execution
import ModelCost
import Schedules
import Units

/// Chooses the number of layers in each stage.
struct Partition {
  private let model: ModelSpec
  /// Whether forward and backward overlap, so that communication is hidden by computation.
  private let overlaps: Bool
  /// Loads of the layers in order.
  private let layerLoads: [Load]
  private let first: Load
  private let last: Load
  private let placement: Placement

  /// - Parameter modules: MTP modules that are trained.
  init(
    model: ModelSpec, modules: Int, activations: ActivationPolicy, overlaps: Bool,
    placement: Placement, costs: BlockCosts
  ) {
    self.model = model
    self.placement = placement
    self.overlaps = overlaps
    // Without limits between stages, all layers are those of one.
    let stages = StageContent.stages(
      of: model, layout: StageLayout(partition: [model.layers], modules: modules),
      activations: activations)
    let loads = stages[0].blocks.map { Self.load($0, costs: costs, overlaps: overlaps) }
    first = loads[0]
    layerLoads = Array(loads[1...model.layers])
    last = loads[(model.layers + 1)...].reduce(into: Load()) { $0 += $1 }
  }

  /// Distinct candidate partitions, a layer in every stage and even stages first, then all windows
  /// and those between the ends of the others, then all others if they are few. Empty if `most` is
  /// too small for the model.
  func candidates(most: [Int]) -> [[Int]] {
    let balanced = balanced(most: most)
    guard !balanced.isEmpty else { return [] }
    let windows =
      PartitionWindows.all(layers: model.layers, stages: most.count)
      + balanced.flatMap(PartitionWindows.between)
      + PartitionWindows.few(layers: model.layers, stages: most.count)
    var found = balanced
    var known = Set(balanced)
    for window in windows where zip(window, most).allSatisfy(<=) {
      if known.insert(window).inserted { found.append(window) }
    }
    return found
  }

  private func balanced(most: [Int]) -> [[Int]] {
    var found: [[Int]] = []
    for least in [1, 0] {
      guard let even = layers(most: most, least: least) else { continue }
      if !found.contains(even) { found.append(even) }
      guard Set(groups).count < most.count else { continue }
      var balance = RankBalance(
        even, most: most, least: least, groups: groups, layerLoads: layerLoads, first: first,
        last: last, overlaps: overlaps)
      let balanced = balance.balanced()
      if !found.contains(balanced) { found.append(balanced) }
    }
    return found
  }

  /// Layers of each of `stages` stages.
  ///
  /// Minimises the largest stage time, then the sum of squares; nil if `most` is too small for the
  /// model.
  ///
  /// - Parameters:
  ///   - most: the maximum number of layers of each stage.
  ///   - least: the minimum number of layers of a stage.
  /// - Precondition: there is a stage.
  /// - Complexity: O(stages x layers²).
  func layers(most: [Int], least: Int = 1) -> [Int]? {
    let stages = most.count
    let layers = model.layers
    precondition(stages > 0, "a path has a stage")
    var table: [[State?]] = Array(
      repeating: Array(repeating: nil, count: layers + 1), count: stages + 1)
    table[0][0] = State(largest: 0, squares: 0, last: 0)
    for stage in 0..<stages {
      for start in 0...layers {
        guard let state = table[stage][start] else { continue }
        let longest = min(most[stage], layers - (stages - 1 - stage) * least - start)
        guard longest >= least else { continue }
        var inside = Load()
        for layer in start..<start + least { inside += layerLoads[layer] }
        for end in start + least...start + longest {
          if end > start + least { inside += layerLoads[end - 1] }
          let time = seconds(stage: stage, of: stages, layers: inside)
          let candidate = State(
            largest: max(state.largest, time), squares: state.squares + time * time,
            last: end - start)
          if let known = table[stage + 1][end],
            (known.largest, known.squares) <= (candidate.largest, candidate.squares)
          {
            continue
          }
          table[stage + 1][end] = candidate
        }
      }
    }
    return trace(table, stages: stages)
  }

  private struct State {
    var largest: Double
    var squares: Double
    var last: Int
  }

  private func trace(_ table: [[State?]], stages: Int) -> [Int]? {
    var result: [Int] = []
    var end = model.layers
    for stage in stride(from: stages, to: 0, by: -1) {
      guard let state = table[stage][end] else { return nil }
      result.append(state.last)
      end -= state.last
    }
    return result.reversed()
  }

  /// Seconds of forward and backward of one microbatch on a stage with the load of its layers.
  private func seconds(stage: Int, of stages: Int, layers: Load) -> Double {
    var load = layers
    if stage == 0 { load += first }
    if stage == stages - 1 { load += last }
    return load.seconds(overlaps: overlaps)
  }

  /// The rank that runs each stage; ranks that hold the same two stages count as one.
  private var groups: [Int] {
    (0..<placement.stagesPerPath).map { stage in
      let rank = placement.rank(ofStage: stage, microbatch: 0)
      return placement.weightCopies > 1 ? min(rank, placement.ranks - 1 - rank) : rank
    }
  }

  private static func load(_ block: StageBlock, costs: BlockCosts, overlaps: Bool) -> Load {
    var load = Load()
    let cost = costs[block.kind]
    func seconds(_ time: ComputeTime) -> Double {
      (overlaps ? time.besideCommunication : time.alone).seconds
    }
    for pass in LayerKernels.Pass.allCases { load.compute += seconds(cost.time(pass)) }
    // Collectives of tensor groups block their own stage, overlapped or not.
    load.compute += costs.groupSeconds(block.kind)
    var exchanges = 2.0
    if block.group != nil {
      load.compute +=
        seconds(cost.time(.forward)) + costs.groupSeconds(block.kind, passes: [.forward])
      exchanges += 1
    } else if let part = cost.recomputed {
      load.compute += seconds(
        part == .dense
          ? cost.again.time
          : cost.routing + cost[.feedForward, .forward] + cost[.experts, .forward])
      if part == .experts { exchanges += 1 }
    }
    if let exchange = cost.exchange {
      load.communication += exchanges * (exchange.dispatch.seconds + exchange.combine.seconds)
    }
    return load
  }
}

/// Seconds of one microbatch, forward and backward, on both streams.
struct Load {
  var compute = 0.0
  var communication = 0.0

  static func += (sum: inout Load, other: Load) {
    sum.compute += other.compute
    sum.communication += other.communication
  }

  /// Seconds until both streams are done: the maximum if they overlap, otherwise the sum.
  func seconds(overlaps: Bool) -> Double {
    overlaps ? max(compute, communication) : compute + communication
  }
}
