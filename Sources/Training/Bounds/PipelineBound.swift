// A lower bound of the time of a pipeline: a rank cannot start before the first microbatch has
// passed the ranks before it, computes every microbatch, and the gradient of the last one still has
// to pass back. Valid for every order in one direction with one stage a rank.
//
//     max_r [ sum_{s<r} f_s + r c + M (f_r + b_r + w_r) + tail_r ]
//     tail_r = sum_{s<r} (b_s + w_s) + r c                  if backwards are not split
//              max(0, sum_{s<r} b_s + r c - M w_r)          if weight gradients may wait

/// The times of one microbatch on a stage or a block, in seconds.
struct PassTimes: Hashable {
  var forward = 0.0
  var input = 0.0
  var weight = 0.0

  var sum: Double { forward + input + weight }

  static func + (a: PassTimes, b: PassTimes) -> PassTimes {
    PassTimes(
      forward: a.forward + b.forward, input: a.input + b.input, weight: a.weight + b.weight)
  }
}

/// The bound for given numbers of microbatches, with the least time of a hop.
struct PipelineBound {
  var microbatches: Int
  var transfer: Double
  /// Whether weight gradients have cells of their own.
  var splitsBackward: Bool

  /// The bound for known stages, one a rank.
  func seconds(stages: [PassTimes]) -> Double {
    var before = PassTimes()
    var most = 0.0
    for (rank, stage) in stages.enumerated() {
      most = max(most, seconds(rank: rank, before: before, stage: stage))
      before = before + stage
    }
    return most
  }

  /// The least bound over all partitions of layers into one stage a rank.
  ///
  /// - Parameters:
  ///   - first: what the first stage has besides.
  ///   - last: what the last stage has besides.
  /// - Complexity: O(ranks + layers) for each of about 50 steps of a bisection.
  func seconds(layers: [PassTimes], first: PassTimes, last: PassTimes, ranks: Int) -> Double {
    // Whether the ranks can take all layers in a time. The bound of a rank grows with its layers,
    // and for a fixed last layer it shrinks with its first one, so each rank takes what it can.
    func suffices(_ limit: Double) -> Bool {
      var before = PassTimes()
      var next = 0
      for rank in 0..<ranks {
        var stage = rank == 0 ? first : PassTimes()
        let end = rank == ranks - 1 ? last : PassTimes()
        guard seconds(rank: rank, before: before, stage: stage + end) <= limit else { return false }
        while next < layers.count,
          seconds(rank: rank, before: before, stage: stage + layers[next] + end) <= limit
        {
          stage = stage + layers[next]
          next += 1
        }
        before = before + stage
      }
      return next == layers.count
    }
    let total = layers.reduce(first + last, +)
    var low = Double(microbatches) * total.sum / Double(ranks)
    if suffices(low) { return low }
    var high = seconds(rank: ranks - 1, before: first, stage: total)
    for _ in 0..<50 where high - low > 1e-6 * low {
      let middle = (low + high) / 2
      if suffices(middle) { high = middle } else { low = middle }
    }
    return low
  }

  private func seconds(rank: Int, before: PassTimes, stage: PassTimes) -> Double {
    let hops = Double(rank) * transfer
    let count = Double(microbatches)
    let tail =
      splitsBackward
      ? max(0, before.input + hops - count * stage.weight) : before.input + before.weight + hops
    return before.forward + hops + count * stage.sum + tail
  }
}
