// The kernels of a scenario's layers, for training steps and for inference steps.

import Recording
import Text
import Units

extension StudyFace {
  /// Kernels and exchanges of a training step.
  static var kernels: StudyFace {
    StudyFace(rows: "kernels", json: { $0.without(["shape"]).description }) { values in
      TextTable(
        values["kernels"].items,
        [
          RowColumn("layer", "layer", .left), RowColumn("pass", "pass", .left, absent: "both"),
          RowColumn("part", "part", .left), RowColumn("kernel", "kernel", .left),
          RowColumn("shape [m, n, k]", "shape", absent: ""),
          RowColumn("GFLOP", "flops", absent: "0") { significantText($0 / 1e9) },
          RowColumn("MB", "bytes", absent: "") { significantText($0 / 1e6) },
          RowColumn("SMs", "sms"), RowColumn("us", "time_s", form: microseconds),
          RowColumn("bound by", "bound_by", .left), RowColumn("source", "source", .left),
        ]
      ).text + "\n" + StudyText.sources(values["sources"])
    }
  }

  /// Kernels and exchanges of an inference step, and the bottleneck of each kind of layer.
  static var inferenceKernels: StudyFace {
    StudyFace(rows: "kernels") { values in
      let rows = values["kernels"].items
      let table = TextTable(
        rows,
        [
          RowColumn("layer", "layer", .left), RowColumn("part", "part", .left),
          RowColumn("kernel", "kernel", .left), RowColumn("shape [m, n, k]", "shape"),
          RowColumn("us", "time_s", form: microseconds), RowColumn("bound by", "bound_by", .left),
          RowColumn("source", "source", .left),
        ])
      return table.text
        + "\none microbatch of \(values["sequences"].text) sequences, the mean load of experts\n\n"
        + bounds(rows).text + "\n" + StudyText.sources(values["sources"])
    }
  }

  private static func microseconds(_ seconds: Double) -> String { significantText(seconds * 1e6) }

  /// Returns the time of each kind of layer by bottleneck.
  private static func bounds(_ rows: [RecordValue]) -> TextTable {
    let kinds = ["compute", "memory", "network"]
    var table = TextTable(columns: [("layer", .left)] + kinds.map { ("\($0), us", .right) })
    for layer in rows.map(\.["layer"].words).unique {
      let own = rows.filter { $0["layer"].words == layer }
      table.addRow(
        [layer]
          + kinds.map { kind in
            let bound = own.filter { $0["bound_by"].words == kind }
            return significantText(bound.reduce(0) { $0 + ($1["time_s"].number ?? 0) } * 1e6)
          })
    }
    return table
  }
}
