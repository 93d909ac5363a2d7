// A user's measurements: rows of files, checked, grouped into series, and what follows from them.

import KernelTimes
import Text

/// The content of a file with its name.
package struct MeasurementFile: Sendable {
  /// The path as given.
  package var name: String
  /// The whole content.
  package var text: String

  /// Makes a file.
  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}

/// Files of measurements that give no row at all, or have no known format.
package struct CalibrationProblem: ExplainedError {
  /// Every problem, at file and line.
  package let explanations: [Explanation]
}

/// What follows from files of measurements.
package struct Calibration: Sendable {
  /// What became of a file.
  package struct File: Sendable {
    /// Its path as given.
    package var name: String
    /// As its text tells it.
    package var format: MeasurementFormat
    /// Rows that were taken, with their lines, by series.
    package var taken: [(series: String, lines: [Int])]
    package var leftOut: [LeftOut]
  }

  /// A series and whether it is used.
  package struct Member: Sendable {
    package var series: CalibratedSeries
    /// Rows before equal shapes became one.
    package var rowCount: Int
    /// Why it is not used; nil if it is.
    package var refusal: String?
    /// Median half-widths of 90 % intervals at its shapes, in ln time, without and with it.
    package var halfWidths: (before: Double, after: Double)
  }

  /// In the order given.
  package let files: [File]
  /// In the order of classes, then of first appearance.
  package let members: [Member]
  /// Those that are used.
  package let measurements: Measurements

  /// GPUs whose measurements are of use: those of the catalogue.
  package static var gpuNames: [String] { Device.names }

  /// Calibrates on files.
  ///
  /// - Parameters:
  ///   - files: name and content of each file of measurements.
  ///   - gpu: of files that do not say theirs.
  /// - Throws: a file of unknown format, or every refused row if there is no other.
  package init(_ files: [MeasurementFile], gpu: String?) throws(CalibrationProblem) {
    var (read, groups): ([File], [Group]) = ([], [])
    var problems: [Explanation] = []
    for file in files {
      guard let format = MeasurementFormat.of(file.text) else {
        problems.append(
          Explanation(
            "is of no known format", at: "\(file.name):1",
            advice: "known: " + MeasurementFormat.allCases.map(\.rawValue).joined(separator: ", ")))
        continue
      }
      var checked = CheckedRows(format.read(file.text, name: file.name), gpu: gpu, file: file.name)
      checked.check()
      read.append(
        File(
          name: file.name, format: format, taken: checked.taken,
          leftOut: checked.leftOut.sorted { $0.line < $1.line }))
      for row in checked.rows { Self.add(row, to: &groups) }
    }
    guard problems.isEmpty else { throw CalibrationProblem(explanations: problems) }
    guard !groups.isEmpty else {
      throw CalibrationProblem(explanations: Self.nothing(read))
    }
    self.files = read
    let ordered = MeasuredClass.allCases.flatMap { kernelClass in
      groups.filter { $0.rows.kernelClass == kernelClass }
    }
    var members: [Member] = []
    for group in ordered {
      let series = CalibratedSeries(group.shapes)
      members.append(
        Member(
          series: series, rowCount: group.rows.rows.count, refusal: series.refusal,
          halfWidths: Self.halfWidths(series)))
    }
    self.members = members
    let used = members.filter { $0.refusal == nil }.map(\.series)
    let gpus = used.reduce(into: [String]()) { names, series in
      if !names.contains(series.measured.device.name) { names.append(series.measured.device.name) }
    }
    measurements = Measurements(
      used,
      gpus.compactMap { name in
        ClockCalibration(used.filter { $0.measured.device.name == name })
      })
  }

  private static func nothing(_ files: [File]) -> [Explanation] {
    files.flatMap { file -> [Explanation] in
      guard !file.leftOut.isEmpty else {
        return [Explanation("has no measured row", at: "\(file.name):1")]
      }
      return file.leftOut.map { Explanation($0.reason, at: "\(file.name):\($0.line)") }
    }
  }

  /// Rows of one series.
  private struct Group {
    var rows: MeasuredRows

    /// One row a shape, at its first place: the median of equal ones.
    var shapes: MeasuredRows {
      var (order, equal): ([[Double]], [[Double]: [MeasuredRows.Row]]) = ([], [:])
      for row in rows.rows {
        if equal[row.extents] == nil { order.append(row.extents) }
        equal[row.extents, default: []].append(row)
      }
      let models = [false, true].map {
        KernelModel(rows.kernelClass, rows.kind.name, on: rows.device, sustained: $0)
      }
      func slowdown(_ row: MeasuredRows.Row) -> Double {
        models[1].microseconds(row.extents) / models[0].microseconds(row.extents)
      }
      var single = rows
      single.rows = order.compactMap { Self.merged(equal[$0] ?? [], slowdown) }
      return single
    }

    /// The median of rows of one shape. Where bursts and long runs meet, it is that of a burst: the
    /// times of long runs are brought to its clocks.
    private static func merged(
      _ equal: [MeasuredRows.Row], _ slowdown: (MeasuredRows.Row) -> Double
    ) -> MeasuredRows.Row? {
      guard var row = equal.first else { return nil }
      row.isSustained = equal.allSatisfy(\.isSustained)
      row.microseconds = median(
        equal.map { one in
          one.isSustained == row.isSustained ? one.microseconds : one.microseconds / slowdown(one)
        })
      row.source = Set(equal.map(\.source)).sorted().joined(separator: "+")
      return row
    }
  }

  private static func add(_ row: CheckedRows.Row, to groups: inout [Group]) {
    let place = groups.firstIndex {
      $0.rows.kernelClass == row.kernelClass && $0.rows.kind == row.kind
        && $0.rows.device.name == row.device.name
    }
    if let place {
      groups[place].rows.rows.append(row.measured)
    } else {
      groups.append(
        Group(rows: MeasuredRows(row.kernelClass, row.kind, on: row.device, [row.measured])))
    }
  }

  private static func halfWidths(_ series: CalibratedSeries) -> (before: Double, after: Double) {
    let rows = series.measured
    let libraries = [
      KernelLibrary.compiled, KernelLibrary(adding: [Measurements([series], [])]),
    ]
    let widths = libraries.map { library in
      let model = KernelModel(
        rows.kernelClass, rows.kind.name, on: rows.device, library: library)
      return median(
        rows.rows.map { row in
          let spread = model.spread(row.extents)
          return spread.tail.halfWidth(0.9) * spread.deviation
        })
    }
    return (widths[0], widths[1])
  }
}

/// The middle of some values; the mean of the two middle ones of an even number.
private func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  guard !sorted.isEmpty else { return 0 }
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
