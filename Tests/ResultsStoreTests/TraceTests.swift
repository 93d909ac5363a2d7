import Routing
import Testing

@testable import ResultsStore

@Suite("Routing traces are stored")
struct TraceTests {
  /// Two steps of two sequences, with a prediction module that has one row less.
  private func trace(experts: Int) -> RoutingTrace {
    func decisions(_ rows: Int, _ step: Int) -> RoutingTrace.Decisions {
      RoutingTrace.Decisions(
        rowsPerSequence: rows,
        experts: (0..<2 * rows * 2).map { UInt16(($0 * 37 + step) % experts) },
        scores: (0..<2 * rows * 2).map { UInt8(($0 * 11 + step) % 256) })
    }
    return RoutingTrace(
      origin: RoutingTrace.Origin(
        preset: "tiny", seed: .max, trainedSteps: 9, balance: "loss-free", corpusHash: "c0",
        programVersion: "0.1.0", command: "dsv3sim moe trace", drafts: 9,
        acceptedDrafts: 4),
      gate: Gate(experts: experts, groups: 4, groupLimit: 2, topK: 2),
      domains: ["english", "code"], sequenceLength: 3, layers: ["L1", "M0"],
      steps: [4, 8].map { step in
        RoutingTrace.Step(
          number: step, tokens: [1, 2, 3, 0, 255, 128], domains: [0, 1],
          layers: [decisions(3, step), decisions(2, step)])
      })
  }

  @Test(
    "a trace read back equals the original, with one or two bytes per expert", arguments: [16, 512])
  func roundTrip(experts: Int) throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("t.db"))
    let trace = trace(experts: experts)
    #expect(trace.problem == nil)

    let id = try store.write(trace, hash: "ab")
    try store.write(self.trace(experts: 8), hash: "cd")

    let back = try #require(
      try ResultsStore(path: folder.file("t.db"), mode: .read).trace(id))
    #expect(back.trace == trace)
    #expect(back.hash == "ab")
    let last = try #require(try ResultsStore(path: folder.file("t.db"), mode: .read).trace())
    #expect(last.hash == "cd")
  }

  @Test("a profile is that of the last trace, not of one before it")
  func profile() throws {
    let folder = try Folder()
    defer { withExtendedLifetime(folder) {} }
    let store = try ResultsStore(path: folder.file("t.db"))
    let profile = LoadProfile(
      domains: ["a"], experts: 2, shares: [[[0.25, 0.75]]], notes: ["made by hand"])

    try store.write(trace(experts: 16), hash: "ab")
    try store.write(profile, of: nil)
    #expect(try store.profile() == profile)
    try store.write(trace(experts: 8), hash: "cd")
    #expect(try store.profile() == nil)
    try store.write(trace(experts: 16), hash: "ab")
    #expect(try store.profile() == profile)
  }

  @Test("a file of runs has no trace, and a trace with a missing byte is damaged")
  func damaged() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("t.db"))
    try store.write(sampleRecord(), clock: sampleClock)
    #expect(try store.trace() == nil)
    try store.write(trace(experts: 16), hash: "ab")
    try store.transaction {
      try $0.execute(
        sql: "UPDATE routing_trace_blob SET experts = substr(experts, 2) WHERE layer = 1")
    }

    let reader = try ResultsStore(path: folder.file("t.db"), mode: .read)
    #expect { try reader.trace() } throws: {
      ($0 as? StoreProblem)?.description.contains("step 4, layer M0") == true
    }
  }
}
