// Streams of an inference step on programs that are small enough to follow by hand: one byte per
// picosecond.

import Cluster
import Execution
import Recording
import Testing
import Units

@testable import Serving

@Suite("Attribution of an inference step")
struct StepAttributionTests {
  private func placed(_ program: InferenceProgram) -> PlacedTransfers {
    let rate = BytesPerSecond(1e12)
    return PlacedTransfers(
      program.streams,
      on: StepNetwork(
        rankCount: 1, representatives: program.streams.representatives,
        ports: [rate, rate, rate, rate], kernels: KernelRate.allCases.map { _ in rate }))
  }

  private func time(_ alone: Int64, beside: Int64? = nil) -> ComputeTime {
    ComputeTime(
      alone: SimDuration(picoseconds: alone),
      besideCommunication: SimDuration(picoseconds: beside ?? alone))
  }

  private func program(members: Int = 1, streams: Int = 1) -> InferenceProgram {
    InferenceProgram(
      exchangeStreams: streams, representatives: .all(members, groupSizes: [members]))
  }

  private func sending(_ bytes: Double, _ program: inout InferenceProgram) -> TransferID {
    let leg = Leg(.network(.everyone(groupSize: 1)), .out, bytes: bytes)
    return program.add(Transfer(rank: 0, [TransferPhase([leg], latency: .zero)]))
  }

  /// - Parameter own: the duration of a computation of variant 0 on each member.
  private func run(_ program: InferenceProgram, own: [Int64]? = nil) -> StreamTimes {
    let durations = own.map { own in
      MemberDurations(variantCount: 1, columns: Array(own.indices)) { time(own[$1]) }
    }
    return StreamMachine(
      program.streams, transfers: placed(program), durations: durations
    ).run()
  }

  private func rows(
    _ program: InferenceProgram, member: Int = 0, own: [Int64]? = nil
  ) -> [RankTime] {
    StepAttribution(program: program, times: run(program, own: own)).rankTimes
      .filter { $0.member == member }
  }

  @Test("an exchange overlaps with computation that does not wait for it")
  func overlap() {
    var program = program()
    let attention = program.add(.attention, time(10), inputs: [])
    let dispatch = program.add(
      .dispatch, sending: sending(30, &program), inputs: [attention])
    _ = program.add(.shared, time(20), inputs: [])
    _ = program.add(.experts, time(5), inputs: [dispatch])

    // 10 attention, then 30 dispatch with 20 shared at the same time, then 5 experts.
    let times = run(program)
    #expect((0..<4).map { times.start(ID($0)).picoseconds } == [0, 10, 10, 40])
    #expect(times.makespan.picoseconds == 45)
    #expect(rows(program).map(\.activity) == [.compute, .exposedDispatch])
    #expect(rows(program).map(\.time.picoseconds) == [35, 10])
  }

  @Test("computation takes its time beside communication while an exchange runs")
  func pace() {
    var program = program()
    let attention = program.add(.attention, time(10), inputs: [])
    _ = program.add(.dispatch, sending: sending(30, &program), inputs: [attention])
    let shared = program.add(.shared, time(20, beside: 40), inputs: [])

    // During the 30 of dispatch, three quarters are done; the last quarter of 20 takes 5.
    #expect(run(program).end(shared).picoseconds == 45)
  }

  @Test("exchanges of two microbatches share the port, or queue if they share kernels")
  func twoMicrobatches() {
    func ends(streams: Int) -> [Int64] {
      var program = program(streams: streams)
      let exchanges = [300.0, 100].enumerated().map { microbatch, bytes in
        program.add(
          .dispatch, microbatch: microbatch, sending: sending(bytes, &program), inputs: [])
      }
      let times = run(program)
      return exchanges.map { times.end($0).picoseconds }
    }

    // Half the rate each until the 100 bytes are sent.
    #expect(ends(streams: 2) == [400, 200])
    #expect(ends(streams: 1) == [300, 400])
  }

  @Test("waiting for a more loaded GPU's part of a combine is attributed to imbalance")
  func imbalance() {
    var program = program(members: 2)
    let experts = program.add(.experts, time(1), variant: ID(0), inputs: [])
    let combine = program.add(.combine, sending: sending(7, &program), inputs: [experts])
    _ = program.add(.head, time(3), inputs: [combine])
    let own: [Int64] = [10, 25]

    // The first GPU's results arrive at 17, the other's at 32.
    #expect(run(program, own: own).makespan.picoseconds == 35)
    #expect(
      rows(program, own: own).map(\.activity) == [.compute, .exposedCombine, .expertImbalance])
    #expect(rows(program, own: own).map(\.time.picoseconds) == [13, 7, 15])
    #expect(rows(program, member: 1, own: own).map(\.activity) == [.compute, .exposedCombine])
  }

  @Test("a dispatch's wait for another GPU to start is imbalance; its own time is exposed")
  func lateDispatch() {
    var program = program(members: 2)
    let attention = program.add(.attention, time(1), variant: ID(0), inputs: [])
    let dispatch = program.add(.dispatch, sending: sending(7, &program), inputs: [attention])
    _ = program.add(.experts, time(5), inputs: [dispatch])
    let rows = rows(program, own: [10, 18])

    #expect(rows.map(\.activity) == [.compute, .exposedDispatch, .expertImbalance])
    #expect(rows.map(\.time.picoseconds) == [15, 7, 8])
  }

  @Test("with even loads there is no imbalance, and the time of a slow GPU is exposed")
  func even() {
    var program = program(members: 2)
    let experts = program.add(.experts, time(1), variant: ID(0), inputs: [])
    let combine = program.add(.combine, sending: sending(7, &program), inputs: [experts])
    _ = program.add(.head, time(3), inputs: [combine])
    let times = run(program, own: [10, 25])

    let even = StepAttribution(program: program, times: times, isUneven: false).rankTimes
    #expect(even.filter { $0.member == 0 }.map(\.activity) == [.compute, .exposedCombine])
    let slow = StepAttribution(program: program, times: times, slow: [1]).rankTimes
    #expect(slow.filter { $0.member == 0 }.map(\.activity) == [.compute, .exposedCombine])
  }
}
