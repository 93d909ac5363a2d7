// Simulated runs against closed forms and exact chains: each mean within four standard errors, with
// fixed seeds.

import Foundation
import Testing
import Units

@testable import Runs

@Suite("Simulated runs against theory")
struct SimulatedTheoryTests {
  private func expect(
    _ found: SimulatedMean, _ expected: Double, within relative: Double = 0.02,
    _ comment: String = ""
  ) {
    #expect(abs(found.z(expected)) < 4, "\(comment) \(found.mean) for \(expected)")
    #expect(found.error < relative * abs(expected), "\(comment) error \(found.error)")
  }

  @Test(
    "synchronous saves under exponential failures",
    arguments: SimulationVector.all("checkpoint_exponential"))
  func exponential(vector: SimulationVector) throws {
    var process = RunProcess.segments(
      Int(vector.input("segments") ?? 0), work: vector.seconds("work_h"),
      save: vector.seconds("save_h"), life: .exponential(mean: vector.seconds("mtbf_h")),
      detection: vector.seconds("downtime_h"), load: vector.seconds("recovery_h"),
      exposure: .load)
    // The closed form starts with training; here a first load, with its failures, comes before.
    let (mean, down) = (vector.input("mtbf_h") ?? 0, vector.input("downtime_h") ?? 0)
    let start = (mean + down) * (exp((vector.input("recovery_h") ?? 0) / mean) - 1)

    for (savesAtEnd, name) in [(true, "run_mean_h"), (false, "run_mean_without_last_save_h")] {
      process.savesAtEnd = savesAtEnd
      let walls = SimulatedMean(try process.trained(400)) { $0.wallSeconds / 3_600 }
      expect(walls, vector.value(name) + start)
    }
  }

  @Test(
    "asynchronous saves, several in flight", arguments: SimulationVector.all("checkpoint_async"))
  func asynchronous(vector: SimulationVector) throws {
    let count = Int(400 * (vector.input("mtbf_h") ?? 1) / (vector.input("work_h") ?? 1))
    var process = RunProcess.segments(
      count, work: vector.seconds("work_h"), save: vector.seconds("stall_h"),
      life: .exponential(mean: vector.seconds("mtbf_h")), detection: vector.seconds("downtime_h"),
      load: vector.seconds("recovery_h"), exposure: .load)
    process.checkpoints[0].persist = vector.seconds("persist_h")
    process.checkpoints[0].overlap = .parallel
    process.checkpoints[0].keeps = 1_000
    process.savesAtEnd = false

    let runs = try process.trained(60)

    expect(SimulatedMean(runs.map(\.trainedGoodput)), vector.value("goodput"), within: 0.01)
  }

  @Test("lives that are new at each restart", arguments: SimulationVector.all("checkpoint_weibull"))
  func weibull(vector: SimulationVector) throws {
    let life = Life.weibull(
      shape: vector.input("shape") ?? 1, scale: vector.seconds("scale_h"))
    let count = Int(400 * (vector.input("mean_life_h") ?? 1) / (vector.input("work_h") ?? 1))
    var process = RunProcess.segments(
      count, work: vector.seconds("work_h"), save: vector.seconds("stall_h"), life: life,
      detection: vector.seconds("downtime_h"), load: vector.seconds("recovery_h"),
      exposure: .training)
    process.checkpoints[0].persist = vector.seconds("persist_h")
    process.checkpoints[0].overlap = .parallel
    process.checkpoints[0].keeps = 1_000
    process.savesAtEnd = false

    let runs = try process.trained(60)

    expect(SimulatedMean(runs.map(\.trainedGoodput)), vector.value("goodput"), within: 0.01)
  }

  @Test("two levels of saves", arguments: SimulationVector.all("checkpoint_two_level"))
  func twoLevels(vector: SimulationVector) throws {
    let segments = Int(vector.input("segments") ?? 0)
    let patterns = 400
    var process = RunProcess(
      stretches: [RunStretch(steps: segments * patterns, stepSeconds: vector.seconds("work_h"))],
      nodes: JobNodes(count: 2))
    var first = CheckpointLevel(every: .steps(1), stall: vector.seconds("save1_h"))
    first.load = vector.seconds("recover1_h")
    first.survival = .groups(size: 2, areNeighbours: true)
    var second = CheckpointLevel(every: .steps(segments), stall: vector.seconds("save2_h"))
    second.load = vector.seconds("recover2_h")
    process.checkpoints = [first, second]
    process.restart.firstLoad = second.load
    process.exposure = .training
    // Software stops the job and loses no memory; a shock to the rack loses both nodes.
    var light = FailureClass(
      "light", scope: .node, law: .life(.exponential(mean: 2 * vector.seconds("mtbf_level1_h"))))
    light.replacesNodes = false
    let heavy = FailureClass(
      "heavy", scope: .rack, law: .life(.exponential(mean: vector.seconds("mtbf_level2_h"))))
    process.nodes.perRack = 2
    process.failures = [light, heavy]

    let runs = try process.trained(40)

    let means = runs.map { ($0.wallSeconds - $0.seconds(.startup)) / 3_600 / Double(patterns) }
    expect(SimulatedMean(means), vector.value("pattern_mean_h"))
  }

