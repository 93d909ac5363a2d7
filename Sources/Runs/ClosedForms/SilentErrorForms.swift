// Failures that stop the job at once, and silent errors that only a verification before each save
// finds. Source: A. Benoit and others, "Assessing general-purpose algorithms to cope with
// fail-stop and silent errors", 2016; the exact mean by the renewal argument below.

import Numerics

/// Work, a verification and a save, repeated from the start of the work after either kind of error.
package struct SilentErrorForms: Hashable, Sendable {
  /// The failures that stop the job and the save; hours.
  package var stops: CheckpointForms?
  /// Time to load the last checkpoint without a stop, hours.
  package var recovery: Double
  /// Time of a save, hours.
  package var save: Double
  /// Time of a verification, hours.
  package var verification: Double
  /// Mean time between silent errors in work, hours.
  package var meanTimeBetweenSilentErrors: Double

  /// - Parameters:
  ///   - meanTimeBetweenStops: mean time between failures that stop the job, hours; nil if nothing
  ///     does.
  ///   - downtime: time from such a failure to the start of the recovery, hours.
  ///   - recovery: time to load the last checkpoint, hours.
  ///   - save: time of a save, hours.
  ///   - verification: time of a verification, hours.
  ///   - meanTimeBetweenSilentErrors: mean time between silent errors in work, hours.
  /// - Precondition: the mean time is positive and the others are not negative.
  package init(
    meanTimeBetweenStops: Double?, downtime: Double, recovery: Double, save: Double,
    verification: Double, meanTimeBetweenSilentErrors: Double
  ) {
    precondition(meanTimeBetweenSilentErrors > 0 && verification >= 0)
    stops = meanTimeBetweenStops.map {
      CheckpointForms(
        meanTimeBetweenFailures: $0, downtime: downtime, recovery: recovery, save: save)
    }
    self.recovery = recovery
    self.save = save
    self.verification = verification
    self.meanTimeBetweenSilentErrors = meanTimeBetweenSilentErrors
  }

  /// The mean time of work, verification and save until the save is there and clean.
  ///
  /// With p = exp(-t/M) the chance to pass t without a stop and q that of clean work:
  /// E = A(w + V) + (1 - p1)(Y + E) + p1 ((1 - q)(Z + E) + q (A(C) + (1 - p2)(Y + E))),
  /// A(t) = M (1 - exp(-t/M)), Y a recovery with its downtimes, Z a load that stops may interrupt.
  package func meanPattern(work: Double) -> Double {
    let clean = exponential(-work / meanTimeBetweenSilentErrors)
    let attempt = work + verification
    guard let stops else {
      return (attempt + (1 - clean) * recovery) / clean + save
    }
    let mtbf = stops.meanTimeBetweenFailures
    let (passes, saves) = (exponential(-attempt / mtbf), exponential(-save / mtbf))
    let (stopped, unsaved) = (
      -exponentialMinusOne(-attempt / mtbf), -exponentialMinusOne(-save / mtbf)
    )
    let comeBack = stops.meanRecovery
    let reload = comeBack - stops.downtime
    let once =
      mtbf * stopped + stopped * comeBack
      + passes * ((1 - clean) * reload + clean * unsaved * (mtbf + comeBack))
    return once / (passes * clean * saves)
  }

  /// The share of a long run that is work.
  package func goodput(work: Double) -> Double { work / meanPattern(work: work) }

  /// The best work to first order: sqrt((V + C) / (1/Ms + 1/(2 Mf))).
  package var firstOrderWork: Double {
    let stopRate = stops.map { 1 / (2 * $0.meanTimeBetweenFailures) } ?? 0
    return ((verification + save) / (1 / meanTimeBetweenSilentErrors + stopRate)).squareRoot()
  }
}
