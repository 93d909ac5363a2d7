// The default cut of layers into stages: the slowest stage as fast as can be, then even ones.

import ModelCost

/// Chooses how many layers each stage holds.
struct Partition {
  private let model: ModelSpec
  /// Whether forward and backward overlap, so that communication hides behind computation.
  private let overlaps: Bool
  private let dense: Work
  private let moe: Work
  private let first: Work
  private let last: Work

  init(model: ModelSpec, trainsMTP: Bool, overlaps: Bool, costs: BlockCosts) {
    self.model = model
    self.overlaps = overlaps
    dense = Self.work([.dense], costs: costs, overlaps: overlaps)
    moe = Self.work([.moe], costs: costs, overlaps: overlaps)
    first = Self.work([.embedding], costs: costs, overlaps: overlaps)
    last = Self.work(
      StageContent.blocksAfterLayers(of: model, trainsMTP: trainsMTP), costs: costs,
      overlaps: overlaps)
  }

  /// Layers of each of `stages` stages, at least one each.
  ///
  /// Minimises the largest stage time and then the sum of squares; nil where `most` is too small
  /// for the model.
  ///
  /// - Parameter most: the largest number of layers that each stage may hold.
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

  /// Forward and backward of one microbatch on a stage.
  private func seconds(stage: Int, of stages: Int, layers: Range<Int>) -> Double {
    var work = Work()
    for layer in layers { work.add(layer < model.denseLayers ? dense : moe) }
    if stage == 0 { work.add(first) }
    if stage == stages - 1 { work.add(last) }
    return overlaps ? max(work.compute, work.communication) : work.compute + work.communication
  }

  /// Seconds of one microbatch, forward and backward, on both streams.
  private struct Work {
    var compute = 0.0
    var communication = 0.0

    mutating func add(_ other: Work) {
      compute += other.compute
      communication += other.communication
    }
  }

  private static func work(_ kinds: [LayerKind], costs: BlockCosts, overlaps: Bool) -> Work {
    var work = Work()
    for kind in kinds {
      let cost = costs[kind]
      for pass in LayerKernels.Pass.allCases {
        let time = cost.time(pass)
        work.compute += (overlaps ? time.besideCommunication : time.alone).seconds
      }
      if let exchange = cost.exchange {
        work.communication += 2 * (exchange.dispatch.seconds + exchange.combine.seconds)
      }
    }
    return work
  }
}
