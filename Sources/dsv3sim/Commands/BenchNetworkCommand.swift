// `dsv3sim bench network`: the flow network's speed, and the exchange model beside published rows.

import ArgumentParser
import Benchmarking
import Experiments
import Foundation
import Recording
import Reports
import Text

struct BenchNetworkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "network",
    abstract: "Flows per second; dispatch and combine beside the published rows.")

  @Option(help: "table or json.")
  var format = ListFormat.table

  @Option(help: "Cases to measure, separated by commas: \(NetworkWorkload.list), or none.")
  var cases = CommaSeparated(NetworkWorkload.names)

  @Option(help: "Write the flows and our times of each case into this folder, for other engines.")
  var export: String?

  /// The cases as written; none where the word stands alone.
  private var names: [String] { cases.values == ["none"] ? [] : cases.values }

  func validate() throws {
    for name in names where !NetworkWorkload.names.contains(name) {
      throw CommandProblem.usage(
        "--cases: \(quoted(name)) is not a case",
        advice: knownText(NetworkWorkload.names, insteadOf: name))
    }
  }

  mutating func run() throws {
    var settings = NetworkBenchmark.Settings()
    settings.workloads = names
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

extension NetworkWorkload {
  fileprivate static let list = names.joined(separator: ", ")
}
