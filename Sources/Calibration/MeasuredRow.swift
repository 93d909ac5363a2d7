// What a reader finds in a file of measurements: rows, and lines that give none.

import KernelTimes

/// A row of a file.
package struct TakenRow: Hashable, Sendable {
  /// The law of its time.
  package var kernelClass: MeasuredClass
  /// Precision and implementation, as in the compiled rows.
  package var kind: String
  /// The GPU in the file's words; nil if the file does not say it.
  package var gpu: String?
  /// As the columns of the class.
  package var extents: [Double]
  /// As the file gives it, positive or not.
  package var microseconds: Double
  /// 1-based.
  package var line: Int
  /// Whether it comes from a long run and not from a burst of repetitions.
  package var isSustained = false

  /// Makes a row.
  package init(
    _ kernelClass: MeasuredClass, _ kind: String, gpu: String? = nil, _ extents: [Double],
    microseconds: Double, line: Int, isSustained: Bool = false
  ) {
    self.kernelClass = kernelClass
    self.kind = kind
    self.gpu = gpu
    self.extents = extents
    self.microseconds = microseconds
    self.line = line
    self.isSustained = isSustained
  }
}

/// A line, or several lines for the same reason, without a row.
package struct LeftOut: Hashable, Sendable {
  /// Whether a row is wrong, is of no class, or is only doubtful and was taken.
  package enum Verdict: String, Hashable, Sendable {
    case refused
    case unused
    case doubted
  }

  /// The first line, 1-based.
  package var line: Int
  /// Lines for this reason.
  package var count: Int
  package var verdict: Verdict
  /// Why, as a sentence without a full stop.
  package var reason: String

  /// Makes an entry of one line.
  package init(_ line: Int, _ verdict: Verdict, _ reason: String, count: Int = 1) {
    self.line = line
    self.count = count
    self.verdict = verdict
    self.reason = reason
  }
}

/// What a line gives.
enum LineOutcome {
  case row(TakenRow)
  case leftOut(LeftOut.Verdict, String)
}

/// The content of a file.
package struct Reading: Hashable, Sendable {
  package var rows: [TakenRow] = []
  package var leftOut: [LeftOut] = []

  /// Adds what a line gives.
  mutating func add(_ outcome: LineOutcome, line: Int) {
    switch outcome {
    case .row(let row): rows.append(row)
    case .leftOut(let verdict, let reason): leaveOut(line, verdict, reason)
    }
  }

  /// Adds a line that gives no row; consecutive lines for one reason are one entry.
  mutating func leaveOut(_ line: Int, _ verdict: LeftOut.Verdict, _ reason: String) {
    if let place = leftOut.lastIndex(where: { $0.verdict == verdict && $0.reason == reason }) {
      leftOut[place].count += 1
    } else {
      leftOut.append(LeftOut(line, verdict, reason))
    }
  }
}
