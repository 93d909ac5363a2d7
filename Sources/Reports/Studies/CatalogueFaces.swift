// The catalogues of hardware, models and schedules, and a schedule with given durations.

import Recording
import Text
import Units

extension StudyFace {
  /// GPUs, nodes and topologies with their sources.
  static var hardware: StudyFace {
    StudyFace(rows: "gpus") { values in
      let (gpus, nodes) = (values["gpus"].items, values["nodes"].items)
      let topologies = values["topologies"].items
      return TextTable(gpus, gpuColumns).text + "\n" + TextTable(nodes, nodeColumns).text + "\n"
        + TextTable(topologies, topologyColumns).text + "\n"
        + taken(gpus, nodes, topologies).text + "\n" + StudyText.sources(values["sources"])
    }
  }

  /// Lists the source of each figure; figures of an entry with the same source share a row.
  private static func taken(
    _ gpus: [RecordValue], _ nodes: [RecordValue], _ topologies: [RecordValue]
  ) -> TextTable {
    var table = TextTable(columns: [("entry", .left), ("figure", .left), ("taken from", .left)])
    let entries =
      gpus.map { ("GPU \($0["name"].words)", $0["sources"].members) }
      + nodes.map { ("node \($0["name"].words)", $0["sources"].members) }
    for (entry, fields) in entries {
      for (index, source) in fields.map(\.value).unique.enumerated() {
        let figures = fields.filter { $0.value == source }.map(\.name).joined(separator: ", ")
        table.addRow([index == 0 ? entry : "", figures, source.words])
      }
    }
    for kind in topologies {
      table.addRow(["topology \(kind["name"].words)", "routes, counts", kind["source"].words])
    }
    return table
  }

  private static var gpuColumns: [RowColumn] {
    [
      RowColumn("GPU", "name", .left), RowColumn("SMs", "sms"),
      RowColumn("BF16", "bf16_peak_flops_per_s", form: amounts(of: "TFLOP/s", 1e12)),
      RowColumn(
        "FP8", "fp8_peak_flops_per_s", absent: "none", form: amounts(of: "TFLOP/s", 1e12)),
      RowColumn("memory", "memory_bytes", form: memoryText),
      RowColumn("bandwidth", "memory_bandwidth_bytes_per_s", form: amounts(of: "TB/s", 1e12)),
      RowColumn("scale-up/direction", "nvlink_bytes_per_s", form: amounts(of: "GB/s", 1e9)),
      RowColumn("TDP", "tdp_w", form: amounts(of: "W")),
      RowColumn("price", "price_usd_per_gpu_hour") { "$\(significantText($0))/h" },
    ]
  }

  private static var nodeColumns: [RowColumn] {
    [
      RowColumn("node", "name", .left),
      RowColumn("GPUs") { "\($0["gpus_per_node"].text) x \($0["gpu"].words)" },
      RowColumn("NICs") { row in
        let rate = significantText((row["nic_bytes_per_s"].number ?? .nan) * 8 / 1e9)
        return "\(row["nics_per_node"].text) x \(rate) Gb/s"
      },
      RowColumn("nodes/domain", "nodes_per_domain"), RowColumn("nodes/rack", "nodes_per_rack"),
      RowColumn("scale-up latency", "nvlink_latency_s") { "\(significantText($0 * 1e6)) us" },
      RowColumn("network latency", "network_latency_s") { "\(significantText($0 * 1e6)) us" },
    ]
  }

  private static var topologyColumns: [RowColumn] {
    let millions = { (dollars: Double) in "$\(significantText(dollars / 1e6)) M" }
    return [
      RowColumn("topology", "name", .left), RowColumn("endpoints", "counts.endpoints"),
      RowColumn("switches", "counts.switches"), RowColumn("links", "counts.links"),
      RowColumn("cost", "counts.cost_usd", form: millions),
      RowColumn("per endpoint", "counts.cost_per_endpoint_usd") { "$\(significantText($0))" },
      RowColumn("at most", "largest.endpoints"), RowColumn("switches", "largest.switches"),
      RowColumn("links", "largest.links"),
      RowColumn("cost", "largest.cost_usd", form: millions),
    ]
  }

  /// Values of stacks with their sources.
  static var stacks: StudyFace {
    StudyFace(rows: "values") { values in
      TextTable(
        values["values"].items,
        [
          RowColumn("stack", "stack", .left), RowColumn("for", "for", .left),
          RowColumn("key of host", "key", .left),
          RowColumn("value", "value") { significantText($0) },
          RowColumn("unit", "unit", .left), RowColumn("source", "source", .left),
        ]
      ).text + "\n" + StudyText.sources(values["sources"])
    }
  }

