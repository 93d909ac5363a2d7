// Closed forms against vectors of a separate implementation, whose values carry Monte Carlo checks.

import Testing

@testable import Runs

@Suite("Closed forms equal the golden ones")
struct GoldenFormsTests {
  private func forms(_ vector: GoldenVector, save: Double? = nil) throws -> CheckpointForms {
    CheckpointForms(
      meanTimeBetweenFailures: try vector.input("mtbf_h"),
      downtime: try vector.input("downtime_h"), recovery: try vector.input("recovery_h"),
      save: try save ?? vector.input("save_h"))
  }

  private func saves(_ vector: GoldenVector) throws -> AsynchronousSaves {
    AsynchronousSaves(
      work: try vector.input("work_h"), stall: try vector.input("stall_h"),
      persist: try vector.input("persist_h"))
  }

  @Test("synchronous checkpoints under exponential failures")
  func exponential() throws {
    for vector in try GoldenVector.all(in: "checkpoint_exponential") {
      let (forms, work) = (try forms(vector), try vector.input("work_h"))
      let segments = Int(try vector.input("segments"))

      for (key, value) in [
        ("segment_mean_h", forms.meanSegment(work: work)),
        ("segment_sd_h", forms.segmentStandardDeviation(work: work)),
        ("failures_per_segment_in_work", forms.failuresPerSegment(work: work)),
        ("run_mean_h", forms.meanRun(segments: segments, work: work)),
        ("run_sd_h", forms.runStandardDeviation(segments: segments, work: work)),
        (
          "run_mean_without_last_save_h",
          forms.meanRunWithoutLastSave(segments: segments, work: work)
        ),
        ("goodput", forms.goodput(work: work)),
      ] {
        try vector.expect(key, value, within: 1e-10)
      }
      // A difference of two times that agree in up to three digits.
      try vector.expect(
        "time_lost_to_rework_and_recovery_per_segment_h", forms.lostPerSegment(work: work),
        within: 1e-10)
    }
  }

  @Test("the interval with the best goodput, and the published rules")
  func optimum() throws {
    for vector in try GoldenVector.all(in: "checkpoint_optimum") {
      let forms = try forms(vector)
      let (work, run) = (forms.optimalWork, try vector.input("run_work_h"))
      let segments = forms.bestSegments(work: run)

      for (key, value) in [
        ("young_work_h", forms.youngWork), ("daly_work_h", forms.dalyWork),
        ("exact_work_h", work), ("lost_time_period_h", forms.lostTimePeriod),
        ("availability_period_h", forms.availabilityPeriod),
        (
          "availability_at_that_period_first_order",
          forms.firstOrderAvailability(period: forms.availabilityPeriod)
        ),
        ("goodput_at_exact", forms.goodput(work: work)),
        ("goodput_at_young", forms.goodput(work: forms.youngWork)),
        ("goodput_at_daly", forms.goodput(work: forms.dalyWork)),
        ("goodput_at_half", forms.goodput(work: work / 2)),
        ("goodput_at_double", forms.goodput(work: 2 * work)),
        (
          "goodput_with_availability_period",
          forms.goodput(work: forms.availabilityPeriod - forms.save)
        ),
        ("run_best_segments", Double(segments)),
        (
          "run_mean_at_best_segments_h",
          forms.meanRun(segments: segments, work: run / Double(segments))
        ),
      ] {
        try vector.expect(key, value, within: 1e-9)
      }
    }
  }

  @Test("asynchronous checkpoints")
  func asynchronous() throws {
    for vector in try GoldenVector.all(in: "checkpoint_async") {
      let forms = try forms(vector, save: 0)

      try vector.expect("goodput", saves(vector).goodput(forms), within: 1e-10)
      // The sum over a life gives the same where recoveries do not fail.
      let calm = CheckpointForms(
        meanTimeBetweenFailures: forms.meanTimeBetweenFailures, downtime: 0.3, recovery: 0, save: 0)
      let sum = try saves(vector).goodput(
        .exponential(mean: forms.meanTimeBetweenFailures), restart: 0.3)
      #expect(abs(sum / (try saves(vector).goodput(calm)) - 1) < 1e-12)
    }
  }

