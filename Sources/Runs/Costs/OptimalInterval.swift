// How often a run saves if that is left to the program: by closed forms, for all that makes the
// run go back to a save. They take failures as exponential.

import Numerics

/// The work between two saves in storage that has the best goodput.
struct OptimalInterval {
  private let spec: CheckpointSpec
  private let process: RunProcess
  /// Seconds for which a save stops training.
  private let stall: Double
  /// Seconds from then until it is durable.
  private let persist: Double

  /// The interval of a run, whose own checkpoints are not used.
  init(_ spec: CheckpointSpec, _ size: CheckpointSize, _ process: RunProcess) {
    self.spec = spec
    self.process = process
    (stall, persist) = (spec.stallSeconds(size), spec.persistSeconds(size))
  }

  /// Every step if saves cost nothing.
  var interval: CheckpointLevel.Interval {
    guard cost > 0 else { return .steps(1) }
    let work = work
    return .seconds(max(work, leastWork, reachingBack(work)))
  }

  /// Seconds of a save, with the check before it.
  private var cost: Double { stall + (spec.verification ?? 0) }

  /// Seconds of steps below which a save would wait for the one before it: then more frequent saves
  /// are no more saves. Half a step more, because intervals are rounded to whole steps.
  private var leastWork: Double {
    guard spec.overlap == .wait, persist > 0 else { return 0 }
    return max(0, persist - (spec.verification ?? 0)) + usualStep / 2
  }

  /// Seconds of the steps that take most of the run.
  private var usualStep: Double {
    func seconds(_ stretch: RunStretch) -> Double { stretch.stepSeconds + stretch.stallSeconds }
    let longest = process.stretches.max {
      Double($0.steps) * seconds($0) < Double($1.steps) * seconds($1)
    }
    return longest.map(seconds) ?? 0
  }

  /// Seconds of steps between saves that wait for none before them.
  private var work: Double {
    let mean = process.meanTimeBetweenReturns
    if let silent = process.meanTimeBetweenCorruptions, spec.verification != nil {
      return min(
        CheckpointForms.verifiedWork(cost: cost, silent: silent, stops: mean), mostWork)
    }
    guard let mean else { return mostWork }
    return min(forms(mean).optimalWork, mostWork)
  }

  /// Seconds between saves of a run that loses nothing: one at its end is enough, but for planned
  /// maintenance, which begins with a save. Its delay is then weighed as lost work would be.
  private var mostWork: Double {
    let length = max(1, process.stepSeconds)
    let pauses = process.maintenance.count { $0.at < process.queue + length }
    guard pauses > 0 else { return length }
    return min(length, forms(length / Double(pauses)).optimalWork)
  }

  /// As much work as makes the saves that are kept reach back to before a corruption that is found
  /// later, if that loses less than starting from scratch after each one; else 0.
  private func reachingBack(_ work: Double) -> Double {
    guard spec.verification == nil, spec.keeps > 1, let returns = process.meanTimeBetweenReturns,
      let mean = process.meanTimeBetweenFoundCorruptions,
      let delay = process.failures.compactMap(\.effect.foundAfter).max()
    else { return 0 }
    // A step more, because intervals are rounded to whole steps.
    let reaching = delay / Double(spec.keeps - 1) + usualStep
    guard reaching > work else { return 0 }
    // A run of n mean times that starts from scratch at each corruption is (e^n - 1) / n as long.
    let count = process.stepSeconds / mean
    let forms = forms(returns)
    let fromScratch = forms.goodput(work: work) * count / exponentialMinusOne(count)
    return forms.goodput(work: reaching) > fromScratch ? reaching : 0
  }

  private func forms(_ mean: Double) -> CheckpointForms {
    CheckpointForms(meanTimeBetweenFailures: mean, save: cost)
  }
}

extension CheckpointSpec {
  /// The interval of saves in storage for a run.
  func interval(_ size: CheckpointSize, _ process: RunProcess) -> CheckpointLevel.Interval {
    switch interval {
    case .steps(let count): .steps(count)
    case .seconds(let seconds): .seconds(seconds)
    case .optimal: OptimalInterval(self, size, process).interval
    }
  }
}
