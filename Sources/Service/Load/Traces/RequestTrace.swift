// A request trace in memory: its rows as requests, whatever their format.

import Text
import Units

/// The requests of a trace.
package struct RequestTrace: Sendable {
  /// In the order of arrival.
  package var requests: [ServiceRequest]
  /// Names of the classes that the requests refer to, in the order of appearance; empty if the
  /// trace has no classes, and all requests are of class 0.
  package var classes: [String] = []
  /// Whether a request has a priority of its own.
  package var hasPriorities: Bool { requests.contains { $0.priority != 0 } }
  /// Rows without a response, which were left out.
  package var failedRows = 0
  /// The format of the file.
  package var format: TraceFormat

  /// Reads a trace.
  ///
  /// - Parameters:
  ///   - bytes: content of the file.
  ///   - file: its name, for messages.
  ///   - options: its format, if that is not to be recognised, and the part and rate to use.
  /// - Throws: `RequestTraceProblem` with the first problems of the file: a format that is not
  ///   known, or rows that cannot be read, each with its line.
  package init(
    _ bytes: [UInt8], file: String, options: TraceOptions = TraceOptions()
  ) throws(RequestTraceProblem) {
    var lines = TraceLines(bytes)
    guard let first = lines.next() else { throw RequestTraceProblem("is empty", file) }
    let text = ByteScanner(bytes, first.range).text(first.range)
    guard let format = options.format ?? TraceFormat(ofFile: text) else {
      throw RequestTraceProblem(
        "\(quoted(text)) begins no known trace", "\(file):\(first.number)", Self.knownFormats)
    }
    var rows = TraceRows(bytes, file: file, format: format)
    switch format {
    case .mooncake, .bailian: rows.readJSON(TraceLines(bytes))
    case .azure, .burstgpt, .csv: rows.readCSV(header: first, lines)
    case .servegen:
      throw RequestTraceProblem("is a file", file, "expected: a folder of ServeGen's clients")
    }
    self = try rows.trace(options)
  }

  init(format: TraceFormat) {
    requests = []
    self.format = format
  }

  private static let knownFormats =
    "expected: JSON lines with input_length, or a CSV with the columns arrival_s, prompt_tokens and"
    + " output_tokens, or of Azure or BurstGPT"
}

/// Why a file is not a usable trace.
package struct RequestTraceProblem: ExplainedError, Hashable {
  package var explanations: [Explanation]

  init(_ explanations: [Explanation]) { self.explanations = explanations }

  init(_ message: String, _ place: String, _ advice: String? = nil) {
    explanations = [Explanation(message, at: place, advice: advice)]
  }
}

/// The lines of a file that are not blank, without their ends.
struct TraceLines: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private var position: Int
  private var number = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
  }

  /// The next line with its number, 1-based.
  mutating func next() -> (number: Int, range: Range<Int>)? {
    while position < bytes.count {
      var end = position
      while end < bytes.count, bytes[end] != 0x0a { end += 1 }
      var (start, last) = (position, end)
      position = end + 1
      number += 1
      while start < last, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
      while last > start, [0x20, 0x09, 0x0d].contains(bytes[last - 1]) { last -= 1 }
      if start < last { return (number, start..<last) }
    }
    return nil
  }
}
