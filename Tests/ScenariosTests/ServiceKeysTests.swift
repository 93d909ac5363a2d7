// Scenarios of services: what is read, and what is refused.

import Foundation
import ModelCost
import Routing
import Service
import Serving
import Testing
import Units

@testable import Scenarios

@Suite("Service scenarios")
struct ServiceKeysTests {
  /// A pair of pools with most keys.
  static let text = """
    name: pair
    cluster: {node: h800-sxm, nodes: 64}
    model: deepseek-v3
    service:
      load:
        arrivals: gamma
        rate: 20 requests/s
        burstiness: 0.5
        requests: 200 requests
        prompt: {law: lognormal, mean: 2000, sigma: 1, most: 32768}
        output: {law: exponential, mean: 300, least: 2}
        prefixes: {groups: 4, length: 512, exponent: 1.1}
      classes:
        - {name: chat, share: 3, objectives: {ttft: 2 s, tpot: 50 ms}}
        - {name: batch, share: 1, priority: 5, output: {length: 100}, objectives: {e2e: 60 s}}
      router: dynamo
      handover: push
      prefill:
        units: 4
        expert_parallel: 32
        redundant_experts: 32
        routing: {source: lognormal, sigma: 0.59}
        kv_cache: fp8_tile
        scheduler: {policy: sglang, chunk: 4096}
        host_time: 1 ms
      decode:
        units: 2
        expert_parallel: 144
        redundant_experts: 32
        kv_cache: fp8_tile
        scheduler: {policy: sglang, max_running_requests: 128}
        overlaps_host: false
        cache_tokens: 500000
      drafts: {count: 2, acceptance: [0.85]}
      failures:
        faults: [{time: 20 min, pool: decode, unit: 1}, {time: 10 min, pool: prefill}]
        gpu_mtbf: 50000 h
        spare_hosts: 4
        repair: 8 h
        rule: retry
        retry_limit: 3
      rebalancing: {interval: 10 min}
      warmup: 1 s
      sample_interval: 10 s
    """

  /// A single pool with the keys that others add to.
  static let single = """
    name: one
    cluster: {node: h200-sxm, nodes: 1}
    model: deepseek-v3
    service:
      load: {arrivals: poisson, rate: 2 /s, requests: 9, prompt: {length: 9}, output: {length: 1}}
      colocated: {tensor: 8}
    """

