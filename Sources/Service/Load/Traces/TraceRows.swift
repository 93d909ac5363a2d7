// The rows of a trace while it is read: checks that every format shares, and the arrivals.

import Text
import Units

/// Rows of a trace.
struct TraceRows {
  let bytes: [UInt8]
  let file: String
  let format: TraceFormat
  /// Requests without arrivals, and the stamps of each, ns.
  private(set) var requests: [ServiceRequest] = []
  private(set) var stamps: [Int] = []
  private(set) var problems: [Explanation] = []
  var failedRows = 0
  /// Class names and sessions in the order of appearance.
  private var classes: [String] = []
  private var classIndices: [String: Int] = [:]
  private var sessions: [String: Int] = [:]

  /// Most tokens of a prompt or an output; the number of problems after which reading ends.
  static let tokenLimit = 16_777_216
  static let problemLimit = 10

  init(_ bytes: [UInt8], file: String, format: TraceFormat) {
    self.bytes = bytes
    self.file = file
    self.format = format
  }

  /// Whether there are so many problems that the rest need not be read.
  var isHopeless: Bool { problems.count >= Self.problemLimit }

  /// Adds a request.
  ///
  /// - Parameter stamp: its time in ns.
  mutating func add(_ request: ServiceRequest, stamp: Int, line: Int) {
    if format == .csv, let last = stamps.last, stamp < last {
      refuse(
        "\"\(Self.seconds(stamp))\" is before the \(Self.seconds(last)) of the row above", line,
        "expected: arrivals in ascending order")
      return
    }
    requests.append(request)
    stamps.append(stamp)
  }

  /// Adds a problem of a line.
  mutating func refuse(_ message: String, _ line: Int, _ advice: String? = nil) {
    problems.append(Explanation(message, at: "\(file):\(line)", advice: advice))
  }

  /// A number of tokens; nil, with a problem reported, if it is not usable.
  mutating func tokens(
    _ number: ScannedNumber?, _ word: @autoclosure () -> String, _ name: String, _ line: Int
  ) -> Int? {
    if let count = number?.whole, (1...Self.tokenLimit).contains(count) { return count }
    let isNumber = number?.whole != nil || number?.exponent ?? -1 >= 0
    refuse(
      "\(name): \(quoted(word())) is \(isNumber ? "out of range" : "not a number of tokens")", line,
      "expected: 1 to \(Self.tokenLimit) tokens")
    return nil
  }

  /// The index of a class.
  mutating func trafficClass(_ name: String) -> Int {
    if let known = classIndices[name] { return known }
    classIndices[name] = classes.count
    classes.append(name)
    return classes.count - 1
  }

  /// The number of a session.
  mutating func session(_ name: String) -> Int {
    if let known = sessions[name] { return known }
    sessions[name] = sessions.count
    return sessions.count - 1
  }

  /// The part of the trace to use, with arrivals.
  func trace(_ options: TraceOptions) throws(RequestTraceProblem) -> RequestTrace {
    guard problems.isEmpty else { throw RequestTraceProblem(problems) }
    guard !requests.isEmpty else { throw RequestTraceProblem("has no requests", file) }
    let isSorted = zip(stamps, stamps.dropFirst()).allSatisfy { $0 <= $1 }
    var order = Array(stamps.indices)
    // Public traces are written by several servers; rows that cross are put in order.
    if !isSorted { order.sort { (stamps[$0], $0) < (stamps[$1], $1) } }
    // Dates count from the first one.
    let origin = format == .azure ? stamps[order[0]] : 0
    let times = spread(order.map { stamps[$0] - origin }, options.spreads ?? format.isCoarse)
    var trace = RequestTrace(format: format)
    trace.classes = classes
    trace.failedRows = failedRows
    let first = options.start * 1e9
    let last = options.duration.map { first + $0 * 1e9 } ?? .infinity
    for (index, time) in zip(order, times) where first <= time && time < last {
      if trace.requests.count == options.limit { break }
      let seconds = (time - first) / options.scale * 1e-9
      guard seconds <= GeneratedLoad.horizonSeconds else {
        throw RequestTraceProblem(
          "has a request after \(significantText(seconds / 86_400)) days", file,
          "expected: at most 100 days, for example by duration: 24 h under service.load")
      }
      var request = requests[index]
      // Whole nanoseconds stay exact.
      let picoseconds = ((time - first) / options.scale * 1000).rounded()
      request.arrival = SimTime(picoseconds: Int64(picoseconds))
      trace.requests.append(request)
    }
    guard !trace.requests.isEmpty else {
      throw RequestTraceProblem(
        "has none of its \(requests.count) requests in the part to use", file,
        "its requests arrive from \(Self.seconds(Int(times[0]))) s to"
          + " \(Self.seconds(Int(times[times.count - 1]))) s")
    }
    return trace
  }

  /// Times in ns: of k requests with equal stamps, number i arrives i / k of the smallest distance
  /// of two stamps later.
  private func spread(_ sorted: [Int], _ isWanted: Bool) -> [Double] {
    var width = Int.max
    for (a, b) in zip(sorted, sorted.dropFirst()) where a < b { width = min(width, b - a) }
    guard isWanted, width < Int.max else { return sorted.map(Double.init) }
    var times: [Double] = []
    times.reserveCapacity(sorted.count)
    var start = 0
    while start < sorted.count {
      var end = start
      while end < sorted.count, sorted[end] == sorted[start] { end += 1 }
      for index in start..<end {
        let place = Double(width) * Double(index - start) / Double(end - start)
        times.append(Double(sorted[start]) + place.rounded(.down))
      }
      start = end
    }
    return times
  }

  private static func seconds(_ nanoseconds: Int) -> String {
    significantText(Double(nanoseconds) * 1e-9, digits: 9)
  }
}