  @Test("checkpoints under lives that are new at each restart")
  func weibullCheckpoints() throws {
    for vector in try GoldenVector.all(in: "checkpoint_weibull") {
      let life = Life.weibull(
        shape: try vector.input("shape"), scale: try vector.input("scale_h"))
      let restart = try vector.input("downtime_h") + vector.input("recovery_h")
      let saves = try saves(vector)
      let best = saves.best(life, restart: restart)
      var young = saves
      young.work = (2 * saves.stall * life.mean).squareRoot()

      #expect(abs(life.mean / (try vector.input("mean_life_h")) - 1) < 1e-12)
      try vector.expect("goodput", saves.goodput(life, restart: restart), within: 1e-8)
      try vector.expect("best_periodic_work_h", best.work, within: 1e-4)
      try vector.expect("best_goodput", best.goodput, within: 1e-8)
      try vector.expect("goodput_at_young", young.goodput(life, restart: restart), within: 1e-8)
    }
  }

  @Test("two levels of checkpoints")
  func twoLevels() throws {
    for vector in try GoldenVector.all(in: "checkpoint_two_level") {
      let forms = TwoLevelForms(
        first: .init(
          meanTimeBetweenFailures: try vector.input("mtbf_level1_h"),
          save: try vector.input("save1_h"), recovery: try vector.input("recover1_h")),
        second: .init(
          meanTimeBetweenFailures: try vector.input("mtbf_level2_h"),
          save: try vector.input("save2_h"), recovery: try vector.input("recover2_h")))
      let (segments, work) = (Int(try vector.input("segments")), try vector.input("work_h"))
      let best = forms.best

      try vector.expect(
        "pattern_mean_h", forms.meanPattern(segments: segments, work: work), within: 1e-10)
      try vector.expect("goodput", forms.goodput(segments: segments, work: work), within: 1e-10)
      try vector.expect("first_order_segments", forms.firstOrderSegments, within: 1e-10)
      try vector.expect("first_order_pattern_work_h", forms.firstOrderPatternWork, within: 1e-10)
      try vector.expect("first_order_overhead", forms.firstOrderOverhead, within: 1e-10)
      try vector.expect("best_segments", Double(best.segments), within: 0)
      try vector.expect("best_work_h", best.work, within: 1e-4)
      try vector.expect("best_goodput", best.goodput, within: 1e-9)
    }
  }

  @Test("silent errors behind a verification")
  func silentErrors() throws {
    for vector in try GoldenVector.all(in: "silent_errors") {
      let forms = SilentErrorForms(
        meanTimeBetweenStops: vector.inputs["mtbf_stop_h"].number,
        downtime: try vector.input("downtime_h"), recovery: try vector.input("recovery_h"),
        save: try vector.input("save_h"), verification: try vector.input("verify_h"),
        meanTimeBetweenSilentErrors: try vector.input("mtbf_silent_h"))
      let work = try vector.input("work_h")

      try vector.expect("pattern_mean_h", forms.meanPattern(work: work), within: 1e-10)
      try vector.expect("goodput", forms.goodput(work: work), within: 1e-10)
      try vector.expect("first_order_best_work_h", forms.firstOrderWork, within: 1e-10)
    }
  }

  @Test("spares as a birth-and-death chain")
  func spares() throws {
    for vector in try GoldenVector.all(in: "spares") {
      let chain = SparesChain(
        needed: Int(try vector.input("nodes_needed")), spares: Int(try vector.input("spares")),
        meanLife: try vector.input("node_mtbf_h"), meanRepair: try vector.input("repair_h"),
        crews: vector.inputs["crews"].number.map { Int($0) },
        kind: vector.inputs["spares_are"].text == "cold" ? .cold : .hot,
        shortage: vector.inputs["on_shortage"].text == "stop" ? .stop : .carryOn)

      try vector.expect("availability", chain.availability, within: 1e-10)
      try vector.expect("unavailability", chain.unavailability, within: 1e-8)
      try vector.expect("mean_in_repair", chain.meanInRepair, within: 1e-10)
      try vector.expect(
        "mean_time_to_first_shortage_h", chain.meanTimeToShortage, within: 1e-10)
    }
  }

