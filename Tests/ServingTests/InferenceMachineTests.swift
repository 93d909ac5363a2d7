// Streams of an inference step on programs that are small enough to follow by hand.

import Recording
import Testing
import Units

@testable import Serving

@Suite("Inference machine")
struct InferenceMachineTests {
  private func time(_ alone: Int64, beside: Int64? = nil) -> PieceTime {
    PieceTime(
      alone: SimDuration(picoseconds: alone),
      besideExchange: SimDuration(picoseconds: beside ?? alone))
  }

  @Test("an exchange runs beside the computation that does not wait for it")
  func overlap() {
    var program = InferenceProgram(gpuCount: 1)
    let attention = program.add(.attention, gpu: 0, time(10), inputs: [])
    let dispatch = program.add(.dispatch, gpu: 0, time(30), inputs: [attention])
    _ = program.add(.shared, gpu: 0, time(20), inputs: [])
    _ = program.add(.experts, gpu: 0, time(5), inputs: [dispatch])

    let times = InferenceMachine(program).run()

    // 10 attention, then 30 dispatch beside 20 shared, then 5 experts.
    #expect(times.starts == [0, 10, 10, 40])
    #expect(times.makespan == 45)
    let rows = StepAttribution(program: program, times: times).rankTimes
    #expect(rows.map(\.activity) == [.compute, .exposedDispatch])
    #expect(rows.map(\.time.picoseconds) == [35, 10])
  }

  @Test("computation beside an exchange goes at the pace of the multiprocessors left")
  func pace() {
    var program = InferenceProgram(gpuCount: 1)
    let attention = program.add(.attention, gpu: 0, time(10), inputs: [])
    _ = program.add(.dispatch, gpu: 0, time(30), inputs: [attention])
    _ = program.add(.shared, gpu: 0, time(20, beside: 40), inputs: [])

    let times = InferenceMachine(program).run()

    // In 30 of dispatch three quarters are done; the last quarter of 20 takes 5.
    #expect(times.ends == [10, 40, 45])
  }

  @Test("a fuller GPU is waited for before the combine, and that is told apart")
  func imbalance() {
    var program = InferenceProgram(gpuCount: 2)
    let mean = program.add(.experts, gpu: 0, time(10), inputs: [])
    let full = program.add(.experts, gpu: 1, time(25), inputs: [])
    for gpu in 0...1 {
      let combine = program.add(.combine, gpu: gpu, time(7), inputs: [mean, full])
      _ = program.add(.head, gpu: gpu, time(3), inputs: [combine])
    }

    let times = InferenceMachine(program).run()
    let rows = StepAttribution(program: program, times: times).rankTimes.filter { $0.rank == 0 }

    #expect(times.makespan == 35)
    #expect(rows.map(\.activity) == [.compute, .exposedCombine, .expertImbalance])
    #expect(rows.map(\.time.picoseconds) == [13, 7, 15])
  }
}
