// Scenarios of services that are refused.

import Testing

@testable import Scenarios

@Suite("Refused service scenarios")
struct ServiceRefusalTests {
  static let refused: [(settings: [String], path: String, message: String)] = [
    (["service.handover=pull"], "service.prefill.scheduler.policy", "does not hand over by pull"),
    (["service.prefill.scheduler={policy: vllm}"], "service.prefill.scheduler.policy", "push"),
    (["service.prefill.units=20"], "service.prefill.units", "need 120 hosts"),
    (["service.failures.spare_hosts=40"], "service.decode.units", "40 spare"),
    (["service.decode.expert_parallel=145"], "service.decode.expert_parallel", "145"),
    (["service.decode.redundant_experts=31"], "service.decode.redundant_experts", "31"),
    (["service.decode.experts=tp"], "service.decode.experts", "2048 columns"),
    (["service.drafts.acceptance=[0.8, 0.7, 0.6]"], "service.drafts.acceptance", "3 probabilities"),
    (["service.drafts.acceptance=[1.5]"], "service.drafts.acceptance[0]", "out of range"),
    (["model=qwen3-235b-a22b"], "service.drafts", "need an MTP module"),
    (["service.load.burstiness=0"], "service.load.burstiness", "out of range"),
    (["service.load.rate=20"], "service.load.rate", "has no unit"),
    (["service.load.arrivals=poisson"], "service.load.burstiness", "belongs to arrivals gamma"),
    (["service.load.arrivals=diurnal"], "service.load.profile", "is required by arrivals diurnal"),
    (["service.load.arrivals=closed_loop"], "service.load.users", "is required"),
    (["service.load.scale=2"], "service.load.scale", "belongs to file"),
    (["service.load.duration=100000 h"], "service.load.duration", "out of range"),
    (["service.load.rate=1 /h", "service.load.requests=1M"], "service.load.requests", "take"),
    (["service.load.file=none.jsonl"], "service.load.file", "no such file"),
    (
      ["service.load.prompt={law: uniform, least: 9, most: 3}"], "service.load.prompt.most",
      "less than the 9"
    ),
    (
      ["service.load.prompt={law: fixed, length: 9, sigma: 1}"], "service.load.prompt.sigma",
      "belongs to law lognormal"
    ),
    (["service.load.prompt={law: lognormal, mean: 9}"], "service.load.prompt.sigma", "is required"),
    (
      ["service.load.output={law: histogram, lengths: [1, 2], weights: [1]}"],
      "service.load.output.weights", "1 entries for 2"
    ),
    (
      ["service.classes=[{name: a}, {name: a}]"], "service.classes[1].name", "two classes"
    ),
    (["service.classes=[{name: a, share: 0}]"], "service.classes", "no share"),
    (
      ["service.failures.faults=[{time: 1 s, pool: decode, unit: 2}]"],
      "service.failures.faults[0].unit", "no unit of decode"
    ),
    (
      ["service.failures.faults=[{time: 1 s, pool: colocated}]"],
      "service.failures.faults[0].pool", "none of the pools"
    ),
    (["service.failures.rule=lost"], "service.failures.retry_limit", "no use"),
    (["service.failures={spare_hosts: 1}"], "service.failures.repair", "is required"),
    (
      ["service.scaling={pool: decode, target: 9, most: 1}"], "service.decode.units",
      "not what scaling allows"
    ),
    (
      ["service.scaling={pool: decode, target: 9, least: 3, most: 2}"], "service.scaling.least",
      "more than the 2"
    ),
    (
      ["service.prefill.routing={source: uniform}"], "service.rebalancing", "nothing to balance"
    ),
    (
      ["service.prefill.planner=in_order", "service.prefill.redundant_experts=0"],
      "service.rebalancing", "the experts of prefill stay in order"
    ),
    (
      ["service.prefill.routing={source: zipf, exponent: 1}"], "service.rebalancing", "no domains"
    ),
    (["service.rebalancing={interval: 48 h}"], "service.rebalancing.interval", "more than a plan"),
    (["service.rebalancing={interval: 1 ms}"], "service.rebalancing.interval", "shorter than"),
    (
      ["service.rebalancing={window: 1 h, stalls: true}"], "service.rebalancing.stalls", "no use"
    ),
    (["service.rebalancing={stalls: false}"], "service.rebalancing.window", "is required"),
    (
      ["service.prefill.scheduler.token_budget=9"], "service.prefill.scheduler.token_budget", "vllm"
    ),
    (
      [
        "service.decode.scheduler.policy=vllm", "service.prefill.scheduler.policy=vllm",
        "service.decode.scheduler.chunks=false", "service.decode.scheduler.longest=9000",
      ],
      "service.decode.scheduler.longest", "more than a step of 8192"
    ),
    (["service.prefill.scheduler.chunk=9"], "service.prefill.scheduler.chunk", "page of 64"),
    (["service.prefill.scheduler.queue_limit=0"], "service.prefill.scheduler.queue_limit", "range"),
    (["service.decode.cache_tokens=9"], "service.decode.cache_tokens", "block of 64"),
    (["service.stop=0.5 s"], "service.warmup", "not before the stop"),
    (
      ["service.decode.timetable=[{from: 2 h, units: 1}, {from: 1 h, units: 2}]"],
      "service.decode.timetable[1].from", "not after the entry before"
    ),
    (["service.colocated.units=1"], "service.colocated", "cannot be combined with decode"),
    (["service.window={from: 5 s, to: 1 s}"], "service.window.to", "not after the start"),
    (["cluster.faults=[{link: node0.nic3, capacity: 0%}]"], "cluster.faults", "are for steps"),
  ]

  @Test("each mistake is refused at its key", arguments: refused)
  func refusal(settings: [String], path: String, message: String) {
    let found = problems(ServiceKeysTests.text, settings)

    #expect(
      found.contains { $0.keyPath == path && $0.message.contains(message) },
      "\(found.map { "\($0.keyPath): \($0.message)" })")
  }

  @Test("pools come in pairs, or alone")
  func pools() {
    let without = ServiceKeysTests.text.replacingOccurrences(
      of: "  prefill:\n", with: "  colocated:\n")

    #expect(problems(without).contains { $0.message.contains("cannot be combined with") })
    func unset(_ key: String) -> [Diagnostic] {
      do {
        _ = try service(ServiceKeysTests.text, unset: [key])
        return []
      } catch { return (error as? ScenarioProblem)?.diagnostics ?? [] }
    }
    #expect(unset("service.prefill").contains { $0.message.contains("needs prefill") })
    #expect(unset("service.decode").contains { $0.message.contains("decode") })
    #expect(unset("service.load").contains { $0.keyPath == "service.load" })
  }

  @Test("all mistakes are reported at once, at their lines")
  func together() throws {
    let text = ServiceKeysTests.text
      .replacingOccurrences(of: "burstiness: 0.5", with: "burstiness: many")
      .replacingOccurrences(of: "share: 1", with: "share: -1")
      .replacingOccurrences(of: "sglang, chunk: 4096", with: "sglong")
      .replacingOccurrences(of: "pool: decode, unit: 1", with: "pool: decode, unit: 7")

    let found = problems(text)

    #expect(
      found.map(\.keyPath) == [
        "service.load.burstiness", "service.classes[1].share", "service.prefill.scheduler.policy",
        "service.failures.faults[0].unit",
      ])
    #expect(found.map(\.line) == [8, 15, 24, 36])
    #expect(found[2].suggestion == "sglang")
  }
}
