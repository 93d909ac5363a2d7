// `dsv3sim bench network`: speed of the flow network, and the exchange model compared with
// published measurements.

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
    abstract: "Measure flows per second; compare dispatch and combine with published times.")

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  @Option(
    help: ArgumentHelp(
      "Cases to measure, separated by commas: \(NetworkWorkload.list), or none.",
      valueName: "name,name"))
  var cases = CommaSeparated(NetworkWorkload.names)

  @Option(
    help: ArgumentHelp(
      "Folder for the flows and simulated times of each case, to compare with others.",
      valueName: "folder"), completion: .directory)
  var export: String?

  /// The chosen cases; empty for the single word `none`.
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
    let progress = Progress("workloads")
    let report = NetworkReport(
      sharing: NetworkBenchmark.sharing(settings) { progress.tell($0, of: $1) },
      exchanges: NetworkBenchmark.exchanges(),
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
