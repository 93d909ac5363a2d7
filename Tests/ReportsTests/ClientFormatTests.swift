import Foundation
import Recording
import Testing

@testable import Reports

/// Values by hand from `serviceRequests`: latencies 0.6, 1.0 and 1.4 s; TTFT 0.1, 1.0 and 0.4 s;
/// TPOT 0.5 / 3 and 1.0 s; gaps 0.2, 0.3 and 1.0 s; the last request ends at 2.4 s.
@Suite("A run under the keys of benchmark clients")
struct ClientFormatTests {
  private func json(
    _ format: ClientFormat, _ record: RunRecord = sampleService(), isDetailed: Bool = false
  ) throws -> [String: Any] {
    let text = format.text(record, isDetailed: isDetailed)
    return try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func expect(_ found: Any?, _ value: Double, _ name: String) {
    // Milliseconds from picoseconds, in at most ten operations.
    let number = found as? Double ?? .nan
    #expect(abs(number - value) <= 1e-12 * abs(value), "\(name): \(number), \(value)")
  }

  private let common: [String: Double] = [
    "duration": 2.4, "completed": 3, "total_input_tokens": 60, "total_output_tokens": 7,
    "request_throughput": 3 / 2.4, "output_throughput": 7 / 2.4,
    "mean_ttft_ms": 500, "median_ttft_ms": 400, "p99_ttft_ms": 988,
    // 400, 500 and 100 ms from the mean.
    "std_ttft_ms": (420_000.0 / 3).squareRoot(),
    "mean_tpot_ms": 1_750 / 3.0, "median_tpot_ms": 1_750 / 3.0, "std_tpot_ms": 1_250 / 3.0,
    "p99_tpot_ms": 500 / 3.0 + 0.99 * 2_500 / 3, "mean_itl_ms": 500, "median_itl_ms": 300,
    "p95_itl_ms": 930, "p99_itl_ms": 986,
  ]

  @Test("vllm bench serve: its keys with its definitions")
  func vllm() throws {
    let read = try json(.vllmBench)

    for (name, value) in common { expect(read[name], value, name) }
    for (name, value) in [
      "num_prompts": 4.0, "failed": 1, "total_token_throughput": 67 / 2.4, "mean_e2el_ms": 1_000,
      "p90_e2el_ms": 1_320, "p50_ttft_ms": 400, "spec_decode_acceptance_rate": 25,
      "spec_decode_acceptance_length": 1.5, "spec_decode_num_drafts": 2,
      "spec_decode_draft_tokens": 4, "spec_decode_accepted_tokens": 1,
      // In second 1 after the first arrival: one chunk at 1.4 s, one at 1.5 s; in second 0, three.
      "max_output_tokens_per_s": 3,
      // All three touch second 0 or 1: the second and third both touch second 1.
      "max_concurrent_requests": 2, "request_rate": 3,
    ] as [String: Double] {
      expect(read[name], value, name)
    }
    #expect(read["request_goodput"] is NSNull && read["ttfts"] == nil)
    let text = ClientFormat.vllmBench.text(sampleService())
    let order = ["date", "model_id", "duration", "max_concurrent_requests", "mean_ttft_ms"]
    let places = order.map { key in text.range(of: "\"\(key)\"")?.lowerBound }
    #expect(places.compactMap(\.self).count == order.count)
    #expect(
      zip(places, places.dropFirst()).allSatisfy { ($0 ?? text.endIndex) < ($1 ?? text.startIndex) }
    )
  }

  @Test("vllm bench serve: lists of all requests in seconds, failed ones as zero")
  func vllmLists() throws {
    let read = try json(.vllmBench, isDetailed: true)

    #expect(read["input_lens"] as? [Int] == [10, 20, 999, 30])
    #expect(read["output_lens"] as? [Int] == [4, 1, 0, 2])
    #expect(read["ttfts"] as? [Double] == [0.1, 1, 0, 0.4])
    #expect(read["start_times"] as? [Double] == [0, 0.5, 0.7, 1])
    #expect((read["itls"] as? [[Double]])?.map(\.count) == [2, 0, 0, 1])
    #expect(read["errors"] as? [String] == ["", "", "too_long", ""])
  }

