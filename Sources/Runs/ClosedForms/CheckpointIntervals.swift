// How much work to do between two saves. The optimum is flat: half or twice the interval costs
// about a point of goodput where saves are short, so rules are compared by goodput, not interval.

import Numerics

extension CheckpointForms {
  /// The work between saves with the best goodput, M (1 + W0(-exp(-1 - C/M))): the minimum of
  /// E[segment] / w; downtime and recovery do not move it. Zero if saves cost nothing.
  package var optimalWork: Double {
    meanTimeBetweenFailures * lambertWAboveBranch(save / meanTimeBetweenFailures)
  }

  /// J. Young's first-order interval (1974), work between saves: sqrt(2 C M).
  package var youngWork: Double { (2 * save * meanTimeBetweenFailures).squareRoot() }

  /// J. Daly's higher-order interval (2006), work between saves; M once a save takes 2 M.
  package var dalyWork: Double {
    guard save < 2 * meanTimeBetweenFailures else { return meanTimeBetweenFailures }
    let ratio = save / (2 * meanTimeBetweenFailures)
    return youngWork * (1 + ratio.squareRoot() / 3 + ratio / 9) - save
  }

  /// The period, save included, with the least lost time to first order (arXiv 2410.18124).
  package var lostTimePeriod: Double { youngWork }

  /// The period, save included, with the best first-order availability (arXiv 2410.18124):
  /// C + sqrt(2 (M + D + R) C + C^2).
  package var availabilityPeriod: Double {
    save + (2 * (meanTimeBetweenFailures + downtime + recovery) * save + save * save).squareRoot()
  }

  /// The first-order availability at a period T: (1 - C/T) M / (M + D + R + T/2). Lost work is
  /// taken as redone without failures.
  package func firstOrderAvailability(period: Double) -> Double {
    (1 - save / period) * meanTimeBetweenFailures
      / (meanTimeBetweenFailures + downtime + recovery + period / 2)
  }

  /// The number of equal segments with the least mean time of a run, every segment saved: one of
  /// the two whole numbers around work / optimal work.
  ///
  /// - Parameter work: of the whole run, positive, hours.
  /// - Precondition: saves take time; without, no number of segments is best.
  package func bestSegments(work: Double) -> Int {
    precondition(save > 0 && work > 0, "a save of \(save) h, \(work) h of work")
    let below = max(1, (work / optimalWork).rounded(.down))
    let (few, many) = (Int(below), Int(below) + 1)
    func time(_ segments: Int) -> Double {
      meanRun(segments: segments, work: work / Double(segments))
    }
    return time(few) <= time(many) ? few : many
  }
}
