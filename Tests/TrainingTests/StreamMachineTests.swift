// The stream machine on programs small enough to time by hand.

import Testing

@testable import Training

@Suite("Stream machine")
struct StreamMachineTests {
  /// Adds an operation of a rank; durations in picoseconds.
  func add(
    _ program: inout StepProgram, _ stream: Training.Stream, _ kind: OperationKind, alone: Int64,
    beside: Int64? = nil, inputs: [Int] = [], rank: Int32 = 0
  ) -> Int {
    program.add(
      Operation(
        rank: rank, stream: UInt8(stream.rawValue), kind: kind, isForward: true, cell: 0,
        alone: alone, besideCommunication: beside ?? alone),
      inputs: inputs.map { Int32($0) })
  }

  @Test("INV-5: a stream runs one operation at a time, in order")
  func oneAtATime() {
    var program = StepProgram(rankCount: 1)
    let first = add(&program, .compute, .attention, alone: 10)
    let second = add(&program, .compute, .experts, alone: 5)

    let times = StreamMachine(program).run()

    #expect(times.end(first) == 10)
    #expect(times.start(second) == 10)
    #expect(times.makespan == 15)
  }

  @Test("an operation waits for its inputs even when its stream is free")
  func waits() {
    var program = StepProgram(rankCount: 2)
    let producer = add(&program, .compute, .attention, alone: 30)
    let send = add(&program, .sendDown, .send, alone: 7, inputs: [producer])
    let consumer = add(&program, .compute, .attention, alone: 1, inputs: [send], rank: 1)

    let times = StreamMachine(program).run()

    #expect(times.start(consumer) == 37)
  }

  @Test("computation slows down only while an exchange holds SMs")
  func slowdown() {
    var program = StepProgram(rankCount: 1)
    let cast = add(&program, .compute, .residual, alone: 10)
    let dispatch = add(&program, .communication, .dispatch, alone: 40, inputs: [cast])
    let beside = add(&program, .compute, .feedForward, alone: 100, beside: 200)

    let times = StreamMachine(program).run()

    // 40 of the exchange do 20 of the 100; the other 80 run at full speed.
    #expect(times.end(dispatch) == 50)
    #expect(times.end(beside) == 10 + 40 + 80)
  }

  @Test("a pipeline transfer holds no SMs")
  func transfersAreFree() {
    var program = StepProgram(rankCount: 1)
    let first = add(&program, .compute, .attention, alone: 10)
    _ = add(&program, .sendDown, .send, alone: 50, inputs: [first])
    let second = add(&program, .compute, .attention, alone: 20, beside: 40)

    let times = StreamMachine(program).run()

    #expect(times.end(second) == 30)
  }

  @Test("an exchange that ends before computation starts leaves it at full speed")
  func notBeside() {
    var program = StepProgram(rankCount: 1)
    let first = add(&program, .compute, .attention, alone: 10)
    let dispatch = add(&program, .communication, .dispatch, alone: 5, inputs: [first])
    let second = add(&program, .compute, .experts, alone: 20, beside: 40, inputs: [dispatch])

    let times = StreamMachine(program).run()

    #expect(times.start(second) == 15)
    #expect(times.end(second) == 35)
  }
}
