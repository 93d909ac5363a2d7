// Cases of a slow reference with one event loop and exact numbers: schedulers, caches, hand-over,
// routers, lock-step and faults.

import Foundation
import Recording
import Testing

@testable import Service

@Suite("Cases of the slow reference")
struct GoldenCaseTests {
  static let files =
    ["fcfs", "vllm", "sglang", "pull", "push"].map { "random_\($0)" } + [
      "h01_fcfs_plain", "h02_vllm_chunked_mix", "h03_vllm_preempt_recompute",
      "h04_vllm_preempt_cached", "h05_vllm_prefix_hit", "h06_vllm_same_step_hit",
      "h07_vllm_eviction_order", "h08_vllm_mtp", "h09_vllm_mtp_prefix", "h10_vllm_priority",
      "h11_refused", "h12_vllm_head_of_line", "h13_sglang_prefill_first", "h14_sglang_retract",
      "h15_sglang_mixed", "h16_pd_pull", "h17_pd_push", "h18_router_dynamo", "h19_router_prefix",
      "h20_router_least_load", "h21_router_session", "h22_lockstep_ranks", "h23_fault_lost",
      "h24_fault_retry", "h25_fault_migrate", "h26_vllm_watch_one_token",
    ]

  @Test("every step, transfer and time of a case is met exactly", arguments: files)
  func golden(file: String) throws {
    let url = try #require(
      Bundle.module.url(forResource: file, withExtension: "json", subdirectory: "Fixtures"))
    let data = try Data(contentsOf: url)
    let json = try JSONSerialization.jsonObject(with: data)
    let expected = (json as? [Any] ?? [json]).compactMap { $0 as? [String: Any] }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let isList = json is [Any]
    let cases =
      isList
      ? try decoder.decode([ServiceCase].self, from: data)
      : [try decoder.decode(ServiceCase.self, from: data)]

    for (each, values) in zip(cases, expected) {
      #expect(each.problem == nil)
      let result = each.evaluate()

      let wanted = try #require(values["expected"] as? [String: Any])
      for key in ["steps", "transfers", "requests", "end", "counts"] {
        compare(result[key], wanted[key], "\(each.name).\(key)")
      }
    }
  }

  /// Compares lists item by item, so that the first difference is seen.
  private func compare(_ value: RecordValue, _ expected: Any?, _ path: String) {
    if case .array(let items) = value, let list = expected as? [Any] {
      for (index, pair) in zip(items, list).enumerated() {
        guard text(pair.0) != text(pair.1) else { continue }
        Issue.record("\(path)[\(index)]: \(text(pair.0)), expected \(text(pair.1))")
        return
      }
      #expect(items.count == list.count, "\(path)")
    } else {
      #expect(text(value) == text(expected ?? NSNull()), "\(path)")
    }
  }

  private func text(_ value: RecordValue) -> String {
    let data = Data(value.compact.utf8)
    guard let json = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
    else { return value.compact }
    return text(json)
  }

  private func text(_ json: Any) -> String {
    let data = try? JSONSerialization.data(
      withJSONObject: json, options: [.sortedKeys, .fragmentsAllowed])
    return data.map { String(decoding: $0, as: UTF8.self) } ?? "?"
  }
}
