// Two kinds of checkpoint: a cheap one that survives most failures after every segment, a dear one
// that survives all after n segments. Exact by a linear system. First-order optimum: A. Moody and
// others, "Design, modeling, and evaluation of a scalable multi-level checkpointing system", 2010,
// in the form of A. Benoit and others, "Towards optimal multi-level checkpointing", 2017.

import Numerics
import Units

/// The costs of two levels of checkpoints; hours.
package struct TwoLevelForms: Hashable, Sendable {
  /// What one level costs and what strikes it.
  package struct Level: Hashable, Sendable {
    /// Mean time between the failures that this level is needed for.
    package var meanTimeBetweenFailures: Double
    /// Time of a save.
    package var save: Double
    /// Time to come back, downtime included, free of failures.
    package var recovery: Double

    /// - Precondition: the mean is positive and the others are not negative.
    package init(meanTimeBetweenFailures: Double, save: Double, recovery: Double) {
      precondition(meanTimeBetweenFailures > 0 && save >= 0 && recovery >= 0)
      self.meanTimeBetweenFailures = meanTimeBetweenFailures
      self.save = save
      self.recovery = recovery
    }

    var rate: Double { 1 / meanTimeBetweenFailures }
  }

  /// The cheap level: failures return to the last of its saves.
  package var first: Level
  /// The dear level: failures return to the last of its saves.
  package var second: Level

  /// Puts two levels together.
  package init(first: Level, second: Level) {
    self.first = first
    self.second = second
  }

  /// The mean time of n segments, each with a save of the first level, and one save of the second.
  ///
  /// From segment i on: E_i = E[min(T, L_i)] + P(first) (R1 + E_i) + P(second) (R2 + E_0)
  /// + P(none) E_(i + 1); each E_i is linear in E_0, from the last to the first.
  ///
  /// - Parameters:
  ///   - segments: number of segments, n.
  ///   - work: of one segment, hours.
  /// - Precondition: `segments` > 0.
  package func meanPattern(segments: Int, work: Double) -> Double {
    precondition(segments > 0, "\(segments) segments")
    let rate = first.rate + second.rate
    // E_i = constant + slope E_0; after the last save nothing is left.
    var (constant, slope) = (0.0, 0.0)
    func prepend(_ length: Double) {
      let passes = exponential(-rate * length)
      let fails = -exponentialMinusOne(-rate * length)
      let (byFirst, bySecond) = (fails * first.rate / rate, fails * second.rate / rate)
      let stays = passes + bySecond
      constant =
        (fails / rate + byFirst * first.recovery + bySecond * second.recovery + passes * constant)
        / stays
      slope = (bySecond + passes * slope) / stays
    }
    prepend(second.save)
    for _ in 0..<segments { prepend(work + first.save) }
    return constant / (1 - slope)
  }

  /// The share of a long run that is work.
  package func goodput(segments: Int, work: Double) -> Double {
    Double(segments) * work / meanPattern(segments: segments, work: work)
  }

  /// The best number of segments to first order: sqrt(C2 l1 / (C1 l2)).
  package var firstOrderSegments: Double {
    (second.save * first.rate / (first.save * second.rate)).squareRoot()
  }

  /// The best work of a whole pattern to first order, with the nearest whole number of segments:
  /// that of one level whose save costs n C1 + C2 and whose failures lose half a segment or half a
  /// pattern.
  package var firstOrderPatternWork: Double {
    let n = max(1, firstOrderSegments.rounded())
    return ((n * first.save + second.save) / (first.rate / n + second.rate) * 2).squareRoot()
  }

  /// The least overhead to first order: sqrt(2 l1 C1) + sqrt(2 l2 C2).
  package var firstOrderOverhead: Double {
    (2 * first.rate * first.save).squareRoot() + (2 * second.rate * second.save).squareRoot()
  }

  /// The work of one segment with the best goodput for a number of segments, and that goodput.
  package func best(segments: Int) -> (work: Double, goodput: Double) {
    let longest = naturalLogarithm(
      4 * max(first.meanTimeBetweenFailures, second.meanTimeBetweenFailures))
    let best = minimum(from: longest - 14, to: longest) {
      -goodput(segments: segments, work: exponential($0))
    }
    return (exponential(best.position), -best.value)
  }

  /// The number of segments and the work of each with the best goodput.
  ///
  /// - Precondition: saves of the first level take time; without, more segments are always better.
  package var best: (segments: Int, work: Double, goodput: Double) {
    precondition(first.save > 0, "a save of \(first.save) h")
    // Goodput rises and falls once over the number of segments.
    var segments = max(1, Int(firstOrderSegments))
    var here = best(segments: segments)
    for step in [1, -1] {
      while segments + step >= 1 {
        let next = best(segments: segments + step)
        guard next.goodput > here.goodput else { break }
        (segments, here) = (segments + step, next)
      }
    }
    return (segments, here.work, here.goodput)
  }
}
