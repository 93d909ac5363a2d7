// The line that `sglang.bench_serving` appends to its output file. Source:
// python/sglang/bench_serving.py. Its concurrency is the sum of all latencies over the duration.

import Recording

extension ClientRequests {
  /// The client's JSON, which takes one line.
  var sglang: JSONValue {
    let latency = latencies.reduce(0, +)
    var members: [(name: String, value: JSONValue)] = [
      ("backend", .text("dsv3sim")), ("dataset_name", .text(record.provenance.scenarioName)),
      ("request_rate", arrivals.rate.map { .real($0) } ?? .text("inf")),
      ("max_concurrency", .null), ("random_input_len", .null), ("random_output_len", .null),
      ("random_range_ratio", .null), ("duration", .real(duration)),
      ("completed", .integer(Int64(finished.count))),
      ("total_input_tokens", .integer(Int64(inputTokens))),
      ("total_output_tokens", .integer(Int64(outputTokens))),
      ("total_output_tokens_retokenized", .integer(Int64(outputTokens))),
      ("request_throughput", rate(finished.count)), ("input_throughput", rate(inputTokens)),
      ("output_throughput", rate(outputTokens)),
    ]
    let statistics = [
      ("e2e_latency", ClientStatistics(latencies)), ("ttft", ClientStatistics(firstTokenTimes)),
      ("tpot", ClientStatistics(timesPerToken)), ("itl", ClientStatistics(gapsOf: self)),
    ]
    for (name, values) in statistics {
      var names: [(String, MetricStatistic)] = [
        ("mean", .mean), ("median", .p50), ("std", .deviation),
      ]
      names += name == "itl" ? [("p95", .p95), ("p99", .p99)] : [("p99", .p99)]
      members += names.map { ("\($0)_\(name)_ms", .real(values.milliseconds($1))) }
    }
    let length = drafts.map { 1 + Double($0.accepted) / Double($0.verifications) }
    members += [
      ("concurrency", .real(duration > 0 ? latency / duration : 0)),
      ("accept_length", length.map { .real($0) } ?? .null),
    ]
    return .object(members)
  }
}
