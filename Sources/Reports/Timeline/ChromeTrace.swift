// The timeline in Chrome's trace format, which the Perfetto UI opens: one process per rank, one
// thread per stream, and a counter for memory. The trace is streamed, so memory does not limit its
// size. Format: "Trace Event Format", Google, times in microseconds.

import Recording
import ResultsStore
import Units

/// A writer for traces in Chrome's format.
package struct ChromeTrace {
  private let store: ResultsStore
  private let run: RunID

  /// - Parameters:
  ///   - store: the results file that holds the run.
  ///   - run: a run with a stored timeline.
  package init(_ store: ResultsStore, run: RunID) {
    self.store = store
    self.run = run
  }

  /// Writes the trace in chunks of a few tens of kilobytes.
  ///
  /// - Throws: `StoreProblem` for a problem with the results file, and any error thrown by `write`.
  package func write(to write: (String) throws -> Void) throws {
    var buffer = "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n"
    buffer += "{\"ph\": \"M\", \"name\": \"trace_format\", \"pid\": 0, \"args\": {}}"
    func add(_ members: [(name: String, value: JSONValue)]) throws {
      buffer += ",\n" + JSONValue.object(members).compact
      if buffer.utf8.count > 1 << 16 {
        try write(buffer)
        buffer = ""
      }
    }
    var threads = Self.threads
    var named: [Set<Int>] = []
    let cursor = try store.spanCursor(of: run)
    while let span = try cursor.next() {
      let thread = threads.firstIndex(of: span.stream) ?? threads.count
      if thread == threads.count { threads.append(span.stream) }
      while named.count <= span.rank {
        try add(Self.name("process_name", "rank \(named.count)", process: named.count, 0))
        named.append([])
      }
      if named[span.rank].insert(thread).inserted {
        try add(Self.name("thread_name", span.stream, process: span.rank, thread))
      }
      try add(Self.event(span, thread: thread))
    }
    for point in try store.memoryPoints(of: run) { try add(Self.counter(point)) }
    try write(buffer + "\n]}\n")
  }

  /// The streams in display order; others follow by appearance.
  private static let threads = [
    "cells", "idle", "compute", "communication", "send_down", "send_up", "tensor", "context",
    "gather", "reduction", "to_host", "host", "from_host", "launch",
  ]

  private static func name(
    _ kind: String, _ text: String, process rank: Int, _ thread: Int
  ) -> [(name: String, value: JSONValue)] {
    [
      ("ph", .text("M")), ("name", .text(kind)), ("pid", .integer(Int64(rank + 1))),
      ("tid", .integer(Int64(thread + 1))), ("args", .object([("name", .text(text))])),
    ]
  }

  private static func event(
    _ span: Span, thread: Int
  ) -> [(name: String, value: JSONValue)] {
    var arguments: [(name: String, value: JSONValue)] = []
    if span.microbatch >= 0 { arguments.append(("microbatch", .integer(Int64(span.microbatch)))) }
    if span.stage >= 0 { arguments.append(("stage", .integer(Int64(span.stage)))) }
    return [
      ("ph", .text("X")), ("name", .text(span.label)), ("cat", .text(span.phase.rawValue)),
      ("pid", .integer(Int64(span.rank + 1))), ("tid", .integer(Int64(thread + 1))),
      ("ts", microseconds(span.start)),
      ("dur", .real(Double(span.end.picoseconds - span.start.picoseconds) / 1e6)),
      ("args", .object(arguments)),
    ]
  }

  private static func counter(_ point: MemoryPoint) -> [(name: String, value: JSONValue)] {
    [
      ("ph", .text("C")), ("name", .text("memory in use")),
      ("pid", .integer(Int64(point.rank + 1))), ("ts", microseconds(point.time)),
      ("args", .object([("GiB", .real(point.bytes.value / 1_073_741_824))])),
    ]
  }

  /// Returns microseconds. In steps of hours, a double still resolves picoseconds, the sixth
  /// decimal.
  private static func microseconds(_ time: SimTime) -> JSONValue {
    .real(Double(time.picoseconds) / 1e6)
  }
}
