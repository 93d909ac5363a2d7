// The training step as a whole: properties of every schedule, and how results depend on causes.

import Cluster
import Execution
import ModelCost
import Recording
import Schedules
import Testing
import Units

@testable import Training

@Suite("Training step")
struct TrainingStepTests {
  static let schedules = ["1f1b", "zb_h1", "dualpipe", "gpipe", "zb_v", "dualpipev", "chimera"]

  @Test("INV-13: the rows of every rank sum to the step time", arguments: schedules)
  func attributionIsComplete(schedule: String) throws {
    let result = try SmallScenario(schedule: schedule).step().run()

    let ranks = Set(result.rankTimes.map(\.rank))
    #expect(ranks.count == 4)
    #expect(result.attributedTimes.allSatisfy { $0 == result.stepTime })
    #expect(result.rankTimes.allSatisfy { $0.time > .zero })
  }

  @Test("INV-14: bubbles lie between 0 and 1, INV-12: no metric is NaN", arguments: schedules)
  func figuresArePossible(schedule: String) throws {
    let result = try SmallScenario(schedule: schedule).step().run()

    for metric in result.metrics { #expect(metric.value.isFinite) }
    let bubble = try #require(result.metrics.first { $0.kind == .bubbleRatio }?.value)
    #expect((0...1).contains(bubble))
  }

  @Test("INV-9: the same scenario gives the same figures and fingerprint", arguments: schedules)
  func repeatable(schedule: String) throws {
    let first = try SmallScenario(schedule: schedule).step().run()
    let second = try SmallScenario(schedule: schedule).step().run()

    #expect(first.fingerprint == second.fingerprint)
    #expect(first.metrics == second.metrics)
    #expect(first.rankTimes == second.rankTimes)
  }

  @Test("every rank computes the same work whatever the schedule's order")
  func sameWork() throws {
    // Durations on the SMs left by communication, which are the same for every cell.
    func work(_ schedule: String) throws -> Double {
      let step = try SmallScenario(schedule: schedule, partition: [2, 2, 2, 2]).step()
      let program = step.program()
      return zip(program.operations, program.labels).reduce(0.0) { sum, each in
        guard each.1.cell != nil, let time = each.0.computeTime else { return sum }
        return sum + Double(time.besideCommunication.picoseconds)
      }
    }
    let reference = try work("1f1b")
    #expect(try work("zb_h1") == reference)
    #expect(try work("dualpipe") == reference)
  }

  @Test("kernels of a pair leave the exchange its SMs for the whole cell, others only during it")
  func pairsReserveSMs() throws {
    let program = try SmallScenario(schedule: "dualpipe", layers: 12).program()
    var slower = 0
    for (operation, label) in zip(program.operations, program.labels) {
      guard let id = label.cell, let time = operation.computeTime else { continue }
      let cell = program[id].cell
      if case .overlapped(let forward, let backward) = cell,
        forward.stage > 0 || backward.stage > 0
      {
        #expect(time.alone == time.onFewerSMs)
      } else if time.alone < time.besideCommunication {
        slower += 1
      }
    }
    #expect(slower > 0)
  }

  @Test("INV-6: every dispatched token is combined, forward and backward")
  func exchangesMatch() throws {
    let program = try SmallScenario(schedule: "dualpipe").program()
    func count(_ kind: OperationKind, forward: Bool) -> Int {
      program.labels.filter { $0.kind == kind && $0.isForward == forward }.count
    }
    // Five MoE layers, sixteen microbatches.
    for forward in [true, false] {
      #expect(count(.dispatch, forward: forward) == 5 * 16)
      #expect(count(.combine, forward: forward) == 5 * 16)
    }
  }

  @Test("overlap emerges: a pair hides exchanges that single cells expose")
  func overlapHides() throws {
    let alone = try SmallScenario(schedule: "1f1b").step().run()
    let paired = try SmallScenario(schedule: "dualpipe").step().run()

    func exposed(_ result: SimulationResult) throws -> Double {
      try #require(result.metrics.first { $0.kind == .exposedCommunicationTime }?.value)
    }
    #expect(try exposed(paired) < exposed(alone))
  }

  @Test("a slower network never makes a step faster")
  func slowerNetwork() throws {
    let fast = try SmallScenario(schedule: "dualpipe")
    var slow = fast
    slow.cluster.node.nicPerDirection = BytesPerSecond(
      fast.cluster.node.nicPerDirection.value / 8)

    #expect(try slow.step().run().stepTime > fast.step().run().stepTime)
  }

  @Test("more microbatches shrink the bubble ratio")
  func amortized() throws {
    func bubble(_ microbatches: Int) throws -> Double {
      let result = try SmallScenario(schedule: "1f1b", microbatches: microbatches).step().run()
      return try #require(result.metrics.first { $0.kind == .bubbleRatio }?.value)
    }
    #expect(try bubble(64) < bubble(16))
    #expect(try bubble(16) < bubble(4))
  }

  @Test("with equal stages and free transfers, the makespan is that of the schedule")
  func equalsEvaluation() throws {
    let step = try SmallScenario(schedule: "zb_h1", layers: 12).step()
    let program = step.program()
    let transfers = step.transfers(step.choice(isUneven: false).representatives)
    let times = StreamMachine(
      program.streams, transfers: PlacedTransfers(program.streams, on: transfers.network),
      shares: ExpertVariants.shares(step.costs, nil, transfers)
    ).run()
    var durations: [Int: [Int64]] = [:]
    for cell in program.cells {
      durations[cell.rank, default: []].append(
        (times.end(cell.lastCompute) - times.start(cell.firstCompute)).picoseconds)
    }
    var next = [Int](repeating: 0, count: 4)
    let hop = transfers.hop(from: 0, to: 1)
    let transfer = transfers.network.aloneDuration(of: hop).picoseconds
    let timeline = try evaluate(step.plan, transfer: transfer) { rank, _ in
      defer { next[rank] += 1 }
      return durations[rank]?[next[rank]] ?? 0
    }
    for (rank, cells) in timeline.ranks.enumerated() {
      let last = try #require(program.cells.last { $0.rank == rank })
      #expect(times.end(last.lastCompute).picoseconds == cells.last?.end)
    }
  }

  @Test("a schedule that does not support the sizes is refused with its rule")
  func refusedSchedule() throws {
    let scenario = try SmallScenario(schedule: "dualpipe", microbatches: 7)
    #expect(throws: TrainingRefusal.self) { try scenario.step() }
  }

  @Test("more stages than layers leave some without a layer", arguments: ["zb_v", "zbv_auto"])
  func emptyStages(schedule: String) throws {
    let step = try SmallScenario(schedule: schedule, layers: 4).step()

    #expect(step.partition.count == 8)
    #expect(step.partition.reduce(0, +) == 4)
    #expect(step.run().attributedTimes.allSatisfy { $0 == step.run().stepTime })
  }
}

@Suite("Memory")
struct MemoryTests {
  @Test("INV-11: a step over capacity fails by name and lists possible remedies")
  func overCapacity() throws {
    var scenario = try SmallScenario(schedule: "gpipe", microbatches: 64)
    scenario.cluster.node.gpu.memory = Bytes(24 * 1024 * 1024 * 1024)
    do {
      _ = try scenario.step()
      Issue.record("sixty-four microbatches in flight do not fit")
    } catch TrainingRefusal.memory(let shortage) {
      #expect(shortage.needed.value > shortage.capacity.value)
      #expect(shortage.uses.reduce(0) { $0 + $1.bytes.value } == shortage.needed.value)
      let candidates = shortage.candidates.flatMap(\.alternatives)
      #expect(candidates.contains([Setting("training.schedule", "1f1b")]))
      var remedied = scenario
      remedied.spec.schedule = "1f1b"
      #expect(try remedied.step().memory.peak <= shortage.capacity.value)
    }
  }

