// What `dsv3sim run` does with the requests of a service.

import ArgumentParser
import Recording
import Reports

extension ClientFormat: ExpressibleByArgument {}

/// Options for the records of requests.
struct RequestOptions: ParsableArguments {
  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Print the results of a service under the keys of a client: vllm-bench, sglang or aiperf.",
      valueName: "client"))
  var client: ClientFormat?

  @Flag(help: "With --for vllm-bench: lists with a value for each request, in seconds.")
  var detailed = false

  @Flag(help: "Store each request of a service too, in the table `request`.")
  var requestsTable = false

  func validate() throws {
    guard !detailed || client == .vllmBench else {
      throw CommandProblem.usage("--detailed: only with --for vllm-bench")
    }
  }

  /// Whether the run has to keep its requests.
  var areKept: Bool { client != nil || requestsTable }

  /// The client's output; nil without `--for`.
  ///
  /// - Throws: `CommandProblem` if the run is not that of a service.
  func text(_ record: RunRecord) throws -> String? {
    guard let client else { return nil }
    guard record.value(.requestsArrived) != nil else {
      throw CommandProblem.usage(
        "--for \(client.rawValue): \"\(record.provenance.scenarioName)\" is not a service",
        advice: "clients measure services: leave --for out")
    }
    return client.text(record, isDetailed: detailed)
  }

  /// The record without what is not to be stored.
  func stored(_ record: RunRecord) -> RunRecord {
    guard !requestsTable else { return record }
    var record = record
    record.requests = []
    return record
  }
}
