// Checkpoints that are written beside the work: a short stall, then a save that counts once it is
// durable. By renewal reward over a life T: the durable intervals are floor((T - P) / L)+.
// Legend: w work, S stall, P time from the stall's end until durable, L = w + S; hours.

import Numerics
import Units

/// When asynchronous saves are taken and become durable.
package struct AsynchronousSaves: Hashable, Sendable {
  /// Work between saves, hours.
  package var work: Double
  /// Time for which work stops at each save, hours.
  package var stall: Double
  /// Time after the stall until the save is durable, hours.
  package var persist: Double

  /// - Precondition: `work` is positive, the others are not negative.
  package init(work: Double, stall: Double, persist: Double) {
    precondition(work > 0 && stall >= 0 && persist >= 0, "\(work), \(stall), \(persist) h")
    self.work = work
    self.stall = stall
    self.persist = persist
  }

  /// The goodput of a long run with exponential failures, which also strike during recoveries:
  /// w exp(-P/M) / ((exp(L/M) - 1)(M + D) exp(R/M)). Several saves may be under way.
  ///
  /// - Parameter forms: the failures; their synchronous save is not used.
  package func goodput(_ forms: CheckpointForms) -> Double {
    work * exponential(-persist / forms.meanTimeBetweenFailures)
      / forms.meanTime(toPass: work + stall)
  }

  /// The goodput of a long run whose life is new at each restart, with restarts free of failures:
  /// w sum over j >= 1 of Surv(j L + P), over mean life + D + R.
  ///
  /// - Parameters:
  ///   - life: the distribution of the time to the next failure, in hours.
  ///   - restart: downtime and recovery, hours.
  /// - Complexity: linear in the longest likely life over L.
  package func goodput(_ life: Life, restart: Double) -> Double {
    var (durable, index, term) = (0.0, 1.0, 1.0)
    // Terms fall; what follows the first below 1e-17 of the sum cannot change it by 1e-12.
    while term > 1e-17 * durable {
      term = life.survival(index * (work + stall) + persist)
      durable += term
      index += 1
    }
    return work * durable / (life.mean + restart)
  }

  /// The work between saves with the best goodput of a life that is new at each restart, and that
  /// goodput, searched up to four times the mean life.
  package func best(_ life: Life, restart: Double) -> (work: Double, goodput: Double) {
    func lost(_ logarithm: Double) -> Double {
      var saves = self
      saves.work = exponential(logarithm)
      return -saves.goodput(life, restart: restart)
    }
    // Short stalls make short intervals best, so the search is over the logarithm.
    let young = (2 * max(stall, 1e-6 * life.mean) * life.mean).squareRoot()
    let best = minimum(
      from: naturalLogarithm(young / 30), to: naturalLogarithm(max(4 * life.mean, young)), of: lost)
    return (exponential(best.position), -best.value)
  }
}
