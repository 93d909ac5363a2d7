// Synchronous checkpoints under exponential failures, in closed form: what a simulated run must
// agree with. A failure costs a downtime without failures, then a recovery that failures interrupt;
// they also strike during work and saves. Sources: J. Daly, "A higher order estimate of the optimum
// checkpoint interval for restart dumps", 2006; renewal arguments in the comments below.
// Legend: M mean time between failures, D downtime, R recovery, C save, w work, L = w + C; hours.

import Numerics

/// A run that saves after every piece of work and loses what was not saved at a failure.
package struct CheckpointForms: Hashable, Sendable {
  /// Mean time between failures of the job, hours.
  package var meanTimeBetweenFailures: Double
  /// Time from a failure to the start of the recovery, free of failures, hours.
  package var downtime: Double
  /// Time to load the last checkpoint, in which failures strike again, hours.
  package var recovery: Double
  /// Time of one save, during which no work is done, hours.
  package var save: Double

  /// - Precondition: the mean time between failures is positive and the others are not negative.
  package init(
    meanTimeBetweenFailures: Double, downtime: Double, recovery: Double, save: Double
  ) {
    precondition(meanTimeBetweenFailures > 0 && downtime >= 0 && recovery >= 0 && save >= 0)
    self.meanTimeBetweenFailures = meanTimeBetweenFailures
    self.downtime = downtime
    self.recovery = recovery
    self.save = save
  }

  /// The mean time of a recovery with its downtimes: (M + D) exp(R/M) - M.
  package var meanRecovery: Double {
    downtime + (meanTimeBetweenFailures + downtime)
      * exponentialMinusOne(recovery / meanTimeBetweenFailures)
  }

  /// The mean time to pass a stretch that starts again at every failure:
  /// (exp(L/M) - 1)(M + D) exp(R/M).
  ///
  /// - Parameter length: L, hours.
  package func meanTime(toPass length: Double) -> Double {
    exponentialMinusOne(length / meanTimeBetweenFailures)
      * (meanTimeBetweenFailures + downtime) * exponential(recovery / meanTimeBetweenFailures)
  }

  /// The mean time of a segment: a piece of work and the save after it.
  package func meanSegment(work: Double) -> Double { meanTime(toPass: work + save) }

  /// Mean failures in the work and save of a segment until it passes.
  package func failuresPerSegment(work: Double) -> Double {
    exponentialMinusOne((work + save) / meanTimeBetweenFailures)
  }

  /// Mean time of a segment that is neither work nor save.
  package func lostPerSegment(work: Double) -> Double { meanSegment(work: work) - work - save }

  /// The share of a long run that is work: w / E[segment].
  package func goodput(work: Double) -> Double { work / meanSegment(work: work) }

  /// The standard deviation of a segment's time.
  ///
  /// N failures, geometric, each cost an attempt A cut short and a recovery Y:
  /// Var = E[N] (Var A + Var Y) + Var[N] (E A + E Y)^2.
  package func segmentStandardDeviation(work: Double) -> Double {
    variance(
      toPass: work + save,
      eachFailure: (mean: meanRecovery, variance: recoveryVariance)
    ).squareRoot()
  }

  /// The variance of a recovery: a downtime, then a load that starts again after every failure and
  /// its downtime.
  private var recoveryVariance: Double {
    variance(toPass: recovery, eachFailure: (mean: downtime, variance: 0))
  }

  private func variance(
    toPass length: Double, eachFailure cost: (mean: Double, variance: Double)
  ) -> Double {
    let ratio = length / meanTimeBetweenFailures
    let failures = exponentialMinusOne(ratio)
    let cut = cutShort(length)
    let mean = cut.mean + cost.mean
    return failures * (cut.variance + cost.variance)
      + failures * exponential(ratio) * mean * mean
  }

  /// Mean and variance of a time to failure, given that it comes before a length.
  private func cutShort(_ length: Double) -> (mean: Double, variance: Double) {
    let half = length / meanTimeBetweenFailures / 2
    guard half > 0 else { return (0, 0) }
    let mean = meanTimeBetweenFailures * (1 - 2 * half / exponentialMinusOne(2 * half))
    // 1 - (y / sinh y)^2 loses its digits near zero, where its series does not.
    let y = half * half
    let share: Double
    if half < 0.05 {
      share = y * (1 / 3 - y * (1 / 15 - y * (2 / 189 - y / 675)))
    } else {
      let ratio = half / hyperbolicSine(half)
      share = 1 - ratio * ratio
    }
    return (mean, meanTimeBetweenFailures * meanTimeBetweenFailures * share)
  }

  /// The mean time of a run of equal segments.
  package func meanRun(segments: Int, work: Double) -> Double {
    Double(segments) * meanSegment(work: work)
  }

  /// The mean time of a run that ends with its last work, unsaved.
  package func meanRunWithoutLastSave(segments: Int, work: Double) -> Double {
    Double(segments - 1) * meanSegment(work: work) + meanTime(toPass: work)
  }

  /// The standard deviation of the time of a run of equal segments.
  package func runStandardDeviation(segments: Int, work: Double) -> Double {
    Double(segments).squareRoot() * segmentStandardDeviation(work: work)
  }
}
