// A service under growing load and in growing batches, the speed of its simulation, and its inputs.

import Recording
import Text
import Units

extension StudyFace {
  /// Throughput and latencies by load and batch.
  static var servingCurves: StudyFace {
    StudyFace(rows: "points") { values in
      speed(values["speed"].items) + table(load, values["points"].items) + notes(values)
    }
  }

  private static var load: [RowColumn] {
    func milliseconds(_ title: String, _ name: String) -> RowColumn {
      RowColumn(title, name) { durationText(seconds: $0) }
    }
    func share(_ title: String, _ name: String) -> RowColumn {
      RowColumn(title, name) { significantText($0 * 100, digits: 3) + " %" }
    }
    return [
      RowColumn("unit", "unit", .left), RowColumn("requests/s", "requests_per_s"),
      RowColumn("batch", "batch_sequences"), RowColumn("output tokens/s", "output_tokens_per_s"),
      RowColumn("per node", "output_tokens_per_s_per_node"),
      milliseconds("TTFT p50", "ttft_p50_s"), milliseconds("p99", "ttft_p99_s"),
      milliseconds("TPOT p50", "tpot_p50_s"), milliseconds("p99", "tpot_p99_s"),
      share("prefill busy", "prefill_busy_ratio"), share("decode busy", "decode_busy_ratio"),
      RowColumn("queue grows", "queue_grows"),
    ]
  }

  private static func table(_ columns: [RowColumn], _ rows: [RecordValue]) -> String {
    var table = TextTable(columns: columns.map { ($0.title, $0.alignment) })
    for row in rows { table.addRow(columns.map { $0.cell(row) }) }
    return table.text
  }

  private static func speed(_ rows: [RecordValue]) -> String {
    let lines = rows.map { row in
      let memory = (row["peak_memory_bytes"].number ?? 0) / 1e6
      return
        "\(row["requests"].integer) requests in \(significantText(row["cpu_s"].number ?? 0)) s of"
        + " CPU: \(significantText(row["requests_per_cpu_s"].number ?? 0)) requests per CPU second,"
        + " at most \(significantText(memory)) MB\n"
    }
    let times = rows.compactMap { $0["cpu_s"].number }
    let counts = rows.compactMap { $0["requests"].number }
    guard let first = times.first, let last = times.last, times.count > 1 else {
      return lines.joined() + (lines.isEmpty ? "" : "\n")
    }
    return lines.joined()
      + "\(significantText((counts.last ?? 0) / (counts.first ?? 1))) times the requests take"
      + " \(significantText(last / first)) times the time\n\n"
  }

  private static func notes(_ values: RecordValue) -> String {
    let units = values["units"].items.map { unit in
      "\n\(unit["unit"].words), \(unit["attention_groups"].integer) attention groups decode:\n"
        + unit["scenario"].words
    }
    let (seconds, rounds) = (values["arrivals_s"].integer, values["requests_per_user"].integer)
    return "\n"
      + "requests/s: Poisson arrivals for \(seconds) s; throughput and latencies are those of\n"
      + "  requests that arrive in the middle half, per node those of the whole run\n"
      + "batch: users for each attention group that decodes; each sends \(rounds) requests, one"
      + " after another\nprefill busy: of prefill, or of a pool that does both\n" + units.joined()
  }
}
