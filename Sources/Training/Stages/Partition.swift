// Partitions of layers into stages. The first one minimises the slowest stage, then evens out the
// others. If a rank holds several stages, there is a second partition with even ranks and less even
// stages.

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

  init(
    model: ModelSpec, trainsMTP: Bool, overlaps: Bool, placement: Placement, costs: BlockCosts
  ) {
    self.model = model
    self.placement = placement
    self.overlaps = overlaps
    let kinds = EnumTable<LayerKind, Load> { Self.load([$0], costs: costs, overlaps: overlaps) }
    layerLoads = model.layerKinds.map { kinds[$0] }
    first = Self.load([.embedding], costs: costs, overlaps: overlaps)
    last = Self.load(
      StageContent.blocksAfterLayers(of: model, trainsMTP: trainsMTP), costs: costs,
      overlaps: overlaps)
  }

  /// Candidate partitions, even stages first; only one if every rank holds one stage. Empty if
  /// `most` is too small for the model.
  func candidates(most: [Int]) -> [[Int]] {
    guard let even = layers(most: most) else { return [] }
    guard Set(groups).count < most.count else { return [even] }
    var balance = RankBalance(
      even, most: most, groups: groups, layerLoads: layerLoads, first: first, last: last,
      overlaps: overlaps)
    let balanced = balance.balanced()
    return balanced == even ? [even] : [even, balanced]
  }

  /// Layers of each of `stages` stages, at least one each.
  ///
  /// Minimises the largest stage time, then the sum of squares; nil if `most` is too small for the
  /// model.
  ///
  /// - Parameter most: the maximum number of layers of each stage.
  /// - Precondition: 1 <= stages <= layers.
  /// - Complexity: O(stages x layers³) at most, O(stages x layers²) in practice.
  func layers(most: [Int]) -> [Int]? {
    let stages = most.count
    let layers = model.layers
    precondition((1...layers).contains(stages), "every stage holds a layer")
    var table: [[State?]] = Array(
      repeating: Array(repeating: nil, count: layers + 1), count: stages + 1)
    table[0][0] = State(largest: 0, squares: 0, last: 0)
    for stage in 0..<stages {
      for start in stage..<layers {
        guard let state = table[stage][start] else { continue }
        let longest = min(most[stage], layers - (stages - 1 - stage) - start)
        guard longest >= 1 else { continue }
        for end in start + 1...start + longest {
          let time = seconds(stage: stage, of: stages, layers: start..<end)
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

  /// Seconds of forward and backward of one microbatch on a stage.
  private func seconds(stage: Int, of stages: Int, layers: Range<Int>) -> Double {
    var load = Load()
    for layer in layers { load += layerLoads[layer] }
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

  private static func load(_ kinds: [LayerKind], costs: BlockCosts, overlaps: Bool) -> Load {
    var load = Load()
    for kind in kinds {
      let cost = costs[kind]
      for pass in LayerKernels.Pass.allCases {
        let time = cost.time(pass)
        load.compute += (overlaps ? time.besideCommunication : time.alone).seconds
      }
      // Collectives of tensor groups block their own stage, overlapped or not.
      load.compute += costs.groupSeconds(kind)
      if let exchange = cost.exchange {
        load.communication += 2 * (exchange.dispatch.seconds + exchange.combine.seconds)
      }
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