  @Test("silent errors found by verification", arguments: SimulationVector.all("silent_errors"))
  func silent(vector: SimulationVector) throws {
    let patterns = 400
    var process = RunProcess.segments(
      patterns, work: vector.seconds("work_h"), save: vector.seconds("save_h"),
      life: .exponential(
        mean: vector.input("mtbf_stop_h") == nil
          ? 1e15 : vector.seconds("mtbf_stop_h")),
      detection: vector.seconds("downtime_h"), load: vector.seconds("recovery_h"),
      exposure: .load)
    process.verification = vector.seconds("verify_h")
    var silent = FailureClass(
      "silent", scope: .job, law: .life(.exponential(mean: vector.seconds("mtbf_silent_h"))))
    silent.effect = .corrupt(foundAfter: nil)
    process.failures.append(silent)

    let runs = try process.trained(60)

    let means = runs.map { ($0.wallSeconds - $0.seconds(.startup)) / 3_600 / Double(patterns) }
    expect(SimulatedMean(means), vector.value("pattern_mean_h"))
  }

  @Test("spares and repairs", arguments: SimulationVector.all("spares"))
  func spares(vector: SimulationVector) throws {
    let nodes = Int(vector.input("nodes_needed") ?? 0)
    let mtbf = vector.seconds("node_mtbf_h")
    // About 4,000 failures a run, or two years.
    let total = min(4_000 * mtbf / Double(nodes), 2 * 365 * 86_400)
    var process = RunProcess(
      stretches: [RunStretch(steps: 20_000, stepSeconds: total / 20_000)],
      nodes: JobNodes(count: nodes))
    process.checkpoints = [CheckpointLevel(every: .steps(1), stall: 0)]
    process.failures = [FailureClass("node", scope: .node, law: .life(.exponential(mean: mtbf)))]
    var spares = SpareSpec(
      count: Int(vector.input("spares") ?? 0), repair: vector.seconds("repair_h"))
    spares.law = .exponential
    spares.crews = vector.input("crews").map { Int($0) }
    spares.areHot = vector.inputs["spares_are"] as? String == "hot"
    spares.failWhileWaiting = vector.inputs["on_shortage"] as? String == "continue"
    process.spares = spares

    let runs = try process.trained(24)

    let waiting = SimulatedMean(runs) { $0.seconds(.waiting) / $0.wallSeconds }
    #expect(
      abs(waiting.z(vector.value("unavailability"))) < 4,
      "\(waiting.mean) for \(vector.value("unavailability")), error \(waiting.error)")
  }

  @Test("shocks to nodes, racks and the site", arguments: SimulationVector.all("shocks"))
  func shocks(vector: SimulationVector) throws {
    let nodes = Int(vector.input("nodes") ?? 0)
    var process = RunProcess(
      stretches: [RunStretch(steps: 4_000, stepSeconds: 36_000)], nodes: JobNodes(count: nodes))
    process.nodes.perRack = Int(vector.input("nodes_per_rack") ?? 1)
    process.checkpoints = [CheckpointLevel(every: .steps(1), stall: 0)]
    process.failures = [
      ("node", FailureClass.Scope.node, "node_rate_per_h"),
      ("rack", .rack, "rack_rate_per_h"), ("site", .job, "power_rate_per_h"),
    ].compactMap { name, scope, key in
      guard let rate = vector.input(key), rate > 0 else { return nil }
      return FailureClass(name, scope: scope, law: .life(.exponential(mean: 3_600 / rate)))
    }

    let runs = try process.outcomes(0..<24, seed: 11, keepsStops: true)

    let gaps = SimulatedMean(runs) { Double($0.restarts) * 3_600 / $0.wallSeconds }
    expect(gaps, 1 / vector.value("job_mtbf_h"))
    let stops = runs[0].stops
    let sizes = SimulatedMean(stops.map { Double($0.nodes) })
    #expect(abs(sizes.z(vector.value("mean_nodes_lost_per_event"))) < 4)
    let single = SimulatedMean(stops.map { $0.nodes == 1 ? 1 : 0 })
    #expect(abs(single.z(vector.value("probability_event_is_one_node"))) < 4)
    // Two nodes hold each other's state: neighbours, or nodes far apart.
    for (areNeighbours, name) in [
      (true, "probability_pair_buddies_same_rack_survive_event"),
      (false, "probability_pair_buddies_other_rack_survive_event"),
    ] {
      var level = CheckpointLevel(every: .steps(1), stall: 0)
      level.survival = .groups(size: 2, areNeighbours: areNeighbours)
      let survived = stops.map { stop in
        level.survives((0..<nodes).map { $0 < stop.nodes }) ? 1.0 : 0
      }
      let share = SimulatedMean(survived)
      let expected = vector.value(name)
      #expect(
        share.error == 0 ? abs(share.mean - expected) < 0.01 : abs(share.z(expected)) < 4)
    }
  }

  @Test("state in the memory of other machines", arguments: SimulationVector.all("replica_groups"))
  func replicaGroups(vector: SimulationVector) {
    let machines = Int(vector.input("machines") ?? 0)
    let failed = Int(vector.input("failed_at_once") ?? 0)
    var level = CheckpointLevel(every: .steps(1), stall: 0)
    level.survival = .groups(size: Int(vector.input("replicas") ?? 0), areNeighbours: true)
    var stream = RandomStream(seed: 9, purpose: RandomPurpose("failed machines"))

    let survived = SimulatedMean(
      (0..<10_000).map { _ in
        var lost = [Bool](repeating: false, count: machines)
        while lost.count(where: \.self) < failed { lost[stream.index(below: machines)] = true }
        return level.survives(lost) ? 1 : 0
      })

    #expect(abs(survived.z(vector.value("probability_state_survives"))) < 4)
  }

  @Test("components that are replaced by new ones fail as renewal theory says")
  func renewals() throws {
    for vector in SimulationVector.all("weibull") {
      guard let horizon = vector.input("horizon_h") else { continue }
      let life = Life.weibull(
        shape: vector.input("shape") ?? 1, scale: vector.seconds("scale_h"))
      var process = RunProcess(
        stretches: [RunStretch(steps: 1, stepSeconds: horizon * 3_600)],
        nodes: JobNodes(count: 500))
      // Events that disturb nobody are counted all the same.
      var silent = FailureClass("part", scope: .node, law: .life(life))
      silent.effect = .corrupt(foundAfter: 1e9)
      process.failures = [silent]

      let runs = try process.outcomes(0..<40, seed: 5)

      let counts = SimulatedMean(runs) { Double($0.failures[0]) / 500 }
      expect(counts, vector.value("expected_failures_replaced_new"))
    }
  }

  @Test("the first failure of many new components comes when order statistics say")
  func firstFailures() throws {
    for vector in SimulationVector.all("weibull") {
      guard vector.input("horizon_h") == nil else { continue }
      let life = Life.weibull(
        shape: vector.input("shape") ?? 1, scale: vector.seconds("scale_h"))
      let item = FailureClass("part", scope: .node, law: .life(life))
      func first(_ age: FailureClass.Age, _ count: Int) -> SimulatedMean {
        var item = item
        item.age = age
        return SimulatedMean(
          (0..<2_000).map { replication in
            let clock = ClassClock(
              item, count: count, seed: RunProcess.seed(of: replication, 3), expected: 3_600)
            return (clock.next ?? .nan) / 3_600
          })
      }

      let found = first(.new, 256)
      #expect(abs(found.z(vector.value("first_of_256_mean_h"))) < 4, "\(vector.inputs)")
      let aged = first(.seconds(vector.seconds("scale_h")), 1)
      #expect(abs(aged.z(vector.value("mean_residual_life_at_scale_h"))) < 4, "\(vector.inputs)")
      // The residual life of a stationary component: E[X^2] / 2 E[X].
      let (mean, deviation) = (vector.value("mean_h"), vector.value("sd_h"))
      let stationary = first(.stationary, 1)
      let residual = (deviation * deviation + mean * mean) / (2 * mean)
      #expect(abs(stationary.z(residual)) < 4, "\(vector.inputs)")
    }
  }

  @Test("a fleet that has run for ever, for steep laws too", arguments: [0.5, 3.5, 20])
  func stationaryFleet(shape: Double) {
    let life = Life.weibull(shape: shape, scale: 1e6)
    var item = FailureClass("part", scope: .node, law: .life(life))
    item.age = .stationary
    let left = SimulatedMean(
      (0..<2_000).map { replication in
        let clock = ClassClock(
          item, count: 1, seed: RunProcess.seed(of: replication, 3), expected: 3_600)
        return clock.next ?? .nan
      })

    // The mean life left is E[X^2] / 2 E[X].
    let square = 1e12 * tgamma(1 + 2 / shape)
    #expect(abs(left.z(square / (2 * life.mean))) < 4, "\(left.mean)")
  }
}

extension RunProcess {
  /// Some replications, each with categories that sum to its wall time.
  func trained(_ count: Int, seed: UInt64 = 7) throws -> [RunOutcome] {
    let runs = try outcomes(0..<count, seed: seed)
    for run in runs { try run.check() }
    return runs
  }
}

extension RunOutcome {
  /// Goodput without the first start.
  var trainedGoodput: Double { seconds(.productive) / (wallSeconds - seconds(.startup)) }
}