  @Test("two copies of the weights double weights and gradients, but not optimizer shards")
  func twoCopies() throws {
    let single = try SmallScenario(schedule: "1f1b", partition: [2, 2, 2, 2]).step().memory
    let double = try SmallScenario(schedule: "dualpipe", partition: [2, 2, 2, 2]).step().memory
    func total(_ memory: MemoryPlan, _ path: KeyPath<RankMemory, Double>) -> Double {
      memory.ranks.reduce(0) { $0 + $1[keyPath: path] }
    }
    #expect(total(double, \.weights) == 2 * total(single, \.weights))
    #expect(total(double, \.gradients) == 2 * total(single, \.gradients))
    #expect(abs(total(double, \.optimizer) / total(single, \.optimizer) - 1) < 1e-12)
  }

  @Test("all parameters of the model are stored somewhere")
  func parametersAreConserved() throws {
    let scenario = try SmallScenario(schedule: "1f1b")
    let memory = try scenario.step().memory
    let held = memory.ranks.reduce(0.0) {
      $0 + $1.parameters.outside + $1.parameters.experts * Double(scenario.spec.layout.expert)
    }
    #expect(held == Double(scenario.model.mainParameters))
  }

  @Test("a partition balances the slowest stage")
  func partition() throws {
    let step = try SmallScenario(schedule: "1f1b", layers: 11).step()
    #expect(step.partition.reduce(0, +) == 11)
    // The last stage also has the head, so it holds no more layers than any other.
    #expect(step.partition.last == step.partition.min())
  }
}
