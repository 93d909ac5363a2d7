import Foundation
import Recording
import ResultsStore
import Testing
import Units

@testable import Reports

@Suite("Every report file answers its question")
struct ReportFilesTests {
  @Test("each file of the folder is compiled in, byte for byte")
  func embedded() throws {
    let folder = URL(fileURLWithPath: #filePath).appending(path: "../../../reports").standardized
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".sql") }.sorted()

    #expect(ReportCatalogue.all.map { $0.name + ".sql" } == files)
    for report in ReportCatalogue.all {
      let text = try String(
        contentsOf: folder.appending(path: report.name + ".sql"), encoding: .utf8)
      #expect(report.sql == text)
    }
  }

  @Test(
    "each has a title, a question, and a note on every column of its answer, in order",
    arguments: ReportCatalogue.all.map(\.name))
  func head(name: String) throws {
    let report = try #require(ReportCatalogue.named(name))
    let sample = try SampleStore([
      sampleRecord(), sampleInference(), sampleService(), sampleTrainingRun(),
    ])

    let answer = try sample.store.query(report.sql)

    #expect(!report.title.isEmpty && report.question.hasSuffix("?"))
    #expect(report.columns.map(\.name) == answer.columns)
    #expect(report.columns.allSatisfy { !$0.note.isEmpty })
    let kinds = report.questionKinds.joined(separator: ", ")
    #expect(report.sql.contains("\n-- for: \(kinds.isEmpty ? "all" : kinds)\n"))
    #expect(report.needs.isEmpty || report.sql.contains("\n-- needs: \(report.needs)\n"))
    #expect(ReportCatalogue.text.contains(report.question))
    #expect(!answer.rows.isEmpty)
  }

  @Test(
    "each covers the runs of its questions only",
    arguments: ReportCatalogue.all.map(\.name))
  func kinds(name: String) throws {
    let report = try #require(ReportCatalogue.named(name))
    let kinds = QuestionForm.catalogue.map(\.name)
    #expect(report.questionKinds.allSatisfy(kinds.contains))
    let sample = try SampleStore([
      sampleRecord(), sampleInference(), sampleService(), sampleTrainingRun(),
    ])

    let answer = try sample.store.query(report.sql)

    let column = try #require(answer.columns.firstIndex(of: "scenario"))
    let told = Set(answer.rows.map { $0[column] })
    let expected: [String: Set<ResultValue>] = [
      "training_step": [.text("tiny")], "inference_step": [.text("served")],
      "service": [.text("answers")], "training_run": [.text("months")],
    ]
    if !report.questionKinds.isEmpty {
      #expect(told == Set(report.questionKinds.flatMap { expected[$0] ?? [] }))
    } else {
      // A service has none of the rows that some of these reports read.
      #expect(told.isSuperset(of: [.text("tiny"), .text("served")]))
    }
  }

  @Test("no value is an end of its interval", arguments: ReportCatalogue.all.map(\.name))
  func ends(name: String) throws {
    let report = try #require(ReportCatalogue.named(name))
    let records = [sampleRecord(), sampleInference(), sampleService(), sampleTrainingRun()]
    let uncertain = records.map { record in
      var record = record
      for metric in record.metrics {
        guard let ends = metric.statistic.ends else { continue }
        for (end, factor) in [(ends.low, 0.5), (ends.high, 2)] {
          let isKnown = record.metrics.contains {
            ($0.kind, $0.scope, $0.statistic) == (metric.kind, metric.scope, end)
          }
          guard !isKnown else { continue }
          record.metrics.append(
            Metric(metric.kind, metric.value * factor, scope: metric.scope, statistic: end))
        }
      }
      return record
    }

    let answers = try [records, uncertain].map { records in
      let sample = try SampleStore(records)
      return try withExtendedLifetime(sample) { try sample.store.query(report.sql) }
    }

    // Columns of ends have them, of course.
    for (index, column) in answers[0].columns.enumerated()
    where !column.hasSuffix("_low") && !column.hasSuffix("_high") {
      #expect(answers[1].rows.map { $0[index] } == answers[0].rows.map { $0[index] }, "\(column)")
    }
  }

  @Test("where-time-went: the means of a run sum to its step time, and the shares to one")
  func times() throws {
    let report = try #require(ReportCatalogue.named("where-time-went"))
    let sample = try SampleStore()
    let answer = try sample.store.query(report.sql)

    let mean = try #require(answer.columns.firstIndex(of: "mean_s"))
    let share = try #require(answer.columns.firstIndex(of: "share"))

    // Nine terms near 0.1 and 1: rounding stays far below 1e-12.
    let seconds = answer.rows.compactMap { $0[mean].number }.reduce(0.0, +)
    let shares = answer.rows.compactMap { $0[share].number }.reduce(0.0, +)
    #expect(abs(seconds - 0.1) < 1e-12)
    #expect(abs(shares - 1) < 1e-12)
  }

  @Test("where-time-went and bubble-ratio count a member once for each GPU it represents")
  func weights() throws {
    var record = sampleRecord()
    record.rankTimes = [
      (0, 3, Phase.forwardAlone, Activity.compute, 80), (0, 3, .bubble, .schedule, 20),
      (1, 1, .forwardAlone, .compute, 60), (1, 1, .bubble, .schedule, 36),
      (1, 1, .bubble, .expertImbalance, 4),
    ].map { member, gpus, phase, activity, milliseconds in
      RankTime(
        rank: 0, member: member, gpus: gpus, phase: phase, activity: activity,
        time: SimDuration(picoseconds: milliseconds * 1_000_000_000))
    }
    let sample = try SampleStore([record])
    let times = try #require(ReportCatalogue.named("where-time-went"))
    let bubble = try #require(ReportCatalogue.named("bubble-ratio"))

    let activities = try sample.store.query(times.sql).rows.map { $0[5...].compactMap(\.number) }
    let causes = try sample.store.query(bubble.sql)

    // Three GPUs with 80 ms of computation and one with 60 have a mean of 75; likewise for 24 and 1
    // ms of bubble. Columns: mean, share of 0.1 s, least and most, the longest first; rounding in
    // sums of four stays below 1e-12.
    let expected = [
      [0.075, 0.75, 0.06, 0.08], [0.024, 0.24, 0.02, 0.036], [0.001, 0.01, 0, 0.004],
    ]
    #expect(activities.count == expected.count)
    for (found, wanted) in zip(activities.joined(), expected.joined()) {
      #expect(abs(found - wanted) < 1e-12)
    }
    for (name, wanted) in [("schedule_s", 0.024), ("expert_imbalance_s", 0.001)] {
      let column = try #require(causes.columns.firstIndex(of: name))
      #expect(abs((causes.rows[0][column].number ?? 0) - wanted) < 1e-12)
    }
  }

  @Test("inference: one row per inference step and none for training")
  func inference() throws {
    let report = try #require(ReportCatalogue.named("inference"))

    let sample = try SampleStore([sampleRecord(), sampleInference()])
    let answer = try sample.store.query(report.sql)

    #expect(answer.rows.count == 1)
    let row = try #require(answer.rows.first)
    func number(_ column: String) -> Double? {
      answer.columns.firstIndex(of: column).flatMap { row[$0].number }
    }
    #expect(number("step_time_s") == 0.04 && number("kv_room_gib") == 50)
    #expect(number("kv_gib_per_sequence") == 0.5 && number("largest_batch") == 100)
  }

  @Test("memory: the total is that of the worst rank, and kinds that no rank uses are omitted")
  func memory() throws {
    let report = try #require(ReportCatalogue.named("memory"))

    var record = sampleRecord()
    record.memory.append(MemoryUse(rank: 0, kind: .kvCache, bytes: Bytes(0)))
    let sample = try SampleStore([record])
    let answer = try sample.store.query(report.sql)

    #expect(
      answer.rows.map { $0[3] }
        == ["activations", "weights", "workspace", "total"].map {
          ResultValue.text($0)
        })
    // Rank 0: 3 GiB of weights, 3 of activations, 1 MiB of workspace; rank 2 has 1 GiB of
    // activations.
    let mebibyte = 1.0 / 1024
    #expect(
      answer.rows.last.map { Array($0[3...]) } == [
        .text("total"), .integer(0), .real(6 + mebibyte), .real(4 + mebibyte),
        .real(6 + mebibyte),
      ])
  }

  @Test("bubble-ratio: the causes sum to the bubble")
  func bubble() throws {
    let report = try #require(ReportCatalogue.named("bubble-ratio"))
    let sample = try SampleStore()
    let answer = try sample.store.query(report.sql)

    let causes = ["schedule_s", "stage_imbalance_s", "transfer_s"].compactMap { name in
      answer.columns.firstIndex(of: name).flatMap { answer.rows[0][$0].number }
    }

    // Schedule 12 ms; imbalance 8 ms plus 1 ms more on each following rank, 9 ms on average.
    #expect(causes.count == 3)
    let sum = causes.reduce(0.0, +)
    #expect(abs(sum - 0.021) < 1e-12)
  }

  @Test("expert-load: the most loaded expert and GPU relative to their means")
  func expertLoad() throws {
    let report = try #require(ReportCatalogue.named("expert-load"))
    let sample = try SampleStore()
    let answer = try sample.store.query(report.sql)

    // Experts 30, 10, 15, 5: mean 15. GPUs 40, 20: mean 30.
    let expected: [ResultValue] = [
      .integer(0), .real(15), .real(2), .real(5.0 / 15), .integer(0), .real(40.0 / 30), .integer(0),
    ]
    #expect(answer.rows.first.map { Array($0[2...]) } == expected)
  }

  @Test("network: shares of a class of ports, and the bytes they could have carried")
  func network() throws {
    let report = try #require(ReportCatalogue.named("network"))
    let sample = try SampleStore()
    let answer = try sample.store.query(report.sql)

    // 3 GB and 1 GB of 4 GB; 50 GB/s for 0.1 s carry 5 GB.
    #expect(
      answer.rows.map { Array($0[3...]) } == [
        [
          .text("nic_out"), .text("dispatch"), .real(3), .real(0.75), .real(0.6), .real(0.8),
        ],
        [.text("nic_out"), .text("pipeline"), .real(1), .real(0.25), .real(0.2), .real(0.8)],
      ])
  }

  @Test(
    "hot-links: the port nearest its limit comes first, with its member and the GPUs it represents")
  func hotLinks() throws {
    let report = try #require(ReportCatalogue.named("hot-links"))
    let sample = try SampleStore()
    let answer = try sample.store.query(report.sql)

    #expect(
      answer.rows.map { Array($0[2...]) } == [
        [
          .integer(1), .integer(1), .integer(2), .integer(114), .text("nic_out"), .null, .null,
          .real(5), .real(50), .real(1),
        ],
        [
          .integer(2), .null, .null, .integer(1), .text("listed"), .integer(0), .text("a-b"),
          .real(3), .real(50), .real(0.6),
        ],
      ])
  }
}
