// The interval of the closed form against simulated ones: goodput is compared, not the interval,
// because the optimum is flat.

import Foundation
import Statistics
import Testing

@testable import Runs

@Suite("The optimal interval of checkpoints")
struct OptimalIntervalTests {
  /// A run of steps of 36 s with saves after some steps.
  private func goodputs(_ forms: CheckpointForms, everySteps: Int, hours: Double) throws
    -> [Double]
  {
    let step = 36.0
    var process = RunProcess(
      stretches: [RunStretch(steps: Int(hours * 3_600 / step), stepSeconds: step)],
      nodes: JobNodes(count: 1))
    process.checkpoints = [
      CheckpointLevel(every: .steps(everySteps), stall: forms.save * 3_600)
    ]
    process.checkpoints[0].load = forms.recovery * 3_600
    process.restart.firstLoad = forms.recovery * 3_600
    process.failures = [
      FailureClass(
        "failure", scope: .job,
        law: .life(.exponential(mean: forms.meanTimeBetweenFailures * 3_600)))
    ]
    process.failures[0].detection = forms.downtime * 3_600
    process.exposure = .load
    return try process.outcomes(0..<64, seed: 21).map(\.goodput)
  }

  @Test(
    "goodput at the closed-form interval is within its error of the simulated best",
    arguments: [(24.0, 0.1, 0.2, 0.05), (6, 0.25, 0.5, 0.1), (2, 0.05, 0.1, 0.02)])
  func optimum(mean: Double, downtime: Double, recovery: Double, save: Double) throws {
    let forms = CheckpointForms(
      meanTimeBetweenFailures: mean, downtime: downtime, recovery: recovery, save: save)
    let best = max(1, Int((forms.optimalWork * 100).rounded()))
    let hours = 60 * mean

    let reference = try goodputs(forms, everySteps: best, hours: hours)

    // The steps of 36 s and the end of the run keep the closed form within its own error.
    let own = SampleMean(reference)
    let form = forms.goodput(work: Double(best) / 100)
    #expect(abs(own.mean - form) < 4 * own.standardError + 0.002)
    for factor in [0.5, 0.7, 0.85, 1.2, 1.4, 2] {
      let steps = max(1, Int((Double(best) * factor).rounded()))
      let other = try goodputs(forms, everySteps: steps, hours: hours)
      // Common random numbers: the paired difference is known far better than either mean.
      let gain = SampleMean(zip(other, reference).map { $0 - $1 })
      #expect(
        gain.mean < 4 * gain.standardError, "\(steps) steps gain \(gain.mean) over \(best)")
    }
  }
}
