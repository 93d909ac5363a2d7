// Traces of comma-separated values: Azure's, BurstGPT's and a simple one of this program.

import Text

extension TraceRows {
  /// The columns of a format; those after `required` may be absent.
  private var columns: (required: [String], optional: [String]) {
    switch format {
    case .azure: (["timestamp", "contexttokens", "generatedtokens"], [])
    case .burstgpt: (["timestamp", "request tokens", "response tokens"], ["session id"])
    default: (["arrival_s", "prompt_tokens", "output_tokens"], ["class", "session", "priority"])
    }
  }

  /// Reads all rows.
  ///
  /// - Parameters:
  ///   - header: the line with the names of the columns.
  ///   - lines: those after it.
  mutating func readCSV(header: (number: Int, range: Range<Int>), _ lines: TraceLines) {
    let scanner = ByteScanner(bytes, header.range)
    let names = cells(header.range).map { scanner.text($0).lowercased() }
    let (required, optional) = columns
    let places = (required + optional).map { names.firstIndex(of: $0) }
    for (name, place) in zip(required, places) where place == nil {
      refuse(
        "has no column \(quoted(name))", header.number,
        "expected: " + required.joined(separator: ",")
          + optional.map { "[,\($0)]" }.joined())
    }
    if !problems.isEmpty { return }
    for line in lines {
      if isHopeless { return }
      let cells = cells(line.range)
      guard cells.count == names.count else {
        refuse(
          "has \(cells.count) columns", line.number,
          "expected: \(names.count), as in line"
            + " \(header.number)")
        continue
      }
      let row = places.map { $0.map { cells[$0] } }
      guard let times = row[0], let stamp = stamp(times, line.number) else { continue }
      add(row, stamp: stamp, line.number)
    }
  }

  /// Adds the request of a row.
  ///
  /// - Parameter row: the cells in the order of `columns`.
  private mutating func add(_ row: [Range<Int>?], stamp: Int, _ line: Int) {
    let scanner = ByteScanner(bytes, 0..<bytes.count)
    let names = columns.required
    let numbers = row.map { $0.flatMap(number) }
    if format == .burstgpt, numbers[1]?.whole == 0 || numbers[2]?.whole == 0 {
      failedRows += 1
      return
    }
    guard let prompt = tokens(numbers[1], row[1].map(scanner.text) ?? "", names[1], line),
      let output = tokens(numbers[2], row[2].map(scanner.text) ?? "", names[2], line)
    else { return }
    var request = ServiceRequest(arrival: .zero, prompt: prompt, output: output)
    if format == .csv {
      if let name = row[3], !name.isEmpty {
        request.trafficClass = trafficClass(scanner.text(name))
      }
      if let name = row[4], !name.isEmpty { request.session = session(scanner.text(name)) }
      if let place = row[5], !place.isEmpty {
        guard let priority = numbers[5]?.whole else {
          refuse("priority: \(quoted(scanner.text(place))) is not a whole number", line)
          return
        }
        request.priority = priority
      }
    } else if format == .burstgpt, let name = row[3], !name.isEmpty {
      request.session = session(scanner.text(name))
    }
    add(request, stamp: stamp, line: line)
  }

  /// The time of a row, ns; nil, with a problem reported, if it is not one.
  private mutating func stamp(_ cell: Range<Int>, _ line: Int) -> Int? {
    let scanner = ByteScanner(bytes, cell)
    if format == .azure {
      if let stamp = CalendarTime(scanner)?.nanoseconds { return stamp }
      refuse(
        "\(quoted(scanner.text(cell))) is not a date and time", line,
        "expected: for example 2023-11-16 18:17:03.9799600")
      return nil
    }
    if let stamp = number(cell)?.integer(timesTenTo: 9), stamp >= 0 { return stamp }
    refuse(
      "\(quoted(scanner.text(cell))) is not a time", line,
      "expected: seconds, not negative, for example 12.5")
    return nil
  }

  /// The number that a cell is; nil if it is something else.
  private func number(_ cell: Range<Int>) -> ScannedNumber? {
    var scanner = ByteScanner(bytes, cell)
    let number = scanner.number()
    return scanner.next == nil ? number : nil
  }

  /// The cells of a line without spaces and quotes around them.
  private func cells(_ line: Range<Int>) -> [Range<Int>] {
    var cells: [Range<Int>] = []
    var start = line.lowerBound
    var isQuoted = false
    for position in line.lowerBound...line.upperBound {
      if position < line.upperBound {
        if bytes[position] == UInt8(ascii: "\"") { isQuoted.toggle() }
        guard bytes[position] == UInt8(ascii: ","), !isQuoted else { continue }
      }
      var (first, last) = (start, position)
      while first < last, bytes[first] == 0x20 || bytes[first] == 0x22 { first += 1 }
      while last > first, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x22 { last -= 1 }
      cells.append(first..<last)
      start = position + 1
    }
    return cells
  }
}

/// A date and a time of day such as `2023-11-16 18:17:03.9799600`; an offset from UTC after it is
/// left out, as all rows of a trace have the same.
private struct CalendarTime {
  /// Since 1 January 1970.
  let nanoseconds: Int

  init?(_ scanner: ByteScanner) {
    var scanner = scanner
    func part(_ scanner: inout ByteScanner, _ range: ClosedRange<Int>, then mark: String) -> Int? {
      var (value, digits) = (0, 0)
      while let byte = scanner.next, byte &- 0x30 < 10, digits < 4 {
        value = value * 10 + Int(byte &- 0x30)
        digits += 1
        scanner.position += 1
      }
      guard digits > 0, range.contains(value) else { return nil }
      guard !mark.isEmpty else { return value }
      guard let byte = scanner.next, mark.utf8.contains(byte) else { return nil }
      scanner.position += 1
      return value
    }
    guard let year = part(&scanner, 1970...2200, then: "-"),
      let month = part(&scanner, 1...12, then: "-"),
      let day = part(&scanner, 1...31, then: " T"),
      let hour = part(&scanner, 0...23, then: ":"),
      let minute = part(&scanner, 0...59, then: ":"),
      let second = scanner.number()?.integer(timesTenTo: 9), (0..<61_000_000_000).contains(second)
    else { return nil }
    let days = Self.days(year, month, day)
    nanoseconds = ((days * 24 + hour) * 60 + minute) * 60 * 1_000_000_000 + second
  }

  /// Days from 1 January 1970. Source: H. Hinnant, "chrono-compatible low-level date algorithms",
  /// days_from_civil.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let era = y / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
