import Benchmarking
import Cluster
import Foundation
import Testing
import Units

@Suite("The report of the network benchmark")
struct NetworkReportTests {
  static let settings: NetworkBenchmark.Settings = {
    var settings = NetworkBenchmark.Settings()
    settings.runs = 1
    settings.minimumRunSeconds = 0.001
    settings.workloads = ["rails-equal"]
    settings.gateTokens = 500
    return settings
  }()

  static let report = NetworkReport(
    sharing: NetworkBenchmark.sharing(settings), exchanges: NetworkBenchmark.exchanges(settings),
    published: NetworkBenchmark.published())

  @Test("the workloads have the stated numbers of flows, on existing links")
  func workloads() {
    let workloads = NetworkWorkload.all

    #expect(workloads.map(\.name) == NetworkWorkload.names)
    #expect(workloads.map(\.flows.count) == [16384, 16384, 16384, 4032])
    for workload in workloads {
      let links = Set(workload.flows.flatMap(\.path))
      #expect(workload.flows.allSatisfy { $0.path.count <= workload.longestPath && $0.bytes > 0 })
      #expect(links.allSatisfy { workload.capacities.indices.contains(Int($0)) })
      let pairs = Set(workload.flows.map { [$0.source, $0.target] })
      #expect(pairs.count == workload.flows.count, "SimGrid has one route per pair")
    }
  }

  @Test("eight equal flows per NIC take eight times as long as one and end together")
  func equalFlows() throws {
    let figure = try #require(Self.report.sharing.first)

    #expect(figure.workload == "rails-equal")
    // Eight flows of 32 MB leave each NIC of 50 GB/s.
    #expect(abs(figure.makespanSeconds - 8 * 32e6 / 50e9) < 1e-12)
    #expect(figure.settlements == 2)
    #expect(figure.flowsPerSecond > 0 && figure.flowsPerSecond.isFinite)
  }

  @Test("an exported workload can be read back")
  func export() throws {
    let workload = try #require(NetworkWorkload.all.first { $0.name == "rails-equal" })

    let lines = workload.exported().split(separator: "\n")

    #expect(lines[0] == "\(workload.capacities.count) 2048 \(workload.flows.count)")
    #expect(lines.count == 1 + workload.capacities.count + workload.flows.count)
    let last = lines[lines.count - 1].split(separator: " ")
    let flow = try #require(workload.flows.last)
    #expect(last.prefix(2).compactMap { Int($0) } == [flow.source, flow.target])
    #expect(Double(last[2]) == flow.bytes)
    #expect(abs((Double(last[3]) ?? 0) - 8 * 32e6 / 50e9) < 1e-12)
    #expect(last.dropFirst(5).compactMap { Int32($0) } == flow.path)
  }

  @Test("every size, mode and direction has a wire rate below the logical rate and the link rate")
  func exchanges() {
    let figures = Self.report.exchanges

    #expect(figures.count == 3 * 6 * 2)
    for figure in figures {
      #expect(figure.wireBytesPerSecond < figure.logicalBytesPerSecond)
      #expect(figure.wireBytesPerSecond < (figure.gpuCount == 8 ? 200e9 : 50e9))
    }
  }

  @Test("the JSON has every figure and marks the measurements that are used")
  func json() throws {
    let parsed = try JSONSerialization.jsonObject(with: Data(Self.report.json(sources: "[]").utf8))
    let object = try #require(parsed as? [String: [[String: Any]]])

    #expect(object["sharing"]?.count == 1)
    #expect(object["exchanges"]?.count == Self.report.exchanges.count)
    let published = try #require(object["published"])
    #expect(published.compactMap { $0["used"] as? Bool } == Self.report.published.map(\.isUsed))
    #expect(published.count == ExchangeMeasurement.all.count)
  }

  @Test("the tables have one line per figure")
  func table() {
    let report = Self.report
    let lines = report.table().split(separator: "\n").map(String.init)

    let figures = report.sharing.count + report.exchanges.count + report.published.count
    #expect(lines.count == figures + 3 + 5)
    #expect(lines.count { $0.hasSuffix("not used") } == report.published.count { !$0.isUsed })
  }
}
