import Foundation
import Recording
import ResultsStore
import Testing
import Units

@testable import Reports

@Suite("Timelines as traces")
struct ChromeTraceTests {
  private struct Event: Decodable {
    struct Arguments: Decodable {
      var name: String?
      var microbatch: Int?
      var stage: Int?
      var GiB: Double?
    }
    var ph: String
    var name: String
    var pid: Int
    var tid: Int?
    var ts: Double?
    var dur: Double?
    var args: Arguments
  }

  private struct Trace: Decodable {
    var traceEvents: [Event]
  }

  /// The trace of a store that has one run with these bars.
  private func trace(_ spans: [Span], _ points: [MemoryPoint]) throws -> (Trace, pieces: Int) {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "trace-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var record = sampleRecord()
    record.spans = spans
    record.memoryPoints = points
    let store = try ResultsStore(path: folder.appending(path: "r.db").path)
    let run = try store.write(record, clock: RunClock(startedAt: Date(), wallSeconds: 1))
    var text = ""
    var pieces = 0
    try ChromeTrace(store, run: run).write { piece in
      text += piece
      pieces += 1
    }
    return (try JSONDecoder().decode(Trace.self, from: Data(text.utf8)), pieces)
  }

  private func span(_ rank: Int, _ stream: String, _ start: Int64, _ end: Int64) -> Span {
    Span(
      rank: rank, stream: stream, label: "F1@2 \"x\"", phase: .forwardAlone, stage: 2,
      microbatch: 1, start: SimTime(picoseconds: start), end: SimTime(picoseconds: end))
  }

  @Test(
    "ranks are processes, streams are threads, and times are microseconds, exact to the picosecond")
  func events() throws {
    let (trace, _) = try trace(
      [span(0, "cells", 1_234_567, 2_000_000), span(1, "compute", 0, 1)],
      [MemoryPoint(rank: 1, time: SimTime(picoseconds: 5_000_000), bytes: Bytes(3 << 30))])

    let bars = trace.traceEvents.filter { $0.ph == "X" }
    #expect(bars.map(\.pid) == [1, 2])
    #expect(bars.map(\.ts) == [1.234567, 0])
    #expect(bars.map(\.dur) == [0.765433, 0.000001])
    #expect(bars[0].name == "F1@2 \"x\"" && bars[0].args.microbatch == 1 && bars[0].args.stage == 2)
    let names = trace.traceEvents.filter { $0.ph == "M" && $0.args.name != nil }
    #expect(names.compactMap(\.args.name) == ["rank 0", "cells", "rank 1", "compute"])
    #expect(names.last?.pid == bars[1].pid && names.last?.tid == bars[1].tid)
    let counter = try #require(trace.traceEvents.last)
    #expect(counter.ph == "C" && counter.pid == 2 && counter.ts == 5 && counter.args.GiB == 3)
  }

  @Test("every stream of a rank is a thread of its own, and bars of a thread do not cross")
  func threads() throws {
    let streams = ["cells", "gather", "reduction", "to_host", "host", "from_host", "launch", "new"]
    // Bars of different streams cross; each stream runs one bar after another.
    let spans = [0, 1].flatMap { rank in
      streams.indices.flatMap { place in
        (0..<3).map { turn -> Span in
          let start = Int64(100 * turn + 7 * place)
          return span(rank, streams[rank == 0 ? place : 7 - place], start, start + 80)
        }
      }
    }

    let (trace, _) = try trace(spans, [])

    for process in [1, 2] {
      let events = trace.traceEvents.filter { $0.pid == process }
      let names = events.filter { $0.name == "thread_name" }
      #expect(Set(names.compactMap(\.args.name)) == Set(streams))
      #expect(names.count == streams.count && Set(names.map(\.tid)).count == streams.count)
      let threads = Dictionary(grouping: events.filter { $0.ph == "X" }, by: \.tid)
      #expect(threads.count == streams.count)
      for bars in threads.values {
        let ends = bars.map { ($0.ts ?? .nan) + ($0.dur ?? .nan) }
        #expect(zip(ends, bars.dropFirst()).allSatisfy { $0 <= ($1.ts ?? .nan) })
      }
    }
    // One stream has one number in all ranks.
    let numbers = Dictionary(
      grouping: trace.traceEvents.filter { $0.name == "thread_name" }, by: \.args.name)
    #expect(numbers.values.allSatisfy { Set($0.map(\.tid)).count == 1 })
  }

  @Test("a large timeline is written completely, in pieces")
  func pieces() throws {
    let spans = (0..<3_000).map { span(0, "compute", Int64($0) * 10, Int64($0) * 10 + 5) }

    let (trace, pieces) = try trace(spans, [])

    #expect(trace.traceEvents.count { $0.ph == "X" } == 3_000)
    #expect(pieces > 3)
  }
}
