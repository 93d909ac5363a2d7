// A client of a ServeGen folder: its rate of requests and their burstiness in windows of time, and
// the shares of lengths of its prompts and outputs.
// Source: alibaba/ServeGen (arXiv 2505.09999): the CSV chunk-N-trace has rows
// t,rate,cv,pattern,arg1,arg2 with the arrivals' rate, the coefficient of variation of their gaps,
// and the better of two fitted laws; the JSON chunk-N-dataset has shares of lengths from some times
// on, as text in text.

import Text
import Units

/// One of the clients whose requests make up a load.
package struct ServeGenClient: Sendable {
  /// A window of time.
  struct Window: Hashable, Sendable {
    /// Seconds.
    var start: Double
    /// Requests per second.
    var rate: Double
    /// The law of the gaps.
    var gaps: GapLaw
  }

  /// Shares of lengths from a time on.
  struct Lengths: Sendable {
    /// Seconds.
    var start: Double
    var prompt: EmpiricalLengths
    var output: EmpiricalLengths
  }

  /// In ascending order, without gaps.
  let windows: [Window]
  /// In ascending order.
  let lengths: [Lengths]

  /// Reads the two files of a client.
  ///
  /// - Throws: `RequestTraceProblem` with the file, and the line of the rates.
  package init(
    trace: [UInt8], traceFile: String, dataset: [UInt8], datasetFile: String
  ) throws(RequestTraceProblem) {
    windows = try Self.windows(trace, traceFile)
    lengths = try Self.lengths(dataset, datasetFile)
    guard !lengths.isEmpty || windows.allSatisfy({ $0.rate == 0 }) else {
      throw RequestTraceProblem("has no lengths of requests", datasetFile)
    }
  }

  /// The rate over time.
  var profile: RateProfile {
    // The last window is as long as the one before it.
    let starts = windows.map(\.start)
    let pieces = windows.indices.map { index in
      let next = min(index, windows.count - 2) + 1
      let length = windows.count > 1 ? starts[next] - starts[next - 1] : 600
      return RateProfile.Piece(
        length: length, first: windows[index].rate, last: windows[index].rate)
    }
    return RateProfile(pieces, repeats: false)
  }

  /// The expected requests in a part of the time, seconds.
  func requests(in part: Range<Double>) -> Double {
    var start = 0.0
    return profile.pieces.reduce(0) { sum, piece in
      defer { start += piece.length }
      let overlap = min(part.upperBound, start + piece.length) - max(part.lowerBound, start)
      return sum + piece.first * max(0, overlap)
    }
  }

  /// The shares of lengths at a time: the last ones that are known before it, else the first.
  func lengths(at seconds: Double) -> Lengths? {
    lengths.last { $0.start <= seconds } ?? lengths.first
  }

  // MARK: Rates

  private static func windows(
    _ bytes: [UInt8], _ file: String
  ) throws(RequestTraceProblem) -> [Window] {
    var windows: [Window] = []
    for line in TraceLines(bytes) {
      let place = "\(file):\(line.number)"
      var scanner = ByteScanner(bytes, line.range)
      var numbers: [Double] = []
      while numbers.count < 3, let number = scanner.number() {
        numbers.append(number.double)
        guard scanner.take(",") else { break }
      }
      let word =
        scanner
        .position..<(bytes[scanner.position..<scanner.end]
        .firstIndex(of: UInt8(ascii: ",")) ?? scanner.end)
      scanner.position = min(scanner.end, word.upperBound + 1)
      let first = scanner.number()?.double ?? 0
      guard numbers.count == 3, numbers.allSatisfy({ 0 <= $0 && $0 < 1e9 }) else {
        throw RequestTraceProblem(
          "\(quoted(scanner.text(line.range))) is not a window of a client", place,
          "expected: t,rate,cv,pattern,arg1,arg2 with numbers from 0 on")
      }
      guard windows.last?.start ?? -1 < numbers[0], windows.isEmpty == (numbers[0] == 0) else {
        throw RequestTraceProblem(
          "the window at \(significantText(numbers[0], digits: 9)) s does not come after the last",
          place, "expected: windows in ascending order from 0 on")
      }
      let gaps = gaps(cv: numbers[2], isWeibull: scanner.isWord(word, "Weibull"), shape: first)
      windows.append(Window(start: numbers[0], rate: numbers[1], gaps: gaps))
    }
    guard !windows.isEmpty else { throw RequestTraceProblem("is empty", file) }
    return windows
  }

  /// The law of gaps with the fitted shape, and a mean of 1: the fitted scale is not the rate's.
  private static func gaps(cv: Double, isWeibull: Bool, shape: Double) -> GapLaw {
    if isWeibull, (0.1...100).contains(shape) { return .weibull(shape: shape) }
    guard cv > 0 else { return .poisson }
    return .gamma(shape: min(max(1 / (cv * cv), 1e-4), 1e4))
  }

  // MARK: Lengths

  private static func lengths(
    _ bytes: [UInt8], _ file: String
  ) throws(RequestTraceProblem) -> [Lengths] {
    var scanner = ByteScanner(bytes, 0..<bytes.count)
    var lengths: [Lengths] = []
    var isObject = scanner.take("{")
    while isObject, !scanner.take("}") {
      guard let name = scanner.string(), scanner.take(":"), scanner.take("{") else {
        isObject = false
        break
      }
      var key = ByteScanner(bytes, name)
      guard let start = key.number(), key.next == nil else {
        throw RequestTraceProblem(
          "\(quoted(key.text(name))) is not a time", file, "expected: seconds from 0 on")
      }
      var prompt: EmpiricalLengths?
      var output: EmpiricalLengths?
      while isObject, !scanner.take("}") {
        guard let member = scanner.string(), scanner.take(":") else {
          isObject = false
          break
        }
        if scanner.isWord(member, "input_tokens") {
          prompt = try shares(&scanner, file)
        } else if scanner.isWord(member, "output_tokens") {
          output = try shares(&scanner, file)
        } else {
          isObject = scanner.skipValue()
        }
        _ = scanner.take(",")
      }
      if let prompt, let output {
        lengths.append(Lengths(start: start.double, prompt: prompt, output: output))
      }
      _ = scanner.take(",")
    }
    guard isObject else {
      throw RequestTraceProblem(
        "is not JSON where \(scanner.position) bytes are read", file,
        "expected: {\"0\": {\"input_tokens\": \"{50: 0.5, 60: 0.5}\", \"output_tokens\": ...}}")
    }
    return lengths.enumerated().sorted {
      ($0.element.start, $0.offset) < ($1.element.start, $1.offset)
    }.map(\.element)
  }

  /// Lengths with their shares, such as the text `"{50: 0.04, 51: 0.96}"`; nil if there are none.
  private static func shares(
    _ scanner: inout ByteScanner, _ file: String
  ) throws(RequestTraceProblem) -> EmpiricalLengths? {
    var shares: [(length: Int, weight: Double)] = []
    guard let text = scanner.string() else {
      throw RequestTraceProblem("has lengths that are no text", file)
    }
    var inner = ByteScanner(scanner.bytes, text)
    guard inner.take("{") else {
      throw RequestTraceProblem("\(quoted(inner.text(text))) is not a mapping of lengths", file)
    }
    while !inner.take("}") {
      inner.skipSpaces()
      let start = inner.position
      guard let length = inner.number()?.whole, (1...TraceRows.tokenLimit).contains(length),
        inner.take(":")
      else {
        throw RequestTraceProblem(
          "\(quoted(inner.text(start..<text.upperBound))) is not a length", file,
          "expected: 1 to \(TraceRows.tokenLimit) tokens, a colon and a share")
      }
      inner.skipSpaces()
      guard let weight = inner.number()?.double, weight >= 0, weight.isFinite else {
        throw RequestTraceProblem("the share of length \(length) is not a number", file)
      }
      shares.append((length, weight))
      _ = inner.take(",")
    }
    return shares.contains { $0.weight > 0 } ? EmpiricalLengths(shares) : nil
  }
}
