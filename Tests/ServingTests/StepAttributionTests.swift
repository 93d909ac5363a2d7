// Streams of an inference step on programs that are small enough to follow by hand: a byte a
// picosecond.

import Cluster
import Execution
import Recording
import Testing
import Units

@testable import Serving

@Suite("Attribution of an inference step")
struct StepAttributionTests {
  private static let links = GPULinks(
    rankCount: 2, portCapacities: GPULinks.Port.allCases.map { _ in BytesPerSecond(1e12) })

  private func time(_ alone: Int64, beside: Int64? = nil) -> ComputeTime {
    ComputeTime(
      alone: SimDuration(picoseconds: alone),
      besideCommunication: SimDuration(picoseconds: beside ?? alone))
  }

  private func program(
    gpus: Int = 1, streams: Int = 1, holdsSMs: Bool = true
  ) -> InferenceProgram {
    InferenceProgram(gpuCount: gpus, exchangeStreams: streams, exchangesHoldSMs: holdsSMs)
  }

  private func sending(
    _ bytes: Double, gpu: Int = 0, _ program: inout InferenceProgram
  ) -> Int32 {
    let flow = TransferFlow(path: [Self.links.link(.nicOut, rank: gpu)], bytes: bytes)
    return program.add(Transfer(phases: [TransferPhase(flows: [flow], latency: .zero)]))
  }

  private func run(_ program: InferenceProgram) -> StreamTimes {
    StreamMachine(program.streams, links: Self.links).run()
  }

  private func rows(_ program: InferenceProgram, gpu: Int = 0) -> [RankTime] {
    StepAttribution(program: program, times: run(program)).rankTimes.filter { $0.rank == gpu }
  }

  @Test("an exchange runs beside the computation that does not wait for it")
  func overlap() {
    var program = program()
    let attention = program.add(.attention, gpu: 0, time(10), inputs: [])
    let dispatch = program.add(
      .dispatch, gpu: 0, sending: sending(30, &program), inputs: [attention])
    _ = program.add(.shared, gpu: 0, time(20), inputs: [])
    _ = program.add(.experts, gpu: 0, time(5), inputs: [dispatch])

    // 10 attention, then 30 dispatch beside 20 shared, then 5 experts.
    let times = run(program)
    #expect((0..<4).map { times.start($0) } == [0, 10, 10, 40])
    #expect(times.makespan == 45)
    #expect(rows(program).map(\.activity) == [.compute, .exposedDispatch])
    #expect(rows(program).map(\.time.picoseconds) == [35, 10])
  }

  @Test("exchanges slow computation only if they hold multiprocessors", arguments: [true, false])
  func pace(holdsSMs: Bool) {
    var program = program(holdsSMs: holdsSMs)
    let attention = program.add(.attention, gpu: 0, time(10), inputs: [])
    _ = program.add(.dispatch, gpu: 0, sending: sending(30, &program), inputs: [attention])
    let shared = program.add(.shared, gpu: 0, time(20, beside: 40), inputs: [])

    // In 30 of dispatch three quarters are done; the last quarter of 20 takes 5.
    #expect(run(program).end(shared) == (holdsSMs ? 45 : 30))
  }

  @Test("exchanges of two microbatches share the port, or queue where they share kernels")
  func twoMicrobatches() {
    func ends(streams: Int) -> [Int64] {
      var program = program(streams: streams)
      let indices = [300.0, 100].enumerated().map { microbatch, bytes in
        program.add(
          .dispatch, gpu: 0, microbatch: microbatch, sending: sending(bytes, &program), inputs: [])
      }
      let times = run(program)
      return indices.map { times.end($0) }
    }

    // Half the rate each until the 100 are through.
    #expect(ends(streams: 2) == [400, 200])
    #expect(ends(streams: 1) == [300, 400])
  }

  @Test("a fuller GPU's part of a combine is waited for, and that is told apart")
  func imbalance() {
    var program = program(gpus: 2)
    let experts = [10, 25].enumerated().map { gpu, duration in
      program.add(.experts, gpu: gpu, time(Int64(duration)), inputs: [])
    }
    let combines = (0...1).map { gpu in
      program.add(
        .combine, gpu: gpu, sending: sending(7, gpu: gpu, &program), inputs: [experts[gpu]])
    }
    for gpu in 0...1 { _ = program.add(.head, gpu: gpu, time(3), inputs: combines) }

    // The first GPU's results are there at 17, the fuller one's at 32.
    #expect(run(program).makespan == 35)
    #expect(rows(program).map(\.activity) == [.compute, .exposedCombine, .expertImbalance])
    #expect(rows(program).map(\.time.picoseconds) == [13, 7, 15])
    #expect(rows(program, gpu: 1).map(\.activity) == [.compute, .exposedCombine])
  }

  @Test("a dispatch that waits for a fuller GPU to begin is imbalance, its own time is exposed")
  func lateDispatch() {
    var program = program(gpus: 2)
    let attentions = [10, 18].enumerated().map { gpu, duration in
      program.add(.attention, gpu: gpu, time(Int64(duration)), inputs: [])
    }
    for gpu in 0...1 {
      let dispatch = program.add(
        .dispatch, gpu: gpu, sending: sending(7, gpu: gpu, &program), inputs: attentions)
      _ = program.add(.experts, gpu: gpu, time(5), inputs: [dispatch])
    }

    #expect(rows(program).map(\.activity) == [.compute, .exposedDispatch, .expertImbalance])
    #expect(rows(program).map(\.time.picoseconds) == [15, 7, 8])
  }
}
