// AIPerf's `profile_export_aiperf.json`. Source: aiperf at db4f639. Its inter-token latency is the
// mean of a request, of which statistics are taken; gaps between chunks are apart. Its duration
// ends with the last response to a request that succeeded.

import Recording
import Units

extension ClientRequests {
  /// The client's JSON.
  var aiperf: JSONValue {
    let start = all.map(\.arrival).min() ?? .zero
    let end = finished.compactMap(\.lastToken).max() ?? start
    let seconds = (end - start).seconds
    func perSecond(_ amount: Int, _ unit: String) -> JSONValue {
      value(seconds > 0 ? Double(amount) / seconds : 0, unit)
    }
    let milliseconds = { (values: [Double]) in values.map { $0 * 1_000 } }
    let second = finished.compactMap { request in
      request.moments.count > 1 ? (request.moments[1] - request.moments[0]).seconds : nil
    }
    let rates = timesPerToken.filter { $0 > 0 }.map { 1 / $0 }
    var members: [(name: String, value: JSONValue?)] = [
      ("time_to_first_token", statistics(milliseconds(firstTokenTimes), "ms")),
      ("time_to_second_token", statistics(milliseconds(second), "ms")),
      ("request_latency", statistics(milliseconds(latencies), "ms")),
      ("inter_token_latency", statistics(milliseconds(timesPerToken), "ms")),
      ("inter_chunk_latency", statistics(milliseconds(gaps ?? []), "ms")),
      ("output_token_throughput_per_user", statistics(rates, "tokens/sec/user")),
      ("request_throughput", perSecond(finished.count, "requests/sec")),
      ("output_token_throughput", perSecond(outputTokens, "tokens/sec")),
      ("request_count", value(Double(finished.count), "requests")),
      ("error_request_count", value(Double(failedCount), "requests")),
    ]
    if let goodCount {
      members += [
        ("good_request_count", value(Double(goodCount), "requests")),
        ("goodput", perSecond(goodCount, "requests/sec")),
      ]
    }
    members += [
      ("benchmark_duration", value(seconds, "sec")),
      (
        "input_sequence_length", statistics(finished.map { Double($0.prompt) }, "tokens")
      ),
      (
        "output_sequence_length", statistics(finished.map { Double($0.tokens) }, "tokens")
      ),
    ]
    return .object(members.compactMap { member in member.value.map { (member.name, $0) } })
  }

  private func value(_ value: Double, _ unit: String) -> JSONValue {
    .object([("unit", .text(unit)), ("avg", .real(value))])
  }

  /// The statistics of numbers; nil if there are none, since the client leaves them out.
  private func statistics(_ values: [Double], _ unit: String) -> JSONValue? {
    let numbers = Distribution(values)
    guard let mean = numbers.mean else { return nil }
    let parts: [(String, Double?)] = [
      ("avg", mean), ("min", numbers.least), ("max", numbers.greatest),
      ("p99", numbers.percentile(permille: 990)), ("p90", numbers.percentile(permille: 900)),
      ("p75", numbers.percentile(permille: 750)), ("p50", numbers.percentile(permille: 500)),
      ("std", numbers.deviation),
    ]
    return .object(
      [("unit", .text(unit))] + parts.map { ($0.0, $0.1.map { .real($0) } ?? .null) })
  }
}