  /// Errors of kernel times on rows that were left out.
  static var kernelErrors: StudyFace {
    StudyFace(rows: "classes") { values in
      let share = { (value: Double) in "\(Int((value * 100).rounded()))" }
      let percent = { (value: Double) in "\((value * 1000).rounded() / 10)" }
      return "|ln(measured / predicted)| in %, and rows inside intervals in %\n\n"
        + TextTable(
          values["classes"].items,
          [
            RowColumn("class", "class", .left), RowColumn("left out", "left_out", .left),
            RowColumn("rows", "rows"), RowColumn("series", "series"),
            RowColumn("median", "median", form: percent), RowColumn("90 %", "p90", form: percent),
            RowColumn("half-width", "half_width", form: percent),
            RowColumn("in 50", "inside_50", form: share),
            RowColumn("in 80", "inside_80", form: share),
            RowColumn("in 90", "inside_90", form: share),
            RowColumn("in 95", "inside_95", form: share),
          ]
        ).text
    }
  }

  /// Models with their sources.
  static var models: StudyFace {
    StudyFace(rows: "models", json: \.["models"].description) { values in
      let rows = values["models"].items
      let sources = rows.flatMap { $0["sources"].items }.unique
      return TextTable(
        rows,
        [
          RowColumn("model", "name", .left), RowColumn("layers", "layers"),
          RowColumn("parameters", "parameters", form: amounts(of: "B", 1e9)),
          RowColumn("active", "active_parameters", form: amounts(of: "B", 1e9)),
          RowColumn(
            "without embedding", "active_parameters_without_embedding",
            form: amounts(of: "B", 1e9)),
          RowColumn("with MTP") { row in
            let all = (row["parameters"].number ?? .nan) + (row["mtp_parameters"].number ?? .nan)
            return row["mtp_modules"].integer == 0 ? "-" : amounts(of: "B", 1e9)(all)
          },
          RowColumn("KV bytes/token", "kv_bytes_per_token"),
          RowColumn("weights") { row in
            let covers = row["weights_covered"].words == "experts" ? " experts" : ""
            return row["weight_format"].words + covers
          },
          RowColumn("source", "source", .left),
        ]
      ).text + "active: all but the experts that a token does not visit; KV cache in BF16\n"
        + (sources.isEmpty ? "" : "\n" + StudyText.sources(.array(sources)))
    }
  }

  /// Schedules, each with a drawing.
  static var schedules: StudyFace {
    StudyFace(rows: "schedules", json: \.["schedules"].description) { values in
      "Drawings: P=4, M=8, each cell of F, B and W one unit of time, no overlap gained.\n"
        + "  \(values["legend"].words)\n\n"
        + values["schedules"].items.map(schedule).joined()
    }
  }

  private static func schedule(_ row: RecordValue) -> String {
    let aliases = row["aliases"].items.map(\.words).joined(separator: ", ")
    let facts = [
      ("sizes ", "constraints"), ("memory", "memory"), ("bubble", "closed_form_bubble"),
      ("source", "source"),
    ].filter { row[$0.1] != .null }
    return row["name"].words + (aliases.isEmpty ? "" : "  (\(aliases))") + "\n"
      + facts.map { "  \($0)  \(row[$1].words)\n" }.joined()
      + row["drawing_p4_m8"].items.map { "  \($0.words)\n" }.joined() + "\n"
  }

  /// A schedule with given durations, rank by rank.
  static var schedule: StudyFace {
    StudyFace { values in
      let ranks = values["busy"].items.indices.map { rank -> RecordValue in
        [
          "rank": rank, "busy": values["busy"].items[rank], "idle": values["idle"].items[rank],
          "peak": values["peak_activations"].items[rank],
          "freed": values["peak_activations_freed_at_b"].items[rank],
        ]
      }
      let table = TextTable(
        ranks,
        [
          RowColumn("rank", "rank"), RowColumn("busy", "busy"), RowColumn("idle", "idle"),
          RowColumn("peak activations", "peak"), RowColumn("freed at B", "freed"),
        ])
      func percent(_ name: String) -> String { percentText(values[name].number ?? .nan) }
      return """
        \(values["schedule"].words), \(values["stages"].text) ranks, \
        \(values["microbatches"].text) microbatches
        makespan        \(values["makespan"].text)
        bubble          \(percent("bubble_ratio"))  mean idle / makespan
        span bubble     \(percent("span_bubble_ratio"))  longest own span, start not counted
        weight copies   \(values["weight_copies"].text)
        order           \(values["order_sha256"].words)

        \(table.text)
        """
    }
  }
}
