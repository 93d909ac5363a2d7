// A calibration as a record: what was taken from which line, what was left out, and each series
// before and after.

import KernelTimes
import Numerics
import Recording

extension Calibration {
  /// The record.
  package var study: Study {
    Study(
      .calibration,
      [
        "files": RecordValue.array(
          files.map { file in
            [
              "file": file.name, "format": file.format.rawValue,
              "rows": file.taken.reduce(0) { $0 + $1.lines.count },
              "taken": RecordValue.array(
                file.taken.map { series, lines in
                  [
                    "file": file.name, "series": series, "rows": lines.count,
                    "lines": Self.text(lines),
                  ]
                }),
              "left_out": RecordValue.array(
                file.leftOut.map { entry in
                  [
                    "place": "\(file.name):\(entry.line)", "rows": entry.count,
                    "verdict": entry.verdict.rawValue, "reason": entry.reason,
                  ]
                }),
            ]
          }),
        "series": RecordValue.array(members.map(\.record)),
        "clocks": RecordValue.array(
          measurements.clocks.map { clock in
            ["gpu": clock.gpu, "offset": clock.offset, "deviation": clock.deviation]
          }),
      ])
  }

  /// Lines as ranges: `3-9, 12`.
  private static func text(_ lines: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for line in lines.sorted() {
      if let last = ranges.last, line <= last.upperBound + 1 {
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, line)
      } else {
        ranges.append(line...line)
      }
    }
    let shown = ranges.prefix(6).map { range in
      range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }
    return shown.joined(separator: ", ") + (ranges.count > shown.count ? ", ..." : "")
  }
}

extension Calibration.Member {
  /// The series as a row.
  fileprivate var record: RecordValue {
    let (spreads, shrinkage) = (series.spreads, series.shrinkage)
    let prior =
      switch series.prior {
      case .measured, .newShape: "own rows"
      case .borrowed(let rung): "borrowed, rung \(rung)"
      }
    return [
      "class": series.measured.kernelClass.rawValue, "gpu": series.measured.device.name,
      "kind": series.measured.kind.name, "rows": rowCount,
      "shapes": series.measured.rows.count, "prior": prior,
      "mean_offset": shrinkage.mean, "factor": exponential(shrinkage.mean),
      "offset_deviation": shrinkage.deviation, "outliers": shrinkage.outliers,
      "spread_before": spreads.before,
      "spread_after": refusal == nil ? spreads.after : spreads.before,
      "half_width_90_before": halfWidths.before,
      "half_width_90_after": refusal == nil ? halfWidths.after : halfWidths.before,
      "tail_scale": series.tail.map { RecordValue.real($0.scale) } ?? .null,
      "tail_degrees": series.tail.map { RecordValue.real($0.degrees) } ?? .null,
      "used": refusal == nil, "refused_because": refusal.map { RecordValue.text($0) } ?? .null,
    ]
  }
}
