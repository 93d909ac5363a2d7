// A file of a user's own rows, as `dsv3sim calibrate` writes it: rows as in Embedded, by class and
// series, each series with its offset, spread and tail.
//
// The figures of a series follow from its rows; they are read to find out that a file was changed,
// or that the program's own rows were.

import Text

/// A user's calibrated series.
package struct Measurements: Sendable {
  /// In the order of classes, then of the file.
  package var series: [CalibratedSeries]
  /// Clocks of GPUs on which several series agree.
  package var clocks: [ClockCalibration]

  /// The first line of a file.
  package static let heading = "measurements 1"
  /// The largest file that is read, in bytes.
  package static let byteLimit = 4 << 20

  /// Makes measurements.
  package init(_ series: [CalibratedSeries], _ clocks: [ClockCalibration]) {
    self.series = series
    self.clocks = clocks
  }

  /// The text of the file.
  package var text: String {
    var lines = [Self.heading]
    for kernelClass in MeasuredClass.allCases {
      let members = series.filter { $0.measured.kernelClass == kernelClass }
      guard !members.isEmpty else { continue }
      lines.append("class \(kernelClass.rawValue)")
      lines.append("columns " + (kernelClass.columns + ["microseconds"]).joined(separator: " "))
      lines += members.flatMap(\.lines)
    }
    lines += clocks.map {
      "clock \($0.gpu) offset \(decimal($0.offset)) deviation \(decimal($0.deviation))"
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension CalibratedSeries {
  /// Offset, deviation, spread and the tail, if it has one, as in a file.
  fileprivate var figures: [(name: String, value: Double)] {
    let tails = tail.map { [("scale", $0.scale), ("degrees", $0.degrees)] } ?? []
    return [
      ("offset", shrinkage.mean), ("deviation", shrinkage.deviation), ("spread", omega),
    ] + tails
  }

  /// Its lines in a file.
  fileprivate var lines: [String] {
    let place = "\(measured.device.name) \(measured.kind.name)"
    let words = figures.map { "\($0.name) \(decimal($0.value))" }
    var lines = ["calibrated \(place) " + words.joined(separator: " ")]
    var last: (source: String, isSustained: Bool)?
    for row in measured.rows {
      if last?.source != row.source || last?.isSustained != row.isSustained {
        let source = String(row.source.map { $0.isWhitespace ? "_" : $0 })
        lines.append("series \(place) \(source)" + (row.isSustained ? " sustained" : ""))
        last = (row.source, row.isSustained)
      }
      let cells = zip(measured.kernelClass.columns, row.extents).map { column, value in
        column == "window" ? windowText(value) : plain(value)
      }
      lines.append((cells + [plain(row.microseconds)]).joined(separator: " "))
    }
    return lines
  }

  private func windowText(_ value: Double) -> String {
    switch value {
    case AttentionShape.causal: "causal"
    case AttentionShape.full: "full"
    default: plain(value)
    }
  }

  private func plain(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}

/// Four digits after the point.
private func decimal(_ value: Double) -> String { "\((value * 1e4).rounded() / 1e4)" }

extension MeasuredClass {
  /// The columns of its rows besides the time.
  package var columns: [String] {
    switch self {
    case .gemm: ["m", "n", "k"]
    case .grouped: ["groups", "m", "n", "k"]
    case .expertBlock: ["rows", "experts", "hidden", "width", "ranks"]
    case .attentionForward, .attentionBackward:
      ["sequences", "heads", "kv_heads", "query_head", "value_head", "length", "window"]
    case .decode: ["sequences", "context", "bytes_per_token", "products_per_token"]
    case .norm, .cast: ["m", "k"]
    case .collective: ["bytes", "ranks"]
    case .lowLatency: ["tokens", "hidden"]
    }
  }

  /// An extent as it is written.
  ///
  /// - Returns: nil if it is no positive number of reasonable size, or a word of the column.
  package static func extent(_ word: some StringProtocol, column: String) -> Double? {
    if column == "window", word == "causal" { return AttentionShape.causal }
    if column == "window", word == "full" { return AttentionShape.full }
    guard let value = Double(word), value >= 1, value <= 1e13 else { return nil }
    return value
  }
}

/// A file of measurements that cannot be used.
package struct MeasurementsProblem: ExplainedError {
  /// The first problem, at its line.
  package let explanations: [Explanation]

  init(_ line: Int, _ message: String, _ advice: String?) {
    explanations = [Explanation(message, at: "\(line)", advice: advice)]
  }
}

extension Measurements {
  /// Reads a file.
  ///
  /// - Throws: the first problem, at its line.
  package init(reading text: String) throws(MeasurementsProblem) {
    var reader = MeasurementsReader()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      try reader.read(line.split(whereSeparator: \.isWhitespace), line: number + 1)
    }
    self = try reader.finished(lines.count)
  }
}

/// Reads a file of measurements line by line.
private struct MeasurementsReader {
  private struct Member {
    var rows: MeasuredRows
    var line: Int
    var figures: [(name: Substring, value: Double)]
  }

  private var hasHeading = false
  private var kernelClass: MeasuredClass?
  private var members: [Member] = []
  private var clocks: [ClockCalibration] = []
  /// The place of the last `series` line: source, and whether it is of a long run.
  private var header: (source: String, isSustained: Bool)?

  private static let remedy = "expected: a file that dsv3sim calibrate wrote; calibrate again"

  mutating func read(_ words: [Substring], line: Int) throws(MeasurementsProblem) {
    guard hasHeading else {
      guard words.joined(separator: " ") == Measurements.heading else {
        throw MeasurementsProblem(
          line, "is no file of measurements", "expected first: \(Measurements.heading)")
      }
      hasHeading = true
      return
    }
    guard let first = words.first else { return }
    switch first {
    case "class": try readClass(words, line)
    case "columns": try readColumns(words, line)
    case "calibrated": try readMember(words, line)
    case "series": try readHeader(words, line)
    case "clock": try readClock(words, line)
    default: try readRow(words, line)
    }
  }

  func finished(_ lastLine: Int) throws(MeasurementsProblem) -> Measurements {
    guard hasHeading else {
      throw MeasurementsProblem(
        1, "is no file of measurements", "expected first: \(Measurements.heading)")
    }
    var series: [CalibratedSeries] = []
    for member in members {
      guard !member.rows.rows.isEmpty else {
        throw MeasurementsProblem(
          member.line, "\(quoted(member.rows.name)) has no rows", Self.remedy)
      }
      let made = CalibratedSeries(member.rows)
      if let refusal = made.refusal {
        throw MeasurementsProblem(
          member.line, "\(quoted(member.rows.name)) is not to be used: \(refusal)", Self.remedy)
      }
      for (written, own) in zip(member.figures, made.figures)
      where written.name != own.name || abs(written.value - own.value) > 1e-3 {
        throw MeasurementsProblem(
          member.line,
          "\(written.name) \(quoted("\(written.value)")) does not follow from the rows, which give"
            + " \(decimal(own.value))", Self.remedy)
      }
      guard member.figures.count == made.figures.count else {
        throw MeasurementsProblem(member.line, "figures do not follow from the rows", Self.remedy)
      }
      series.append(made)
    }
    return Measurements(series, clocks)
  }

  private mutating func readClass(
    _ words: [Substring], _ line: Int
  ) throws(MeasurementsProblem) {
    let name = words.count == 2 ? String(words[1]) : ""
    guard let known = MeasuredClass(rawValue: name) else {
      throw MeasurementsProblem(
        line, "\(quoted(name)) is no class of kernels",
        knownText(MeasuredClass.allCases.map(\.rawValue), insteadOf: name))
    }
    (kernelClass, header) = (known, nil)
  }

  private func readColumns(_ words: [Substring], _ line: Int) throws(MeasurementsProblem) {
    let columns = try kernelClass(line).columns + ["microseconds"]
    guard words.dropFirst().elementsEqual(columns, by: { $0 == $1 }) else {
      throw MeasurementsProblem(
        line, "columns are not those of the class",
        "expected: columns " + columns.joined(separator: " "))
    }
  }

  private mutating func readMember(
    _ words: [Substring], _ line: Int
  ) throws(MeasurementsProblem) {
    let kernelClass = try kernelClass(line)
    guard words.count >= 9, words.count % 2 == 1 else {
      throw MeasurementsProblem(
        line, "a series needs GPU, kind and figures",
        "expected: calibrated GPU KIND offset N deviation N spread N")
    }
    let device = try device(words[1], line)
    var figures: [(name: Substring, value: Double)] = []
    for place in stride(from: 3, to: words.count, by: 2) {
      guard let value = Double(words[place + 1]), value.isFinite else {
        throw MeasurementsProblem(line, "\(quoted(String(words[place + 1]))) is no number", nil)
      }
      figures.append((words[place], value))
    }
    let rows = MeasuredRows(kernelClass, KernelKind(String(words[2])), on: device, [])
    guard !members.contains(where: { $0.rows.name == rows.name }) else {
      throw MeasurementsProblem(line, "\(quoted(rows.name)) is there twice", Self.remedy)
    }
    members.append(Member(rows: rows, line: line, figures: figures))
    header = nil
  }

  private mutating func readHeader(
    _ words: [Substring], _ line: Int
  ) throws(MeasurementsProblem) {
    let isSustained = words.count == 5 && words[4] == "sustained"
    guard words.count == 4 || isSustained, let member = members.last,
      member.rows.device.name == words[1], member.rows.kind.name == words[2]
    else {
      throw MeasurementsProblem(
        line, "a table of rows needs the GPU and kind of the series above and its source",
        "expected: series GPU KIND SOURCE, and sustained for rows of a long run")
    }
    header = (String(words[3]), isSustained)
  }

  private mutating func readClock(
    _ words: [Substring], _ line: Int
  ) throws(MeasurementsProblem) {
    guard words.count == 6, words[2] == "offset", words[4] == "deviation",
      let offset = Double(words[3]), abs(offset) < 1, let deviation = Double(words[5]),
      deviation > 0, deviation < 1
    else {
      throw MeasurementsProblem(
        line, "is no clock", "expected: clock GPU offset N deviation N, each below 1")
    }
    clocks.append(
      ClockCalibration(gpu: try device(words[1], line).name, offset: offset, deviation: deviation))
  }

  private mutating func readRow(_ words: [Substring], _ line: Int) throws(MeasurementsProblem) {
    guard let kernelClass, let header, !members.isEmpty else {
      throw MeasurementsProblem(
        line, "\(quoted(String(words[0]))) is no line of measurements",
        knownText(
          ["class", "columns", "calibrated", "series", "clock"], insteadOf: String(words[0])))
    }
    let columns = kernelClass.columns
    guard words.count == columns.count + 1 else {
      throw MeasurementsProblem(
        line, "has \(words.count) numbers",
        "expected: " + (columns + ["microseconds"]).joined(separator: " "))
    }
    var extents: [Double] = []
    for (word, column) in zip(words, columns) {
      guard let value = MeasuredClass.extent(word, column: column) else {
        throw MeasurementsProblem(
          line, "\(column) \(quoted(String(word))) is no extent", "expected: 1 to 1e13")
      }
      extents.append(value)
    }
    let word = words[columns.count]
    guard let microseconds = Double(word), microseconds >= 1e-3, microseconds < 1e12 else {
      throw MeasurementsProblem(
        line, "\(quoted(String(word))) is no time", "expected: microseconds, from 1e-3")
    }
    let last = members.count - 1
    guard members[last].rows.rows.count < MeasuredRows.rowLimit else {
      throw MeasurementsProblem(
        line, "more than \(MeasuredRows.rowLimit) rows of a series", Self.remedy)
    }
    members[last].rows.rows.append(
      MeasuredRows.Row(
        extents: extents, microseconds: microseconds, source: header.source,
        isSustained: header.isSustained))
  }

  private func kernelClass(_ line: Int) throws(MeasurementsProblem) -> MeasuredClass {
    guard let kernelClass else {
      throw MeasurementsProblem(line, "is of no class", "expected before: class NAME")
    }
    return kernelClass
  }

  private func device(_ name: Substring, _ line: Int) throws(MeasurementsProblem) -> Device {
    guard let device = Device.named(name) else {
      throw MeasurementsProblem(
        line, "\(quoted(String(name))) is no GPU of the catalogue",
        knownText(Device.names, insteadOf: String(name)))
    }
    return device
  }
}
