// The stream machine on programs that are small enough to time by hand.

import Testing
import Units

@testable import Execution

/// The streams of the programs in these tests.
enum TestStream: Int {
  case compute, communication, send
}

extension SimTime: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int64) { self.init(picoseconds: value) }
}

extension SimDuration: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int64) { self.init(picoseconds: value) }
}

extension StreamProgram {
  /// - Parameter groups: the number of groups of neighbouring members that exchange on level 0.
  init(rankCount: Int, members: Int = 1, groups: Int = 1) {
    self.init(
      rankCount: rankCount, streamsPerRank: 3,
      representatives: .all(members, groupSizes: [groups]))
  }

  /// Adds an operation of a rank. Durations are in picoseconds.
  mutating func add(
    _ stream: TestStream, alone: Int64, beside: Int64? = nil, sharesGPU: Bool = false,
    inputs: [OperationID] = [], rank: Int = 0
  ) -> OperationID {
    let time = ComputeTime(
      alone: SimDuration(picoseconds: alone),
      besideCommunication: SimDuration(picoseconds: beside ?? alone))
    return add(
      StreamOperation(
        rank: rank, stream: stream.rawValue, sharesGPU: sharesGPU, .takes(time, variant: nil)),
      inputs: inputs)
  }
}

@Suite("Stream machine")
struct StreamMachineTests {
  @Test("INV-5: a stream runs one operation at a time, in order")
  func oneAtATime() {
    var program = StreamProgram(rankCount: 1)
    let first = program.add(.compute, alone: 10)
    let second = program.add(.compute, alone: 5)

    let times = StreamMachine(program).run()

    #expect(times.end(first) == 10)
    #expect(times.start(second) == 10)
    #expect(times.makespan == 15)
  }

  @Test("an operation waits for its inputs even when its stream is free")
  func waits() {
    var program = StreamProgram(rankCount: 2)
    let producer = program.add(.compute, alone: 30)
    let send = program.add(.send, alone: 7, inputs: [producer])
    let consumer = program.add(.compute, alone: 1, inputs: [send], rank: 1)

    let times = StreamMachine(program).run()

    #expect(times.start(consumer) == 37)
  }

  @Test("computation slows down only while an exchange holds SMs")
  func slowdown() {
    var program = StreamProgram(rankCount: 1)
    let cast = program.add(.compute, alone: 10)
    let dispatch = program.add(.communication, alone: 40, sharesGPU: true, inputs: [cast])
    let beside = program.add(.compute, alone: 100, beside: 200)

    let times = StreamMachine(program).run()

    // During the exchange, 40 ps do 20 of the 100; the other 80 run at full speed.
    #expect(times.end(dispatch) == 50)
    #expect(times.end(beside) == SimTime(picoseconds: 10 + 40 + 80))
  }

  @Test("a pipeline transfer holds no SMs")
  func transfersAreFree() {
    var program = StreamProgram(rankCount: 1)
    let first = program.add(.compute, alone: 10)
    _ = program.add(.send, alone: 50, inputs: [first])
    let second = program.add(.compute, alone: 20, beside: 40)

    let times = StreamMachine(program).run()

    #expect(times.end(second) == 30)
  }

  @Test("an exchange that ends before computation starts leaves it at full speed")
  func notBeside() {
    var program = StreamProgram(rankCount: 1)
    let first = program.add(.compute, alone: 10)
    let dispatch = program.add(.communication, alone: 5, sharesGPU: true, inputs: [first])
    let second = program.add(.compute, alone: 20, beside: 40, inputs: [dispatch])

    let times = StreamMachine(program).run()

    #expect(times.start(second) == 15)
    #expect(times.end(second) == 35)
  }

  @Test("computation stays slow until both of two operations on other streams release their SMs")
  func twoHolders() {
    var program = StreamProgram(rankCount: 1)
    let first = program.add(.communication, alone: 30, sharesGPU: true)
    let second = program.add(.send, alone: 50, sharesGPU: true)
    let beside = program.add(.compute, alone: 100, beside: 200)

    let times = StreamMachine(program).run()

    // Beside the operations, 50 ps do 25 of the 100; the other 75 run at full speed.
    #expect(times.end(first) == 30)
    #expect(times.end(second) == 50)
    #expect(times.end(beside) == SimTime(picoseconds: 50 + 75))
  }

  @Test("a computation that reserves SMs for others takes the longer time on every member")
  func reserved() {
    var program = StreamProgram(rankCount: 1, members: 4)
    let operation = program.add(
      StreamOperation(rank: 0, stream: 0, .takes(.zero, variant: ID(1))), inputs: [])
    let durations = MemberDurations(variantCount: 2, columns: [0, 1, 0, 1]) { variant, column in
      ComputeTime(
        alone: SimDuration(picoseconds: Int64(10 * variant + column)),
        besideCommunication: SimDuration(picoseconds: 99))
    }

    // Its time in the program has two equal halves.
    let reserved = StreamMachine(program, durations: durations).run()

    #expect((0..<4).map { reserved.member($0).end(operation) } == [99, 99, 99, 99])
  }
}
