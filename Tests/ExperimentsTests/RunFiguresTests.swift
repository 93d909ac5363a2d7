// Figures of whole runs that follow from their simulated steps: energy, and intervals of means.

import Recording
import Runs
import Scenarios
import Testing
import Training

@Suite("Figures of runs")
struct RunFiguresTests {
  /// A run on two nodes that only trains, and its step. A GPU draws 600 W while it computes and
  /// 200 W while it waits.
  private func run(
    _ overrides: [String] = []
  ) throws -> (result: SimulationResult, step: SimulationResult) {
    let scenario = try Scenario.decode(
      text: """
        name: a
        cluster: {node: {base: h100-sxm}, nodes: 2}
        model: llama-3-8b
        run:
          tokens: 1B tokens
          replications: 1
          training: {schedule: 1f1b, sequence_length: 4096 tokens, global_batch: 16 sequences,
            parallel: {pipeline: 1}, activations: {recompute: [full]}}
          restart: {container: 0 s, communicators: 0 s, warm_up: 0 s}
          power: {computing: 600 W, stalled: 200 W, node: 0 W, pue: 1}

        """, file: "a.yaml", overrides: overrides)
    guard case .trainingRun(let spec) = scenario.question else {
      preconditionFailure("asks otherwise")
    }
    let run = try RunSimulation(spec, model: scenario.model, cluster: scenario.cluster)
    let step = try StepPlanner.plan(
      spec.phases[0].parts[0].step, model: scenario.model, cluster: scenario.cluster)
    return (try run.result(), step.run())
  }

  /// Mean watts of a GPU, with the share of the simulated step in which it computes, and ideal time
  /// / time of the run's steps.
  private func watts(
    _ overrides: String...
  ) throws -> (mean: Double, computing: Double, ideal: Double) {
    let (result, step) = try run(overrides)
    let outcome = try #require(result.run.replications.first)
    let computing = step.rankTimes.meanSeconds(overGPUs: 16) { $0.activity == .compute }
    return (
      outcome.joules / outcome.seconds / 16, computing / step.stepTime.seconds,
      outcome.idealSeconds / outcome.seconds
    )
  }

  @Test("GPUs that wait for gradients and parameters draw the power of waiting")
  func waiting() throws {
    let usual = try watts()
    let slow = try watts("cluster.node.nic=10 MB/s")

    #expect(usual.computing < 0.9)
    #expect(abs(usual.mean - 200 - 400 * usual.computing) < 1e-3)
    // All but the last of the step's seconds go by in the network.
    #expect(slow.computing < 0.01)
    #expect(abs(slow.mean - 200 - 400 * slow.computing) < 1e-3)
  }

  @Test("GPUs that wait for the slowest of a step draw the power of waiting")
  func jitter() throws {
    let jitter = try watts("run.jitter=0.2")

    #expect(jitter.ideal < 0.8)
    #expect(abs(jitter.mean - 200 - 400 * jitter.computing * jitter.ideal) < 1e-3)
  }

  @Test("the interval of equal times has no width")
  func equalTimes() throws {
    for replications in [2, 5, 7] {
      let result = try run(["run.replications=\(replications)"]).result
      let phase = try #require(result.run.phases.first)

      #expect(phase.gpuHoursLow == phase.gpuHours, "\(replications) replications")
      #expect(phase.gpuHoursHigh == phase.gpuHours, "\(replications) replications")
    }
  }
}
