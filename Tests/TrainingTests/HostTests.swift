// Steps whose kernels wait for the host that launches them.

import Execution
import ModelCost
import Recording
import Schedules
import Testing
import Units

@testable import Training

@Suite("Hosts in a training step")
struct HostTests {
  private func scenario(
    _ host: HostCosts, schedule: String = "1f1b", expert: Int = 8
  ) throws -> SmallScenario {
    var scenario = try SmallScenario(
      schedule: schedule, partition: schedule == "1f1b" ? [2, 2, 2, 2] : nil, gpus: 32,
      expert: expert)
    scenario.spec.host = host
    return scenario
  }

  private func host(
    operation: Double = 8e-6, synchronisations: Int = 1, gap: Double = 0
  ) -> HostCosts {
    var host = HostCosts.none
    (host.gap, host.operation) = (gap, operation)
    (host.denseOperations, host.expertOperations) = (50, 110)
    (host.synchronisations, host.synchronisation) = (synchronisations, 9e-6)
    return host
  }

  private func seconds(_ result: SimulationResult, _ activity: Activity) -> Double {
    result.rankTimes.filter { $0.activity == activity }.reduce(0) { $0 + $1.time.seconds }
  }

  @Test(
    "the streams of a forward of several layers end as the rule launch by launch says",
    arguments: [0, 2e-6, 8e-6, 40e-6], [0, 1])
  func recursion(operation: Double, synchronisations: Int) throws {
    let host = host(operation: operation, synchronisations: synchronisations)
    let step = try scenario(host, expert: 1).step()
    let blocks = [LayerKind.dense, .moe, .moe, .dense, .moe].map { CellBlock(kind: $0) }

    var emitter = CellEmitter(costs: step.costs, program: StepProgram(rankCount: 1))
    emitter.emit([.forward(Work(microbatch: 0, stage: 0))], rank: 0) { _ in blocks }
    let streams = StreamMachine(emitter.program.streams).run().makespan - SimTime.zero

    // Without gaps, the kernels of a part are one; a launch of all ends the layer.
    var timeline = HostTimeline(gap: 0)
    for block in blocks {
      let cost = step.costs[block.kind]
      func kernel(_ parts: [LayerKernels.Part]) {
        let time = parts.reduce(0.0) { $0 + cost[$1, .forward].alone.seconds }
        timeline.add(.kernel(host: 0, device: time))
      }
      let dense = host.denseLaunch(isForward: true)
      let experts = block.kind.hasExperts ? host.expertLaunch(isForward: true) : 0
      if block.kind.hasExperts, synchronisations > 0 {
        kernel([.attention])
        timeline.add(.kernel(host: dense, device: 0))
        timeline.add(.synchronisation(host: 9e-6))
        kernel([.feedForward, .experts, .residual])
        timeline.add(.kernel(host: experts, device: 0))
      } else {
        kernel(LayerKernels.Part.allCases)
        timeline.add(.kernel(host: dense + experts, device: 0))
      }
    }
    // Each of some thirty operations rounds to a picosecond.
    #expect(abs(streams.seconds - timeline.device) < 50e-12)
  }

  @Test("a feed-forward that runs again is launched again, and its numbers of rows are read")
  func recomputation() throws {
    let host = host()
    func backward(_ recompute: Set<ActivationPolicy.Recompute>) throws -> (StepProgram, BlockCosts)
    {
      var scenario = try scenario(host)
      scenario.spec.activations = ActivationPolicy(recompute: recompute, cached: .bf16)
      let costs = try scenario.step().costs
      var emitter = CellEmitter(costs: costs, program: StepProgram(rankCount: 1))
      emitter.emit([.backward(Work(microbatch: 0, stage: 0))], rank: 0) { _ in
        [CellBlock(kind: .dense), CellBlock(kind: .moe)]
      }
      return (emitter.program, costs)
    }
    func seconds(_ program: StepProgram, _ kind: OperationKind) -> Double {
      zip(program.operations, program.labels).reduce(0) { sum, pair in
        guard pair.1.kind == kind, case .takes(let time, _) = pair.0.effort else { return sum }
        return sum + time.alone.seconds
      }
    }

    let (kept, _) = try backward([])
    let (again, costs) = try backward([.mlp, .moe])

    // All but the norm and the sum of the feed-forward.
    let forward = costs.timedKernels(of: .dense).filter { $0.pass == .forward }
    let inner = forward.count { $0.part == .feedForward } - 2
    let launched = 8e-6 * (50 * Double(inner) / Double(forward.count) + 110)
    #expect(abs(seconds(again, .launch) - seconds(kept, .launch) - launched) < 1e-11)
    #expect(seconds(kept, .synchronisation) == 0)
    #expect(abs(seconds(again, .synchronisation) - 9e-6) < 1e-11)
  }