  @Test("a pair of pools is read with its load, classes, faults and drafts")
  func pair() throws {
    let spec = try service(Self.text)

    #expect(spec.pools.map(\.role) == [.prefill, .decode])
    #expect(spec.pools.map(\.units) == [4, 2])
    #expect(spec.pools.map(\.step.layout.gpus) == [32, 144])
    #expect(spec.pools.map(\.step.phase) == [.prefill, .decode])
    #expect(spec.pools.map(\.step.communicationSMs) == [24, 0])
    #expect(spec.pools[0].step.routing == RoutingSpec(.logNormal(sigma: 0.59), seed: 1))
    // Prefill fills the draft module's cache.
    #expect(spec.pools.map(\.step.mtpAcceptance) == [0.85, 0.85])
    #expect(spec.pools.map(\.step.draftLength) == [2, 2])
    #expect(spec.pools[1].step.kvCache == .fp8Tile)
    #expect(spec.pools[0].scheduler.chunk == 4096)
    #expect(spec.pools[1].scheduler.seats == 128)
    // 0.7 x 0.3 with several attention groups.
    #expect(spec.pools[1].scheduler.initialRatio == Ratio(21, 100))
    #expect(spec.pools.map(\.hostTime) == [0.001, 0.002].map { SimDuration(seconds: $0) })
    #expect(spec.pools.map(\.overlapsHost) == [true, false])
    #expect(spec.pools.map(\.cacheTokens) == [nil, 500_000])
    #expect(spec.handover == .push)
    #expect(spec.router.kind == .dynamo)
    #expect(spec.drafts == DraftSpec(count: 2, acceptance: [0.85, 0.85]))
    #expect(spec.classes.map(\.name) == ["chat", "batch"])
    #expect(spec.classes[0].timePerOutputToken == SimDuration(seconds: 0.05))
    #expect(spec.classes[1].endToEnd == SimDuration(seconds: 60))
    #expect(spec.window?.lowerBound == SimTime(picoseconds: 1_000_000_000_000))
    #expect(spec.sampleInterval == SimDuration(seconds: 10))
    #expect(
      spec.rebalancing
        == RebalancingSpec(
          interval: SimDuration(seconds: 600), window: SimDuration(seconds: 600), stalls: false))
  }

  @Test("pools whose caches differ are refused, by the key that is written")
  func cacheFormats() {
    for role in ["prefill", "decode"] {
      let other = role == "decode" ? "prefill" : "decode"
      let text = Self.text.replacing("    kv_cache: fp8_tile\n", with: "").replacing(
        "\n  \(role):\n", with: "\n  \(role):\n    kv_cache: fp8\n")

      let found = problems(text)
      #expect(found.map(\.keyPath) == ["service.\(role).kv_cache"])
      #expect(
        found.first?.message
          == "\"fp8\" is not what \(other) keeps, bf16: caches are sent as they are")
    }
  }

  @Test("faults come in the order of time, and a restart loads the weights of the largest host")
  func failures() throws {
    let failures = try service(Self.text).failures

    #expect(failures.faults.map(\.pool) == [0, 1])
    #expect(failures.faults.map(\.unit) == [0, 1])
    #expect(failures.gpuMTBF == Seconds(180_000_000))
    #expect(failures.spareHosts == 4)
    #expect(failures.rule == .retry && failures.retryLimit == 3)
    #expect(failures.detection == SimDuration(seconds: 10))
    // Eight GPUs of prefill with 1/32 of 288 experts, and the rest whole, load more than 150 GB.
    #expect(failures.restart > SimDuration(seconds: 240 + 150 / 9.5))
    #expect(failures.restart < SimDuration(seconds: 240 + 700 / 9.5))
  }

  @Test("requests are drawn with the seed of the scenario")
  func requests() throws {
    let requests = try service(Self.text).load.requests

    #expect(requests.count == 200)
    #expect(requests.allSatisfy { $0.prompt > 512 && $0.content?.segmentLength == 512 })
    #expect(requests.allSatisfy { $0.trafficClass == 0 || ($0.output == 100 && $0.priority == 5) })
    #expect(try service(Self.text).load.requests == requests)
    #expect(try service(Self.text, ["seed=2"]).load.requests != requests)
  }

  @Test("absent keys are the engines' defaults for the GPU")
  func defaults() throws {
    let spec = try service(Self.single)

    let scheduler = spec.pools[0].scheduler
    #expect(scheduler.policy == .vllm && scheduler.seats == 1024)
    #expect(scheduler.tokenBudget == 8192 && scheduler.cachesPrefixes)
    #expect(spec.pools[0].step.layout.gpus == 8)
    #expect(spec.classes == [TrafficClass(name: "all")])
    #expect(spec.window == nil && spec.drafts == nil && spec.stop == nil)
    let sglang = try service(Self.single, ["service.colocated.scheduler.policy=sglang"])
    // 141 GB.
    #expect(sglang.pools[0].scheduler.chunk == 8192)
    #expect(sglang.pools[0].scheduler.initialRatio == Ratio(7, 10))
  }

  @Test("engines' own names are accepted, in the file and as settings")
  func aliases() throws {
    let spec = try service(
      Self.single,
      [
        "service.colocated.scheduler.max_num_seqs=64",
        "service.colocated.scheduler.max_num_batched_tokens=4096",
        "service.colocated.scheduler.max_model_len=32768",
      ])

    #expect(spec.pools[0].scheduler.seats == 64)
    #expect(spec.pools[0].scheduler.tokenBudget == 4096)
    #expect(spec.pools[0].scheduler.longest == 32_768)
    let twice = Self.single.replacingOccurrences(
      of: "{tensor: 8}", with: "{tensor: 8, scheduler: {seats: 1, max_num_seqs: 2}}")
    #expect(problems(twice).first?.message.contains("another name of") == true)
  }

  @Test("keys are set and removed like all others")
  func settings() throws {
    let spec = try service(
      Self.text, ["service.decode.units=1", "service.router=least_load"],
      unset: ["service.failures", "service.drafts"])

    #expect(spec.pools.map(\.units) == [4, 1])
    #expect(spec.router.kind == .leastLoad)
    #expect(spec.failures.faults.isEmpty && spec.drafts == nil)
    let closed = try service(
      Self.single,
      [
        "service.load={arrivals: closed_loop, users: 8, requests: 20,"
          + " prompt: {law: uniform, least: 1, most: 9}, output: {length: 2}}"
      ])
    #expect(closed.load.arrivals == .closedLoop(users: 8, thinkTime: .zero))
    #expect(closed.load.requests.count == 20)
  }

  @Test("a day has its profile, a timetable its hours, and scaling its rule")
  func overTime() throws {
    let hours = (0..<24).map { $0 < 12 ? "0" : "1" }.joined(separator: ", ")
    let day = Self.single.replacingOccurrences(
      of: "poisson, rate: 2 /s, requests: 9",
      with: "diurnal, rate: 120 requests/min, duration: 24 h, profile: [\(hours)]")

    let spec = try service(
      day,
      [
        "service.colocated.tensor=4",
        "service.colocated.timetable=[{from: 0 s, units: 1}, {from: 12 h, units: 2}]",
      ])

    #expect(spec.pools[0].timetable.map(\.units) == [1, 2])
    // Two triangles of an hour beside eleven whole hours of 7,200 requests.
    #expect(abs(spec.load.requests.count - 12 * 7200) < 5 * 294)
    let scaled = try service(
      Self.single,
      [
        "service.colocated.tensor=4",
        "service.scaling={pool: colocated, target: 64 requests, most: 2, startup: 5 min}",
      ])
    #expect(scaled.scaling?.interval == SimDuration(seconds: 15))
    #expect(scaled.scaling?.tolerance == 0.1)
  }
}
