// Closed forms against vectors of a separate implementation, whose values carry Monte Carlo checks.

import Testing

@testable import Runs

@Suite("Closed forms equal the golden ones")
struct GoldenFormsTests {
  private func forms(_ vector: GoldenVector) throws -> CheckpointForms {
    CheckpointForms(
      meanTimeBetweenFailures: try vector.input("mtbf_h"),
      downtime: try vector.input("downtime_h"), recovery: try vector.input("recovery_h"),
      save: try vector.input("save_h"))
  }

  @Test("goodput of synchronous checkpoints under exponential failures")
  func exponential() throws {
    for vector in try GoldenVector.all(in: "checkpoint_exponential") {
      let work = try vector.input("work_h")
      try vector.expect("goodput", forms(vector).goodput(work: work), within: 1e-10)
    }
  }

  @Test("the interval with the best goodput")
  func optimum() throws {
    for vector in try GoldenVector.all(in: "checkpoint_optimum") {
      let forms = try forms(vector)
      let work = forms.optimalWork

      for (key, value) in [
        ("exact_work_h", work), ("goodput_at_exact", forms.goodput(work: work)),
        ("goodput_at_half", forms.goodput(work: work / 2)),
        ("goodput_at_double", forms.goodput(work: 2 * work)),
      ] {
        try vector.expect(key, value, within: 1e-9)
      }
    }
  }

  @Test("the interval with a verification that finds silent errors")
  func silentErrors() throws {
    for vector in try GoldenVector.all(in: "silent_errors") {
      let work = CheckpointForms.verifiedWork(
        cost: try vector.input("verify_h") + vector.input("save_h"),
        silent: try vector.input("mtbf_silent_h"), stops: vector.inputs["mtbf_stop_h"].number)
      try vector.expect("first_order_best_work_h", work, within: 1e-10)
    }
  }

  @Test("figures of Weibull lives")
  func weibull() throws {
    for vector in try GoldenVector.all(in: "weibull") {
      let life = Life.weibull(
        shape: try vector.input("shape"), scale: try vector.input("scale_h"))
      guard vector.inputs["horizon_h"].number == nil else { continue }
      try vector.expect("mean_h", life.mean, within: 1e-12)
      try vector.expect(
        "median_h", life.failureAge(after: 0, probability: 0.5), within: 1e-12)
      for (probability, expected) in zip(
        vector.inputs["quantile_of"].numbers + vector.expected["quantile_of"].numbers,
        vector.expected["quantile_h"].numbers)
      {
        let age = life.failureAge(after: 0, probability: probability)
        #expect(abs(age / expected - 1) < 1e-12, "\(probability)")
      }
    }
  }
}