  @Test("embedding and head are launched in proportion to their kernels")
  func ends() throws {
    let costs = try scenario(host()).step().costs
    func launched(_ blocks: [LayerKind]) -> Double {
      var emitter = CellEmitter(costs: costs, program: StepProgram(rankCount: 1))
      emitter.emit([.forward(Work(microbatch: 0, stage: 0))], rank: 0) { _ in
        blocks.map { CellBlock(kind: $0) }
      }
      return zip(emitter.program.operations, emitter.program.labels).reduce(0) { sum, pair in
        guard pair.1.kind == .launch, case .takes(let time, _) = pair.0.effort else { return sum }
        return sum + time.alone.seconds
      }
    }
    func kernels(_ kind: LayerKind) -> Double {
      Double(costs.timedKernels(of: kind).count { $0.pass == .forward })
    }

    let layer = launched([.dense])
    #expect(abs(layer - 50 * 8e-6) < 1e-11)
    for kind in [LayerKind.embedding, .head] {
      #expect(abs(launched([kind]) - layer * kernels(kind) / kernels(.dense)) < 1e-11)
    }
  }

  @Test("a host without cost adds nothing, event by event")
  func none() throws {
    let without = try scenario(.none).step().run()
    let with = try scenario(host(operation: 0, synchronisations: 0)).step().run()

    #expect(with.fingerprint == without.fingerprint)
    #expect(seconds(with, .host) == 0)
  }

  @Test(
    "INV-13: with hosts, the rows of each GPU sum to the step time",
    arguments: ["1f1b", "zb_h1", "dualpipe", "interleaved"])
  func sums(schedule: String) throws {
    var scenario = try scenario(SoftwareStack.megatron.host, schedule: schedule)
    scenario.spec.jitter = .usual
    let folded = try scenario.step().run()
    scenario.spec.fidelity = .everyGPU
    let full = try scenario.step().run()

    #expect(folded.attributedTimes.allSatisfy { $0 == folded.stepTime })
    #expect(seconds(folded, .host) > 0)
    #expect(full.stepTime == folded.stepTime)
  }

  @Test("where hosts decide, equal stages are not called uneven", arguments: ["1f1b", "zb_h1"])
  func equalStages(schedule: String) throws {
    let hosts = try scenario(host(operation: 64e-6), schedule: schedule).step().run()
    let none = try scenario(.none, schedule: schedule).step().run()

    // What is left are the ends of the model, which one stage has and others do not, and under
    // zb_h1 a first stage of one layer more, to which hosts move the partition.
    #expect(seconds(hosts, .stageImbalance) < 1.15 * seconds(none, .stageImbalance))
    #expect(seconds(hosts, .host) > seconds(hosts, .compute))
  }

  @Test("a step grows with the time of a launch, until the host alone decides")
  func monotone() throws {
    var last = 0.0
    for operation in [0, 4e-6, 16e-6, 64e-6] {
      let time = try scenario(host(operation: operation)).step().run().stepTime.seconds
      #expect(time > last)
      last = time
    }
    // Two layers of a stage, forward and backward, 16 times; the first is dense.
    let launched = 16 * 3 * (2 * 50 + 110) * 64e-6
    #expect(last > launched)
    #expect(last < 2 * launched)
  }

  @Test("gaps between kernels are time of the GPU; the update takes its factor and its launches")
  func device() throws {
    let plain = try scenario(.none).step().run()
    let apart = try scenario(host(operation: 0, synchronisations: 0, gap: 1e-6)).step().run()
    #expect(seconds(apart, .compute) > seconds(plain, .compute))

    var host = HostCosts.none
    (host.optimizerFactor, host.optimizerLaunches, host.stepWork) = (2.5, 20e-3, 5e-3)
    let slow = try scenario(host).step().run()
    func update(_ result: SimulationResult) -> Double {
      result.rankTimes.filter { $0.phase == .optimizer && $0.activity == .compute }.reduce(0) {
        $0 + $1.time.seconds
      }
    }
    #expect(abs(update(slow) / update(plain) - 2.5) < 1e-6)
    #expect(seconds(slow, .host) > 4 * 24.9e-3)
  }
}
