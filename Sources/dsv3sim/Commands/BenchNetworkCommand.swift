// `dsv3sim bench network`: the flow network's speed, and the exchange model beside published rows.

import ArgumentParser
import Benchmarking
import Experiments
import Foundation
import Recording
import Reports

struct BenchNetworkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "network",
    abstract: "Flows per second; dispatch and combine beside the published rows.")

  @Option(help: "table or json.")
  var format = ListFormat.table

  @Option(
    help:
      "Cases to measure, separated by commas: \(BenchNetworkCommand.allCases), or none.",
    transform: { try BenchNetworkCommand.cases($0) })
  var cases = NetworkWorkload.names

  @Option(help: "Write the flows and our times of each case into this folder, for other engines.")
  var export: String?

  private static let allCases = NetworkWorkload.names.joined(separator: ", ")

  static func cases(_ text: String) throws -> [String] {
    if text == "none" { return [] }
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
      guard NetworkWorkload.names.contains(String(name)) else {
        throw ValidationError("\"\(name)\" is no case; expected: \(allCases), or none")
      }
      return String(name)
    }
  }

  mutating func run() throws {
    var settings = NetworkBenchmark.Settings()
    settings.workloads = cases
    let report = NetworkReport(
      sharing: NetworkBenchmark.sharing(settings), exchanges: NetworkBenchmark.exchanges(),
      published: NetworkBenchmark.published())
    if let export {
      for workload in NetworkWorkload.all {
        try OutputFile("\(export)/\(workload.name).flows").write(workload.exported())
      }
      try OutputFile("\(export)/dsv3sim.txt").write(report.sharingLines())
    }
    let sources = RecordValue.sources(report.published.map(\.fact))
    try emit(
      format == .json
        ? report.json(sources: sources.description)
        : report.table() + "\n" + StudyText.sources(sources))
  }
}