  @Test("vllm bench serve: goodput counts requests inside their bounds")
  func goodput() throws {
    var record = sampleService()
    for index in record.requests.indices { record.requests[index].isInside = index == 1 }

    let vllm = try json(.vllmBench, record)
    let aiperf = try json(.aiperf, record)

    expect(vllm["request_goodput"], 1 / 2.4, "request_goodput")
    expect((aiperf["goodput"] as? [String: Any])?["avg"], 1 / 2.4, "goodput")
    expect((aiperf["good_request_count"] as? [String: Any])?["avg"], 1, "good_request_count")
  }

  @Test("sglang bench_serving: one line with its keys")
  func sglang() throws {
    let read = try json(.sglang)

    for (name, value) in common { expect(read[name], value, name) }
    for (name, value) in [
      "input_throughput": 60 / 2.4, "mean_e2e_latency_ms": 1_000, "p99_e2e_latency_ms": 1_392,
      "concurrency": 3 / 2.4, "accept_length": 1.5, "total_output_tokens_retokenized": 7,
    ] as [String: Double] {
      expect(read[name], value, name)
    }
    let text = ClientFormat.sglang.text(sampleService())
    #expect(text.filter { $0 == "\n" }.count == 1 && text.hasSuffix("}\n"))
  }

  @Test("aiperf: statistics by tag, with the mean gap of a request as inter-token latency")
  func aiperf() throws {
    let read = try json(.aiperf)
    func value(_ tag: String, _ statistic: String = "avg") -> Any? {
      (read[tag] as? [String: Any])?[statistic]
    }

    for (tag, number) in [
      "time_to_first_token": 500.0, "request_latency": 1_000, "inter_token_latency": 1_750 / 3.0,
      "time_to_second_token": 600, "inter_chunk_latency": 500,
      // 3 / 0.5 s and 1 / 1 s.
      "output_token_throughput_per_user": 3.5, "request_throughput": 3 / 2.4,
      "output_token_throughput": 7 / 2.4, "request_count": 3, "error_request_count": 1,
      "benchmark_duration": 2.4, "input_sequence_length": 20, "output_sequence_length": 7 / 3.0,
    ] as [String: Double] {
      expect(value(tag), number, tag)
    }
    for (statistic, number) in [
      "min": 100.0, "max": 1_000, "p99": 988, "p90": 880, "p75": 700, "p50": 400,
    ] as [String: Double] {
      expect(value("time_to_first_token", statistic), number, statistic)
    }
    #expect(value("time_to_first_token", "unit") as? String == "ms")
    #expect(read["goodput"] == nil)
  }

  @Test(
    "without the moments of tokens, pooled gaps come from the metric, and their lists are absent")
  func withoutMoments() throws {
    var record = sampleService()
    for index in record.requests.indices { record.requests[index].moments = [] }
    record.metrics.append(Metric(.interTokenLatency, 0.25, statistic: .p99))

    let vllm = try json(.vllmBench, record, isDetailed: true)
    let aiperf = try json(.aiperf, record)

    expect(vllm["p99_itl_ms"], 250, "p99_itl_ms")
    #expect(vllm["itls"] == nil && vllm["max_output_tokens_per_s"] is NSNull)
    #expect(aiperf["inter_chunk_latency"] == nil && aiperf["time_to_second_token"] == nil)
  }

  @Test(
    "a run without requests has zeros and no division by zero", arguments: ClientFormat.allCases)
  func empty(format: ClientFormat) throws {
    var record = sampleService()
    record.requests = []

    let read = try json(format, record, isDetailed: true)

    #expect(!read.isEmpty)
    #expect(read["mean_ttft_ms"].map { $0 as? Double == 0 } ?? true)
  }
}