  @Test("shocks to nodes, racks and the site")
  func shocks() throws {
    for vector in try GoldenVector.all(in: "shocks") {
      let forms = ShockForms(
        nodes: Int(try vector.input("nodes")),
        nodesPerRack: Int(try vector.input("nodes_per_rack")),
        nodeRate: try vector.input("node_rate_per_h"),
        rackRate: try vector.input("rack_rate_per_h"),
        siteRate: try vector.input("power_rate_per_h"))

      for (key, value) in [
        ("job_mtbf_h", forms.jobMeanTimeBetweenFailures),
        ("mean_nodes_lost_per_event", forms.meanNodesLost),
        ("probability_event_is_one_node", forms.oneNodeProbability),
        ("probability_pair_buddies_same_rack_survive_event", forms.oneNodeProbability),
        ("probability_pair_buddies_other_rack_survive_event", forms.otherRackSurvival),
        (
          "two_nodes_same_rack_both_alive_at_100h", forms.bothAlive(sameRack: true, after: 100)
        ),
        (
          "two_nodes_other_racks_both_alive_at_100h",
          forms.bothAlive(sameRack: false, after: 100)
        ),
      ] {
        try vector.expect(key, value, within: 1e-12)
      }
    }
  }

  @Test("state in the memory of other machines")
  func replicaGroups() throws {
    for vector in try GoldenVector.all(in: "replica_groups") {
      let groups = ReplicaGroups(
        machines: Int(try vector.input("machines")), replicas: Int(try vector.input("replicas")))

      try vector.expect(
        "probability_state_survives",
        groups.survival(failedAtOnce: Int(try vector.input("failed_at_once"))), within: 1e-12)
    }
  }

  @Test("figures of Weibull lives")
  func weibull() throws {
    for vector in try GoldenVector.all(in: "weibull") {
      let scale = try vector.input("scale_h")
      let life = Life.weibull(shape: try vector.input("shape"), scale: scale)
      if let horizon = vector.inputs["horizon_h"].number {
        try vector.expect(
          "expected_failures_replaced_new", life.failuresWithReplacement(until: horizon),
          within: 2e-3)
        try vector.expect(
          "expected_failures_minimal_repair", life.failuresWithMinimalRepair(until: horizon),
          within: 1e-12)
        try vector.expect("long_run_rate_times_t", horizon / life.mean, within: 1e-12)
        continue
      }
      try vector.expect("mean_h", life.mean, within: 1e-12)
      try vector.expect("sd_h", life.standardDeviation, within: 1e-12)
      try vector.expect(
        "median_h", life.failureAge(after: 0, probability: 0.5), within: 1e-12)
      try vector.expect("first_of_256_mean_h", life.meanFirst(of: 256), within: 1e-12)
      try vector.expect("mean_over_256_h", life.mean / 256, within: 1e-12)
      try vector.expect(
        "mean_residual_life_at_scale_h", life.meanResidual(at: scale), within: 1e-12)
      for (probability, expected) in zip(
        vector.inputs["quantile_of"].numbers + vector.expected["quantile_of"].numbers,
        vector.expected["quantile_h"].numbers)
      {
        let age = life.failureAge(after: 0, probability: probability)
        #expect(abs(age / expected - 1) < 1e-12, "\(probability)")
      }
      for (hours, expected) in zip(
        vector.expected["hazard_at_h"].numbers, vector.expected["hazard_per_h"].numbers)
      {
        #expect(abs(life.hazard(hours) / expected - 1) < 1e-12)
      }
    }
  }
}
