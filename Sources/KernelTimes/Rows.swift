// The measured rows, from the texts in Embedded: one file a class, one block a series and source.

import Facts

/// Rows of one class, GPU and kind.
package struct Series: Sendable {
  /// One measurement.
  struct Row: Sendable {
    /// As the columns of the class.
    var extents: [Double]
    var microseconds: Double
    /// The part of the GPU's multiprocessors that the kernel had.
    var share: Double
    /// The table that it is from; nil for a user's own row.
    var fact: Fact?
    /// Whether it comes from a long run, at the clocks of one, and not from a burst.
    var isSustained = false
  }

  /// The law of its times.
  package let kernelClass: MeasuredClass
  /// What was measured.
  package let kind: KernelKind
  let device: Device
  var rows: [Row]

  /// Its name in lists: `gemm h800-sxm fp8_block_net`.
  package var name: String { "\(kernelClass.rawValue) \(device.name) \(kind.name)" }

  /// The tables of its rows, in their order.
  package var facts: [Fact] {
    var seen: [Fact] = []
    for case let fact? in rows.map(\.fact) where !seen.contains(fact) { seen.append(fact) }
    return seen
  }

  /// Rows of one of its tables.
  package func count(of fact: Fact) -> Int { rows.count { $0.fact == fact } }

  /// Extents, as the columns of the class, and microseconds of each row.
  package var measured: [(extents: [Double], microseconds: Double)] {
    rows.map { ($0.extents, $0.microseconds) }
  }

  /// Whether the rows are a device's own.
  package func isMeasured(on other: Device) -> Bool { device.name == other.measuredName }

  /// The law at the multiprocessors of a row.
  func law(of row: Row) -> Law {
    var device = device
    device.share = row.share
    return Law(kernelClass: kernelClass, kind: kind, device: device)
  }
}

extension Series {
  /// Every series, ordered by class and by first appearance in its file.
  package static let all: [Series] = MeasuredClass.allCases.flatMap(read)

  private static func read(_ kernelClass: MeasuredClass) -> [Series] {
    guard let text = embeddedTexts.first(where: { $0.name == kernelClass.rawValue })?.text else {
      preconditionFailure("no rows of \(kernelClass.rawValue) are compiled in")
    }
    var series: [Series] = []
    var (place, header) = (0, Row(extents: [], microseconds: 0, share: 1, fact: .kernels.dense))
    for line in text.split(separator: "\n").dropFirst() {
      let words = line.split(separator: " ")
      guard words[0] == "series" else {
        let numbers = words.map(number)
        header.extents = Array(numbers.dropLast())
        header.microseconds = numbers[numbers.count - 1]
        series[place].rows.append(header)
        continue
      }
      guard let device = Device.named(words[1]),
        let fact = Fact.all.first(where: { $0.id == words[3] })
      else { preconditionFailure("rows of an unknown GPU or fact: \(line)") }
      header.fact = fact
      header.share = words.count > 4 ? number(words[4]) / device.multiprocessors : 1
      header.isSustained = words.last == "sustained"
      let kind = KernelKind(String(words[2]))
      if let known = series.firstIndex(where: { $0.device.name == words[1] && $0.kind == kind }) {
        place = known
      } else {
        place = series.count
        series.append(Series(kernelClass: kernelClass, kind: kind, device: device, rows: []))
      }
    }
    return series
  }

  private static func number(_ word: Substring) -> Double {
    switch word {
    case "causal": return AttentionShape.causal
    case "full": return AttentionShape.full
    default:
      guard let value = Double(word) else { preconditionFailure("\(word) is no number of a row") }
      return value
    }
  }
}
