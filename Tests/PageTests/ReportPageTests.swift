import Foundation
import GRDB
import Recording
import ResultsStore
import Testing
import Units

@testable import Page

@Suite("The page of a results file")
struct ReportPageTests {
  /// A folder that is removed with the test.
  private final class Folder {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "dsv3sim-page-\(UUID().uuidString)")
    init() throws {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: url) }
    var file: String { url.appending(path: "results.db").path }
  }

  private static let hostile = "</script><img src=x onerror=alert(1)>\"'&\u{1b}[31m\n=1+1"

  /// An invented step of 3 ps on two ranks, with a hostile name in every text.
  private static func record(_ name: String = "tiny") -> RunRecord {
    var result = SimulationResult(
      stepTime: SimDuration(picoseconds: 3),
      metrics: [
        Metric(.stepTime, 3e-12), Metric(.stepTime, 2e-12, statistic: .low),
        Metric(.stepTime, 5e-12, statistic: .high), Metric(.peakMemory, 1_073_741_824),
        Metric(.gpuHoursPerTrillionTokens, 100),
      ],
      rankTimes: (0..<2).flatMap { rank in
        [
          RankTime(
            rank: rank, gpus: 4, phase: .forwardAlone, activity: .compute,
            time: SimDuration(picoseconds: 2)),
          RankTime(
            rank: rank, gpus: 4, phase: .bubble, activity: .schedule,
            time: SimDuration(picoseconds: 1)),
        ]
      },
      memory: [MemoryUse(rank: 0, kind: .weights, bytes: Bytes(3 << 30))],
      assumptions: [hostile], fingerprint: "00ff")
    result.spans = spans
    result.predictionErrors = [PredictionError(draw: 0, timeRatio: 1.5)]
    return RunRecord(
      provenance: Provenance(
        scenarioName: name, scenarioText: "name: x\n", scenarioHash: "ab", seed: 1,
        programVersion: "test", question: "training_step", schedule: "dualpipe"),
      result: result)
  }

  /// Bars of two streams; the second of the first stream begins before the first ends.
  private static let spans: [Span] = [
    (0, "compute", hostile, 0, 5_000), (0, "compute", "b", 4_000, 9_000_000),
    (1, "compute", "b", 1_000, 1_000), (0, "send", "c", 2_000, 300_000_000_000),
  ].map { rank, stream, label, start, end in
    Span(
      rank: rank, stream: stream, label: label, phase: .forwardAlone, stage: 1, microbatch: 2,
      start: SimTime(picoseconds: Int64(start)), end: SimTime(picoseconds: Int64(end)))
  }

  private static func page(
    _ records: [RunRecord], choice: PageChoice = .latest
  ) throws -> (html: String, source: PageSource) {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file)
    let clock = RunClock(startedAt: Date(timeIntervalSince1970: 0), wallSeconds: 1)
    for record in records { try store.write(record, clock: clock) }
    let source = try PageSource(
      ResultsStore(path: folder.file, mode: .read), path: folder.file, choice)
    return (ReportPage([source], version: "test").html, source)
  }

  @Test("texts of a user are text everywhere")
  func escapes() throws {
    let (html, _) = try Self.page([Self.record(Self.hostile)])

    #expect(!html.contains("<img") && !html.contains("onerror=alert(1)>"))
    #expect(html.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"))
    #expect(html.contains("\\u003c/script\\u003e\\u003cimg src=x"))
    #expect(!html.contains("\u{1b}"))
    // Three scripts and the data, nothing else.
    #expect(html.components(separatedBy: "</script").count == 5)
  }

  @Test("the policy allows the scripts and the style of the page by hash, and nothing else")
  func policy() throws {
    let (html, _) = try Self.page([Self.record()])
    let policy = try #require(
      html.firstMatch(of: /Content-Security-Policy" content="([^"]+)"/)
    ).1

    #expect(policy.hasPrefix("default-src 'none';"))
    #expect(policy.components(separatedBy: "'sha256-").count == 5)
    #expect(!policy.contains("unsafe") && !policy.contains("http"))
    #expect(!html.contains("<link") && !html.contains(" src=\"") && !html.contains(" style=\""))
  }

  @Test("every query is valid in an empty file, and an empty figure is left out")
  func queries() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file)
    try store.write(
      Self.record(), clock: RunClock(startedAt: Date(timeIntervalSince1970: 0), wallSeconds: 1))
    for figure in PageFigure.all {
      let sql = figure.sql.replacingOccurrences(of: "{run}", with: "7")
        .replacingOccurrences(of: "{experiment}", with: "7")
      let rows = try store.query(sql)
      #expect(rows.rows.isEmpty || figure.scope == .file, "\(figure.id)")
      #expect(rows.columns.count >= (figure.form == .table ? 1 : 2), "\(figure.id)")
    }
    #expect(Set(PageFigure.all.map(\.id)).count == PageFigure.all.count)

    let (_, source) = try Self.page([Self.record()])
    let shown = source.figures.map(\.figure.id)
    #expect(
      shown == [
        "summary", "timeline", "time-by-rank", "time-by-phase", "memory", "draws", "assumptions",
        "runs",
      ])
  }

  @Test("figures have the rows of their queries: times add up to the step, values have ends")
  func rows() throws {
    let (_, source) = try Self.page([Self.record()])
    func rows(_ id: String) throws -> [[ResultValue]] {
      try #require(source.figures.first { $0.figure.id == id }).rows.rows
    }
    func sum(_ rows: [[ResultValue]], column: Int) -> Double {
      rows.reduce(0) { $0 + ($1[column].number ?? .nan) }
    }

    let time = try #require(try rows("summary").first)
    #expect(time[0] == .text("step_time_s"))
    #expect(time[3...5] == [.real(3e-12), .real(2e-12), .real(5e-12)])
    for rank in [Int64(0), 1] {
      let times = try rows("time-by-rank").filter { $0[0] == .integer(rank) }
      #expect(sum(times, column: 2) == 3e-12)
    }
    let parts = try rows("time-by-phase")
    #expect(sum(parts, column: 1) == 3e-12)
    #expect(abs(sum(parts, column: 4) - 100) < 1e-9)
    #expect(try rows("memory") == [[.integer(0), .text("weights"), .real(3), .integer(1)]])
  }

  @Test("GPU-hours by category add up to those of the phases, spares included, without the queue")
  func gpuHours() throws {
    var record = Self.record()
    var phase = RunPhaseUse(
      name: "plateau", schedule: "1f1b", sequenceLength: 4_096, firstBatch: 8, lastBatch: 8,
      gpus: 64)
    // More than 64 GPUs for 7 s: the spares are held too.
    (phase.seconds, phase.gpuHours) = (7, 5)
    record.run.phases = [phase]
    record.run.times = [
      RunTime(phase: "plateau", category: .queue, seconds: 14),
      RunTime(phase: "plateau", category: .productive, seconds: 6),
      RunTime(phase: "plateau", category: .lostWork, seconds: 1),
    ]
    let figures = try Self.page([record]).source.figures
    let rows = try #require(figures.first { $0.figure.id == "gpu-hours" }).rows.rows

    #expect(rows.map { $0[0] } == [.text("productive"), .text("lost_work")])
    let hours: [Double] = rows.map { $0[1].number ?? .nan }
    let total: Double = hours.reduce(0, +)
    #expect(abs(total - 5) < 1e-12)
    #expect(abs(hours[1] - 5.0 / 7) < 1e-12)
    #expect(abs((rows[0][2].number ?? .nan) - 600.0 / 7) < 1e-9)
  }

  @Test("a chosen run is shown; one that is not there is refused with those that are")
  func choices() throws {
    let records = [Self.record("first"), Self.record("second")]
    #expect(try Self.page(records).source.title == "second")
    #expect(try Self.page(records, choice: .run(1)).source.title == "first")
    #expect(throws: StoreProblem.self) { try Self.page(records, choice: .run(3)) }
    let problem = #expect(throws: StoreProblem.self) {
      try Self.page(records, choice: .experiment(1))
    }
    #expect(problem?.description.contains("experiment") == true)
  }

  @Test("an experiment of which nothing ran shows its refusals")
  func refused() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file)
    let id = try store.begin(
      ExperimentHead(kind: "compare", name: Self.hostile, hash: "h", trialCount: 1))
    try store.write(
      TrialRecord(
        index: 0, parameters: [(key: "training.schedule", value: "gpipe")],
        outcome: .refused(reason: "out of memory")), of: id, clock: nil)
    let source = try PageSource(
      ResultsStore(path: folder.file, mode: .read), path: folder.file, .latest)

    #expect(source.figures.map(\.figure.id) == ["trials"])
    #expect(source.figures[0].rows.rows[0].contains(.text("out of memory")))
    #expect(!ReportPage([source], version: "test").html.contains("<img"))
  }

  @Test("a grid shows what none beats, and each input's means; a tornado each input alone")
  func experiment() throws {
    func figures(
      _ trials: [(a: String, b: String, hours: Double, memory: Double)], _ axes: [AxisRecord]
    ) throws -> [String: [[ResultValue]]] {
      let folder = try Folder()
      let store = try ResultsStore(path: folder.file)
      let id = try store.begin(
        ExperimentHead(
          kind: "sweep", name: "grid", hash: "h", trialCount: trials.count, axes: axes))
      for (index, trial) in trials.enumerated() {
        var record = Self.record()
        record.result.metrics = [
          Metric(.gpuHoursPerTrillionTokens, trial.hours),
          Metric(.peakMemory, trial.memory * 1_073_741_824),
        ]
        try store.write(
          TrialRecord(
            index: index, parameters: [(key: "a", value: trial.a), (key: "b", value: trial.b)],
            outcome: .ran(record)), of: id, clock: nil)
      }
      let source = try PageSource(
        ResultsStore(path: folder.file, mode: .read), path: folder.file, .latest)
      return Dictionary(uniqueKeysWithValues: source.figures.map { ($0.figure.id, $0.rows.rows) })
    }
    let grid = try figures(
      [("1", "x", 10, 4), ("1", "y", 30, 3), ("2", "x", 20, 5), ("2", "y", 40, 2)],
      [AxisRecord(keys: ["a"], points: 2), AxisRecord(keys: ["b"], points: 2)])

    let points = try #require(grid["trade-steps"])
    #expect(points.map { $0[3] } == [.integer(1), .integer(1), .integer(0), .integer(1)])
    // Means of b: 15 and 35; of a: 20 and 30.
    #expect(
      grid["effects"]?.map { Array($0[0..<6]) } == [
        [.text("b"), .real(15), .real(35), .real(20), .text("x"), .text("y")],
        [.text("a"), .real(20), .real(30), .real(10), .text("1"), .text("2")],
      ])

    // Base, then each input at both ends.
    let trials = [
      ("5", "5", 10.0, 1.0), ("1", "5", 90, 1), ("9", "5", 8, 1), ("5", "1", 11, 1),
      ("5", "9", 9, 1),
    ]
    let range = { DesignRecord.Range(key: $0, low: "1", high: "9") }
    let tornado = DesignRecord(kind: .tornado, size: 1, seed: 1, ranges: [range("a"), range("b")])
    let alone = try figures(trials, [AxisRecord(keys: ["a", "b"], points: 5, design: tornado)])
    #expect(
      alone["effects"]?.map { Array($0[0..<4]) } == [
        [.text("a"), .real(8), .real(90), .real(82)], [.text("b"), .real(9), .real(11), .real(2)],
      ])
    let cube = DesignRecord(
      kind: .latinHypercube, size: 5, seed: 1, ranges: [range("a"), range("b")])
    let scattered = try figures(trials, [AxisRecord(keys: ["a", "b"], points: 5, design: cube)])
    #expect(scattered["effects"] == nil && scattered["trade-steps"] != nil)
  }

  @Test("a file of an older program lacks the figures of columns that it does not have")
  func older() throws {
    let folder = try Folder()
    try ResultsStore(path: folder.file).write(
      Self.record(), clock: RunClock(startedAt: Date(timeIntervalSince1970: 0), wallSeconds: 1))
    let queue = try DatabaseQueue(path: folder.file)
    try queue.writeWithoutTransaction {
      try $0.execute(sql: "ALTER TABLE run_clock RENAME COLUMN wall_s TO other")
    }
    try queue.close()

    let shown = try PageSource(
      ResultsStore(path: folder.file, mode: .read), path: folder.file, .latest
    ).figures.map(\.figure.id)
    #expect(shown.contains("summary") && shown.contains("memory") && !shown.contains("runs"))
  }

  @Test("two files stand beside each other with anchors of their own")
  func two() throws {
    let source = try Self.page([Self.record()]).source
    let html = ReportPage([source, source], version: "test").html

    #expect(html.contains("class=\"two\"") && html.contains("tiny beside tiny"))
    let anchors = html.matches(of: /\ id="([^"]+)"/).map { String($0.1) }
    #expect(Set(anchors).count == anchors.count && anchors.contains("s2-memory"))
  }

  @Test("bars are read back from their text as they were stored")
  func spanText() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file)
    let run = try store.write(
      Self.record(), clock: RunClock(startedAt: Date(timeIntervalSince1970: 0), wallSeconds: 1))
    let text = try SpanText(ResultsStore(path: folder.file, mode: .read), run: run)

    #expect(text.count == 4 && text.end == 300_000_000)
    #expect(text.cells == ["stage 1, microbatch 2"])
    let bars = try text.rows.map { row -> [[Int64]] in
      try decoded(row["bars"].words, count: Int(row["count"].integer))
    }
    // Nanoseconds: rank 0's compute, its sends, rank 1's compute.
    #expect(bars[0] == [[0, 5, 0], [4, 9_000, 1]])
    #expect(bars[1] == [[2, 300_000_000, 2]])
    #expect(bars[2] == [[1, 1, 1]])
  }

  /// Start, end and label of each bar.
  private func decoded(_ text: String, count: Int) throws -> [[Int64]] {
    var bytes = try #require(Data(base64Encoded: text))[...]
    func next() -> Int64 {
      var (value, shift) = (UInt64(0), UInt64(0))
      while let byte = bytes.popFirst() {
        value |= UInt64(byte & 127) << shift
        shift += 7
        if byte < 128 { break }
      }
      return Int64(bitPattern: value)
    }
    var last: Int64 = 0
    return (0..<count).map { _ in
      let gap = next()
      let start = last + (gap % 2 == 0 ? gap / 2 : -(gap + 1) / 2)
      last = start + next()
      defer { _ = next() }
      return [start, last, next()]
    }
  }
}
