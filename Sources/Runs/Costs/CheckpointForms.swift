// Synchronous checkpoints under exponential failures, in closed form. A failure costs a downtime
// without failures, then a recovery that failures interrupt; they also strike during work and
// saves. Times are all in the same unit.
// Legend: M mean time between failures, D downtime, R recovery, C save, w work between saves.

import Numerics

/// A run that saves after every piece of work and loses what was not saved at a failure.
struct CheckpointForms: Hashable, Sendable {
  /// Mean time between failures of the job.
  var meanTimeBetweenFailures: Double
  /// Time from a failure to the start of the recovery, free of failures.
  var downtime = 0.0
  /// Time to load the last checkpoint, in which failures strike again.
  var recovery = 0.0
  /// Time of one save, during which no work is done.
  var save: Double

  /// The share of a long run that is work: w / ((exp((w + C)/M) - 1)(M + D) exp(R/M)), by renewal
  /// at each failure.
  func goodput(work: Double) -> Double {
    let passes = exponentialMinusOne((work + save) / meanTimeBetweenFailures)
    let failure = meanTimeBetweenFailures + downtime
    return work / (passes * failure * exponential(recovery / meanTimeBetweenFailures))
  }

  /// The work between saves with the best goodput, M (1 + W0(-exp(-1 - C/M))); downtime and
  /// recovery do not move it. Zero if saves cost nothing.
  ///
  /// The optimum is flat: half or twice the interval costs about a point of goodput where saves are
  /// short.
  var optimalWork: Double {
    meanTimeBetweenFailures * lambertWAboveBranch(save / meanTimeBetweenFailures)
  }

  /// The best work to first order if a verification before each save finds silent errors:
  /// sqrt((V + C) / (1/Ms + 1/(2 M))) (A. Benoit and others, "Assessing general-purpose algorithms
  /// to cope with fail-stop and silent errors", 2016).
  ///
  /// - Parameters:
  ///   - cost: time of a verification and a save, V + C.
  ///   - silent: mean time between silent errors in work, Ms.
  ///   - stops: mean time between failures that stop the job, M; nil if nothing does.
  static func verifiedWork(cost: Double, silent: Double, stops: Double?) -> Double {
    (cost / (1 / silent + (stops.map { 1 / (2 * $0) } ?? 0))).squareRoot()
  }
}
