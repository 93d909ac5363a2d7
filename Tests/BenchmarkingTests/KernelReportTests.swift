import Benchmarking
import Foundation
import Testing

@Suite("The report of the event kernel's speed")
struct KernelReportTests {
  static let report: KernelReport = {
    var settings = KernelBenchmark.Settings()
    settings.holdEvents = 20_000
    settings.customers = 10_000
    settings.runs = 3
    settings.populations = [16, 100]
    return KernelReport(KernelBenchmark.figures(settings))
  }()

  @Test("each workload is measured with both queues, with equal checksums")
  func figures() {
    let figures = Self.report.figures

    #expect(figures.map(\.workload) == ["hold", "hold", "hold", "hold", "mm1", "mm1"])
    #expect(figures.map(\.population) == [16, 16, 100, 100, nil, nil])
    #expect(figures.map(\.isDefaultQueue) == [true, false, true, false, true, false])
    for pair in stride(from: 0, to: 6, by: 2) {
      #expect(figures[pair].checksum == figures[pair + 1].checksum)
    }
    #expect(figures.allSatisfy { $0.itemsPerSecond > 0 && $0.itemsPerSecond.isFinite })
  }

  @Test("the JSON has the same values as the figures")
  func json() throws {
    let objects = try jsonObjects(Self.report.json())

    #expect(objects.count == Self.report.figures.count)
    for (object, figure) in zip(objects, Self.report.figures) {
      #expect(object["workload"] as? String == figure.workload)
      #expect(object["population"] as? Int == figure.population)
      #expect(object["queue"] as? String == figure.queue)
      #expect(try holds(object, "itemsPerSecond", figure.itemsPerSecond))
      #expect(object["allocationsPerItem"] as? Double == figure.allocationsPerItem)
      let checksum = try #require(object["checksum"] as? String)
      #expect(UInt64(checksum, radix: 16) == figure.checksum)
    }
  }

  @Test("the table has one line per figure and aligned columns")
  func table() throws {
    let lines = Self.report.table().split(separator: "\n")

    #expect(lines.count == 1 + Self.report.figures.count + 1)
    let rate = try #require(lines[0].range(of: "rate"))
    let column = lines[0].distance(from: lines[0].startIndex, to: rate.lowerBound)
    for line in lines[1...Self.report.figures.count] {
      let cell = line.dropFirst(column)
      #expect(line.dropFirst(column - 1).first == " ")
      #expect(Double(cell.prefix { $0 != " " }) != nil, "\(line)")
    }
  }
}
