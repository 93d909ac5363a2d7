// Computation and exchanges that share a GPU, on programs that are small enough to time by hand:
// one byte per picosecond.

import Cluster
import Testing
import Units

@testable import Execution

@Suite("Sharing a GPU on the stream machine")
struct GPUSharingTests {
  private func run(_ program: StreamProgram, durations: MemberDurations? = nil) -> StreamTimes {
    let rate = BytesPerSecond(1e12)
    let network = StepNetwork(
      rankCount: 1, representatives: program.representatives, ports: [rate, rate, rate, rate],
      kernels: KernelRate.allCases.map { _ in rate })
    return StreamMachine(
      program, transfers: PlacedTransfers(program, on: network), durations: durations
    ).run()
  }

  /// A computation that takes `alone`, `fewer` on the multiprocessors that an exchange leaves and
  /// `beside` while the exchange moves bytes at a pace.
  private func time(
    _ alone: Int64, fewer: Int64? = nil, beside: Int64? = nil, pace: Double = 1
  ) -> ComputeTime {
    ComputeTime(
      alone: SimDuration(picoseconds: alone),
      onFewerSMs: SimDuration(picoseconds: fewer ?? alone),
      besideCommunication: SimDuration(picoseconds: beside ?? fewer ?? alone), exchangePace: pace)
  }

  private func compute(
    _ time: ComputeTime, _ program: inout StreamProgram, variant: Int? = nil
  ) -> OperationID {
    program.add(
      StreamOperation(rank: 0, stream: 0, .takes(time, variant: variant.map { ID($0) })),
      inputs: [])
  }

  /// An exchange whose kernel feeds the NIC as fast as that can send.
  private func exchange(
    _ bytes: Double, _ program: inout StreamProgram, after inputs: [OperationID] = []
  ) -> OperationID {
    let leg = Leg(
      .network(.everyone(groupSize: 1)), .out, kernel: .dispatchNetwork, bytes: bytes)
    let transfer = program.add(Transfer(rank: 0, [TransferPhase([leg], latency: .zero)]))
    return program.add(
      StreamOperation(
        rank: 0, stream: 1, sharesGPU: true,
        .sends(.init(transfer, rendezvous: Rendezvous(level: 0)))),
      inputs: inputs)
  }

  private func program(members: Int = 1) -> StreamProgram {
    StreamProgram(rankCount: 1, members: members, groups: members)
  }

  @Test("memory-bound computation and the exchange beside it slow each other")
  func bothSlow() {
    var program = program()
    let dispatch = exchange(1000, &program)
    let norm = compute(time(500, beside: 1000, pace: 0.5), &program)

    let times = run(program)

    // Half the pace until 1000, then the other half of the bytes at full pace.
    #expect(times.end(norm) == 1000)
    #expect(times.end(dispatch) == 1500)
  }

  @Test("compute-bound computation and the exchange beside it do not slow each other")
  func neitherSlows() {
    var program = program()
    let dispatch = exchange(1000, &program)
    let product = compute(time(500), &program)

    let times = run(program)

    #expect(times.end(product) == 500)
    #expect(times.end(dispatch) == 1000)
  }

  @Test("an exchange moves at the pace that each computation in turn leaves it")
  func changingPace() {
    var program = program()
    let start = compute(time(100, beside: 1, pace: 0.1), &program)
    let dispatch = exchange(1000, &program, after: [start])
    _ = compute(time(100, beside: 400, pace: 0.25), &program)
    _ = compute(time(200), &program)
    let last = compute(time(300, beside: 600, pace: 0.5), &program)

    let times = run(program)

    // From 100: 400 at a quarter, 200 at full pace, 600 at a half, and 400 bytes alone.
    #expect(times.start(dispatch) == 100)
    #expect(times.end(last) == 1300)
    #expect(times.end(dispatch) == 1700)
  }

  @Test("an exchange that waits for others holds multiprocessors, but memory is idle")
  func waiting() {
    var program = program(members: 2)
    let first = compute(time(1), &program, variant: 0)
    let dispatch = exchange(100, &program, after: [first])
    let second = compute(time(100, fewer: 200, beside: 400), &program)
    let durations = MemberDurations(variantCount: 1, columns: [0, 1]) { time([10, 60][$1]) }

    let times = run(program, durations: durations)

    // Both send from 60 to 160, in which a quarter of the computation is done. In the 50 before,
    // the first does another quarter on fewer multiprocessors.
    #expect(times.members.map { $0.waiting(dispatch) } == [50, 0])
    #expect(times.members.map { $0.end(dispatch) } == [160, 160])
    #expect(times.members.map { $0.end(second) } == [210, 235])
  }

  @Test("kernels that reserve multiprocessors still share memory only while bytes move")
  func reserved() {
    var program = program()
    let dispatch = exchange(100, &program)
    let product = compute(time(1, fewer: 150, beside: 200).reservingSMs, &program)

    let times = run(program)

    #expect(times.end(dispatch) == 100)
    #expect(times.end(product) == 175)
  }

  /// Two members that start an exchange of 1000 bytes together, beside their own computation.
  private func barrier(_ beside: [ComputeTime]) -> (StreamTimes, exchange: OperationID) {
    var program = program(members: 2)
    let dispatch = exchange(1000, &program)
    _ = compute(time(1), &program, variant: 0)
    let durations = MemberDurations(variantCount: 1, columns: [0, 1]) { beside[$1] }
    return (run(program, durations: durations), dispatch)
  }

  @Test("an exchange waits for its slowest member; members that do the same wait for none")
  func barriers() {
    let slow = time(500, beside: 1000, pace: 0.5)
    let (even, dispatch) = barrier([slow, slow])
    let (uneven, _) = barrier([slow, time(500)])

    #expect(even.members.map { $0.end(dispatch) } == [1500, 1500])
    #expect(even.members.map { $0.waiting(dispatch) + $0.lag(dispatch) } == [0, 0])
    #expect(uneven.members.map { $0.end(dispatch) } == [1500, 1500])
    #expect(uneven.members.map { $0.lag(dispatch) } == [0, 500])
  }

  @Test("the sum of two computations leaves an exchange the mean of their paces over time")
  func sum() {
    let sum = time(100, beside: 300, pace: 0.5) + time(50, fewer: 70, beside: 100, pace: 0.9)

    #expect(sum == time(150, fewer: 170, beside: 400, pace: 0.6))
    #expect(ComputeTime.zero + ComputeTime.zero == .zero)
  }
}
