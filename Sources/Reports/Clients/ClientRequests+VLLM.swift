// The result of `vllm bench serve`. Source: vllm/benchmarks/serve.py at 009e6d4. TPOT counts
// requests with two tokens or more; for goodput one token has a TPOT of 0; gaps are pooled.

import Recording
import Units

extension ClientRequests {
  /// The client's JSON.
  ///
  /// - Parameter isDetailed: whether to add the lists of `--save-detailed`, in seconds.
  func vllmBench(isDetailed: Bool) -> JSONValue {
    var members = heading + totals
    if isDetailed { members += lists }
    members += peaks
    if let drafts {
      let (count, drafted) = (Double(drafts.verifications), Double(drafts.drafted))
      members += [
        ("spec_decode_acceptance_rate", .real(Double(drafts.accepted) / drafted * 100)),
        ("spec_decode_acceptance_length", .real(1 + Double(drafts.accepted) / count)),
        ("spec_decode_num_drafts", .integer(Int64(drafts.verifications))),
        ("spec_decode_draft_tokens", .integer(Int64(drafts.drafted))),
        ("spec_decode_accepted_tokens", .integer(Int64(drafts.accepted))),
      ]
    }
    let statistics = [
      ("ttft", ClientStatistics(firstTokenTimes)), ("tpot", ClientStatistics(timesPerToken)),
      ("itl", ClientStatistics(gapsOf: self)), ("e2el", ClientStatistics(latencies)),
    ]
    for (name, values) in statistics {
      let names: [(String, MetricStatistic)] = [
        ("mean", .mean), ("median", .p50), ("std", .deviation), ("p50", .p50), ("p90", .p90),
        ("p95", .p95), ("p99", .p99),
      ]
      members += names.map { ("\($0)_\(name)_ms", .real(values.milliseconds($1))) }
    }
    return .object(members)
  }

  /// What the client was asked to do. A simulation has no date; the rate is that of the arrivals.
  private var heading: [(name: String, value: JSONValue)] {
    let (rate, shape) = arrivals
    let model = JSONValue.text(record.provenance.scenarioName)
    return [
      ("date", .null), ("backend", .text("dsv3sim")), ("label", .null), ("model_id", model),
      ("tokenizer_id", model), ("num_prompts", .integer(Int64(all.count))),
      ("request_rate", rate.map { .real($0) } ?? .text("inf")),
      ("burstiness", shape.map { .real($0) } ?? .null), ("max_concurrency", .null),
    ]
  }

  private var totals: [(name: String, value: JSONValue)] {
    [
      ("duration", .real(duration)), ("completed", .integer(Int64(finished.count))),
      ("failed", .integer(Int64(failedCount))),
      ("total_input_tokens", .integer(Int64(inputTokens))),
      ("total_output_tokens", .integer(Int64(outputTokens))),
      ("request_throughput", rate(finished.count)),
      ("request_goodput", goodCount.map { rate($0) } ?? .null),
      ("output_throughput", rate(outputTokens)),
      ("total_token_throughput", rate(inputTokens + outputTokens)),
    ]
  }

  /// A value for each request, failed ones included; gaps only if their moments were kept.
  private var lists: [(name: String, value: JSONValue)] {
    let start = all.map(\.arrival).min() ?? .zero
    let done = all.map { $0.state == .finished ? $0 : nil }
    let gaps: [(name: String, value: JSONValue)] =
      hasMoments
      ? [("itls", .array(done.map { .array(($0?.gaps ?? []).map { .real($0) }) }))] : []
    return [
      ("input_lens", .array(all.map { .integer(Int64($0.prompt)) })),
      ("output_lens", .array(done.map { .integer(Int64($0?.tokens ?? 0)) })),
      ("ttfts", .array(done.map { .real($0?.timeToFirstToken?.seconds ?? 0) })),
    ] + gaps + [
      ("start_times", .array(all.map { .real(($0.arrival - start).seconds) })),
      ("generated_texts", .array(all.map { _ in .text("") })),
      (
        "errors",
        .array(
          all.map { .text($0.state == .finished ? "" : $0.reason ?? $0.state.rawValue) })
      ),
    ]
  }

  /// Most chunks and most requests in a second, counted from the first arrival: a request is in
  /// every second that it touches, and a chunk is one token, whatever it holds.
  private var peaks: [(name: String, value: JSONValue)] {
    guard let start = finished.map(\.arrival).min(),
      let end = finished.compactMap(\.lastToken).max()
    else {
      return [("max_output_tokens_per_s", .real(0)), ("max_concurrent_requests", .integer(0))]
    }
    func second(_ time: SimTime) -> Int {
      Int((time - start).picoseconds / 1_000_000_000_000)
    }
    var changes = Array(repeating: 0, count: second(end) + 2)
    var chunks = changes
    for request in finished {
      changes[second(request.arrival)] += 1
      if let last = request.lastToken { changes[second(last) + 1] -= 1 }
      for moment in request.moments { chunks[second(moment)] += 1 }
    }
    var (running, most) = (0, 0)
    for change in changes {
      running += change
      most = max(most, running)
    }
    return [
      ("max_output_tokens_per_s", hasMoments ? .real(Double(chunks.max() ?? 0)) : .null),
      ("max_concurrent_requests", .integer(Int64(most))),
    ]
  }
}
