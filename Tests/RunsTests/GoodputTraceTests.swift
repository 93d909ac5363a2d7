// Runs with failures at given times against the published rules of their categories, by an
// independent reference.

import Recording
import Testing

@testable import Runs

@Suite("Runs with failures at given times")
struct GoodputTraceTests {
  static let vectors = SimulationVector.all("goodput_trace")

  /// The run of a vector.
  static func process(_ vector: SimulationVector) -> RunProcess {
    func number(_ name: String) -> Double { vector.input(name) ?? .nan }
    var process = RunProcess(
      stretches: [
        RunStretch(steps: Int(number("steps")), stepSeconds: number("step_s"), tokensPerStep: 1)
      ], nodes: JobNodes(count: 256))
    process.queue = number("queue_s")
    process.restart.container = number("container_s")
    process.restart.firstLoad = number("load_s")
    process.restart.communicators = number("communicator_init_s")
    process.restart.warmUp = number("warm_up_s")
    process.restart.detection = number("detection_s")
    process.restart.decision = number("rescheduling_s")
    process.checkpoints = [
      CheckpointLevel(
        every: .steps(Int(number("save_every_steps"))), stall: number("save_s"))
    ]
    process.checkpoints[0].load = number("load_s")
    process.savesAtEnd = false
    let moments = (vector.inputs["failures_at_s"] as? [Double] ?? []).map { $0 - process.queue }
    process.failures = [FailureClass("given", scope: .job, law: .moments(moments))]
    return process
  }

  @Test("there are six vectors") func count() { #expect(Self.vectors.count == 6) }

  @Test("wall time, categories, restarts and ratios are met exactly", arguments: vectors)
  func categories(vector: SimulationVector) throws {
    let run = try #require(try Self.process(vector).outcomes(0..<1, seed: 1).first)

    try run.check()
    #expect(run.wallSeconds == vector.value("wall_s"))
    let expected = try #require(vector.expected["categories_s"] as? [String: Double])
    for category in RunCategory.allCases {
      #expect(run.seconds(category) == expected[category.rawValue] ?? 0, "\(category)")
    }
    #expect(run.restarts == Int(vector.value("restarts")))
    #expect(abs(run.ettr / vector.value("ettr_rsc") - 1) < 1e-12)
    for name in [
      "goodput_google", "effective_time_llama3", "effective_rate_megascale", "ettr_byterobust",
    ] {
      #expect(abs(run.goodput / vector.value(name) - 1) < 1e-12)
    }
    #expect(
      abs(run.goodputWithSaves / vector.value("counting_saves_as_productive") - 1) < 1e-12)
  }
}
