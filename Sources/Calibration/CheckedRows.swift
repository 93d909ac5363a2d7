// Checks of rows: known GPUs, positive times, and none faster than the GPU can be.

import KernelTimes
import Text
import Units

/// The rows of a file that pass the checks.
struct CheckedRows {
  /// A row with its GPU.
  struct Row {
    var kernelClass: MeasuredClass
    var kind: KernelKind
    var device: Device
    var measured: MeasuredRows.Row
  }

  private let reading: Reading
  private let gpu: String?
  private let file: String
  private(set) var rows: [Row] = []
  private(set) var leftOut: [LeftOut]
  /// Lines of rows, by series.
  private(set) var taken: [(series: String, lines: [Int])] = []

  /// - Parameters:
  ///   - gpu: of rows that do not say theirs.
  ///   - file: its name.
  init(_ reading: Reading, gpu: String?, file: String) {
    self.reading = reading
    self.gpu = gpu
    self.file = file.split(separator: "/").last.map(String.init) ?? file
    leftOut = reading.leftOut
  }

  /// Checks each row.
  mutating func check() {
    for row in reading.rows {
      guard let name = row.gpu ?? gpu else {
        refuse(row.line, "the file does not say the GPU: give --gpu")
        continue
      }
      guard let device = GPUName.catalogue(name).flatMap({ Device.named($0) }) else {
        refuse(
          row.line,
          "\(quoted(name)) is no GPU of the catalogue; " + knownText(Device.names, insteadOf: name))
        continue
      }
      guard row.microseconds >= 1e-3, row.microseconds < 1e12 else {
        refuse(row.line, "a time of \(row.microseconds) us is not between 1e-3 and 1e12")
        continue
      }
      let columns = row.kernelClass.columns
      if let (column, value) = zip(columns, row.extents).first(where: { !Self.isExtent($1, $0) }) {
        refuse(row.line, "\(column) \(value) is no extent: expected 1 to 1e13")
        continue
      }
      let kind = KernelKind(row.kind)
      guard isPossible(row, kind, device) else { continue }
      let measured = MeasuredRows.Row(
        extents: row.extents, microseconds: row.microseconds, source: file,
        isSustained: row.isSustained)
      rows.append(
        Row(kernelClass: row.kernelClass, kind: kind, device: device, measured: measured))
      let series = MeasuredRows(row.kernelClass, kind, on: device, []).name
      if let place = taken.firstIndex(where: { $0.series == series }) {
        taken[place].lines.append(row.line)
      } else {
        taken.append((series, [row.line]))
      }
    }
  }

  /// Whether a number can be in a column; masks of attention have codes of their own.
  private static func isExtent(_ value: Double, _ column: String) -> Bool {
    (1...1e13).contains(value) || (column == "window" && (value == 0 || value == -1))
  }

  /// Whether a GPU can be so fast; doubtful rows are noted and taken.
  private mutating func isPossible(
    _ row: TakenRow, _ kind: KernelKind, _ device: Device
  ) -> Bool {
    let work = KernelWork(row.kernelClass, kind, row.extents)
    let least = work.least(on: device, kind)
    let time = "\(significantText(row.microseconds)) us"
    if row.microseconds < least.arithmetic {
      refuse(
        row.line,
        "\(time) is faster than the peak of \(device.name), \(significantText(least.arithmetic)) us"
      )
      return false
    }
    if row.microseconds < least.link {
      refuse(
        row.line,
        "\(time) is faster than NVLink of \(device.name), \(significantText(least.link)) us")
      return false
    }
    guard row.microseconds < least.memory else { return true }
    let message =
      "\(time) is faster than the memory of \(device.name), \(significantText(least.memory)) us"
    if work.memoryBytes < KernelWork.leastUncachedBytes {
      leftOut.append(LeftOut(row.line, .doubted, message + ": from the L2 cache"))
      return true
    }
    refuse(row.line, message)
    return false
  }

  private mutating func refuse(_ line: Int, _ reason: String) {
    if let place = leftOut.lastIndex(where: { $0.verdict == .refused && $0.reason == reason }) {
      leftOut[place].count += 1
    } else {
      leftOut.append(LeftOut(line, .refused, reason))
    }
  }
}
