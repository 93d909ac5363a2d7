// The bars of a timeline, small enough for a page: numbers of variable length in Base64.
//
// Bars of a row (a stream of a GPU) come in time order, so that a bar is the gap since the end of
// the one before, its length, and the numbers of its label and of its cell. Times are nanoseconds;
// a gap may be negative where bars overlap, so it is stored with its sign in the lowest bit.

import Foundation
import Recording
import ResultsStore

/// A timeline as text.
struct SpanText {
  private(set) var rows: [RecordValue] = []
  private(set) var labels: [String] = []
  private(set) var cells: [String] = []
  private(set) var count = 0
  /// The end of the last bar, in nanoseconds.
  private(set) var end: Int64 = 0

  /// A stream of a GPU.
  private struct Row: Hashable {
    var rank: Int
    var member: Int
    var stream: String
  }

  fileprivate struct Bars {
    var bytes: [UInt8] = []
    var last: Int64 = 0
    var count = 0
  }

  /// Reads the timeline of a run.
  ///
  /// - Throws: `StoreProblem` for a problem with the file.
  init(_ store: ResultsStore, run: RunID) throws(StoreProblem) {
    var bars: [Row: Bars] = [:]
    var labelNumbers: [String: Int] = [:]
    var cellNumbers: [String: Int] = [:]
    let cursor = try store.spanCursor(of: run)
    while let span = try cursor.next() {
      let row = Row(rank: span.rank, member: span.member, stream: span.stream)
      let label = "\(span.phase.rawValue)\u{1f}\(span.label)"
      let start = span.start.picoseconds / 1_000
      let end = max(start, span.end.picoseconds / 1_000)
      let gap = start - (bars[row]?.last ?? 0)
      bars[row, default: Bars()].append([
        UInt64(bitPattern: gap << 1 ^ gap >> 63), UInt64(end - start),
        UInt64(Self.number(of: label, in: &labelNumbers, &labels)),
        UInt64(
          Self.number(
            of: "stage \(span.stage), microbatch \(span.microbatch)", in: &cellNumbers, &cells)),
      ])
      bars[row]?.last = end
      self.end = max(self.end, end)
      count += 1
    }
    let order = bars.keys.sorted {
      ($0.rank, $0.member, $0.stream) < ($1.rank, $1.member, $1.stream)
    }
    for row in order {
      guard let bars = bars[row] else { continue }
      rows.append(
        .object([
          ("rank", .integer(Int64(row.rank))), ("member", .integer(Int64(row.member))),
          ("stream", .text(row.stream)), ("count", .integer(Int64(bars.count))),
          ("bars", .text(Data(bars.bytes).base64EncodedString())),
        ]))
    }
  }

  /// The number of a text in the order of appearance.
  private static func number(
    of text: String, in numbers: inout [String: Int], _ texts: inout [String]
  ) -> Int {
    if let known = numbers[text] { return known }
    numbers[text] = texts.count
    texts.append(text)
    return texts.count - 1
  }

  /// What the page's script reads.
  var record: RecordValue {
    .object([
      ("end_ns", .integer(end)), ("labels", .array(labels.map(RecordValue.text))),
      ("cells", .array(cells.map(RecordValue.text))), ("rows", .array(rows)),
    ])
  }
}

extension SpanText.Bars {
  /// Appends numbers, seven bits a byte, the lowest first; the highest bit says that more follow.
  fileprivate mutating func append(_ numbers: [UInt64]) {
    count += 1
    for number in numbers {
      var rest = number
      while rest >= 0x80 {
        bytes.append(UInt8(rest & 0x7f) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }
  }
}
