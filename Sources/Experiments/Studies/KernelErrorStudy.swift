// How well each class of kernels predicts rows that it has not seen, as a record.

import KernelTimes
import Recording

extension Study {
  /// Errors of rows, shapes and GPUs left out, by class and of all classes.
  package static var kernelErrors: Study {
    let classes = LeaveOneOut.all.flatMap { left -> [RecordValue] in
      let parts: [(String, ErrorSummary?)] = [
        ("a row", left.row), ("a shape", left.shape), ("a GPU", left.gpu),
      ]
      return parts.compactMap { name, errors in
        errors.map { errors -> RecordValue in
          [
            "class": left.kernelClass?.rawValue ?? "all", "left_out": name,
            "series": left.series, "rows": errors.rows,
            "median": errors.median,
            "p90": errors.ninetieth, "half_width": errors.halfWidth,
            "inside_50": errors.share(0), "inside_80": errors.share(1),
            "inside_90": errors.share(2), "inside_95": errors.share(3),
          ]
        }
      }
    }
    return Study(.kernelErrors, ["classes": classes])
  }
}

extension ErrorSummary {
  /// Share of rows inside the interval of a probability, by its place in `probabilities`.
  fileprivate func share(_ place: Int) -> Double {
    Double(inside[place]) / Double(rows)
  }
}
