// AdamW with clipping by the global gradient norm, over the buffer of all weights.
// Source: I. Loshchilov, F. Hutter, arXiv 1711.05101, with PyTorch's order of operations.

import Units

/// The settings of AdamW. Betas, weight decay and clipping are from the DeepSeek-V3 report, section
/// 4.2.
package struct AdamWSettings: Hashable, Sendable {
  /// The learning rate before any schedule.
  package var learningRate: Double
  /// Decay of the running mean of the gradient.
  package var firstBeta = 0.9
  /// Decay of the running mean of its square.
  package var secondBeta = 0.95
  /// Added to the root of the mean square.
  package var epsilon = 1e-8
  /// Weight decay of matrices; gains are not decayed.
  package var weightDecay = 0.1
  /// The largest global gradient norm.
  package var clipNorm = 1.0

  package init(learningRate: Double) { self.learningRate = learningRate }
}

/// The optimizer and its state.
package final class AdamW {
  /// The largest number of elements per part.
  private static let blockCount = 1 << 15

  /// Optimizer steps taken.
  package internal(set) var steps = 0
  /// Running means of gradients and of their squares.
  let means: FloatBuffer
  let squares: FloatBuffer
  private let settings: AdamWSettings
  private let workers: Workers
  /// Ranges of the buffer with or without weight decay, one per part.
  private let runs: [(range: Range<Int>, decays: Bool)]

  /// An optimizer with zero state.
  package init(_ layout: ParameterLayout, _ settings: AdamWSettings, workers: Workers = .one) {
    self.settings = settings
    self.workers = workers
    means = FloatBuffer(layout.count)
    squares = FloatBuffer(layout.count)
    var runs: [(range: Range<Int>, decays: Bool)] = []
    for entry in layout.entries {
      let end = entry.offset + entry.count
      if let last = runs.last, last.decays != entry.isGain {
        runs[runs.count - 1].range = last.range.lowerBound..<end
      } else {
        runs.append((entry.offset..<end, !entry.isGain))
      }
    }
    // Long runs are split so that workers can share them.
    self.runs = runs.flatMap { run in
      stride(from: run.range.lowerBound, to: run.range.upperBound, by: Self.blockCount).map {
        (range: $0..<min($0 + Self.blockCount, run.range.upperBound), decays: run.decays)
      }
    }
  }

  /// The Euclidean norm of all gradients, summed block by block in Double.
  package func norm(_ gradients: FloatBuffer) -> Double {
    let sums = UnsafeMutablePointer<Double>.allocate(capacity: runs.count)
    defer { sums.deallocate() }
    workers.run(runs.count) { part in
      var sum = 0.0
      // Float32 is accurate enough for short sums; longer ones are accumulated in Double.
      for start in stride(
        from: runs[part].range.lowerBound, to: runs[part].range.upperBound, by: 1_024)
      {
        let count = min(1_024, runs[part].range.upperBound - start)
        sum += Double(dot(gradients.start + start, gradients.start + start, count))
      }
      sums[part] = sum
    }
    var sum = 0.0
    for part in runs.indices { sum += sums[part] }
    return sum.squareRoot()
  }

  /// Takes an optimizer step.
  ///
  /// - Parameters:
  ///   - parameters: the weights, updated in place.
  ///   - gradients: the gradient of each weight, in the same order.
  ///   - rateScale: the factor of a learning-rate schedule.
  /// - Returns: the norm of the gradients before clipping.
  @discardableResult
  package func step(
    _ parameters: FloatBuffer, _ gradients: FloatBuffer, rateScale: Double = 1
  ) -> Double {
    let norm = norm(gradients)
    steps += 1
    let rate = settings.learningRate * rateScale
    let clip = min(1, settings.clipNorm / (norm + 1e-6))
    let correction = (
      first: 1 - power(settings.firstBeta, steps),
      second: (1 - power(settings.secondBeta, steps)).squareRoot()
    )
    workers.run(runs.count) { part in
      update(
        parameters.start, gradients.start, runs[part].range, clip: Float(clip),
        keep: Float(runs[part].decays ? 1 - rate * settings.weightDecay : 1),
        step: Float(rate / correction.first), inverseRoot: Float(1 / correction.second))
    }
    return norm
  }

  private func update(
    _ parameters: UnsafeMutablePointer<Float>, _ gradients: UnsafeMutablePointer<Float>,
    _ range: Range<Int>, clip: Float, keep: Float, step: Float, inverseRoot: Float
  ) {
    let rule = LaneRule(
      first: Float(settings.firstBeta), second: Float(settings.secondBeta), clip: clip,
      keep: keep, step: step, inverseRoot: inverseRoot, epsilon: Float(settings.epsilon))
    let count = range.count
    let (p, g) = (parameters + range.lowerBound, gradients + range.lowerBound)
    let (m, v) = (means.start + range.lowerBound, squares.start + range.lowerBound)
    forEachLanes(count) {
      let next = rule.updated(p.lanes($0), g.lanes($0), m.lanes($0), v.lanes($0))
      p.set(next.p, $0)
      m.set(next.m, $0)
      v.set(next.v, $0)
    } tail: {
      let next = rule.updated(
        p.tail($0, count), g.tail($0, count), m.tail($0, count), v.tail($0, count))
      p.setTail(next.p, $0, count)
      m.setTail(next.m, $0, count)
      v.setTail(next.v, $0, count)
    }
  }

  /// The update of eight weights. Legend: p weights, g gradients, m and v running means of g and
  /// g^2.
  private struct LaneRule {
    let first: Float
    let second: Float
    let clip: Float
    let keep: Float
    let step: Float
    let inverseRoot: Float
    let epsilon: Float

    @inline(__always)
    func updated(_ p: Lanes, _ g: Lanes, _ m: Lanes, _ v: Lanes) -> (p: Lanes, m: Lanes, v: Lanes) {
      let g = g * clip
      let m = m * first + g * (1 - first)
      let v = v * second + g * g * (1 - second)
      return (p * keep - step * m / (squareRoot(v) * inverseRoot + epsilon), m, v)
    }
  }

  /// A power by repeated squaring, which gives the same bits on every machine.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return result
  }
}
