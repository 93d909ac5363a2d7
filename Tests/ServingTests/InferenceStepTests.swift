// Whole steps of DeepSeek-V3: behaviour that must emerge without a rule for it.

import Cluster
import ModelCost
import Recording
import Routing
import Testing
import Units

@testable import Serving

@Suite("Inference step")
struct InferenceStepTests {
  private let model: ModelSpec
  private let cluster: ClusterSpec

  init() throws {
    model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
    cluster = ClusterSpec(node: try #require(NodeSpec.catalogue.first), nodeCount: 40)
  }

  private func decode(
    batch: Int, context: Int = 1024, microbatches: Int = 1, mtp: Double? = nil,
    loads: RoutingSpec = .uniform, expertParallel: Int = 144, redundant: Int = 32,
    cache: CacheFormat = .bf16
  ) -> InferenceSpec {
    InferenceSpec(
      phase: .decode, batch: batch, context: context, expertParallel: expertParallel,
      redundantExperts: redundant, microbatches: microbatches, kvCache: cache, gemm: .fp8,
      mtpAcceptance: mtp, communicationSMs: 0, routing: loads, planner: .best,
      kernelRelease: .april2025)
  }

  private var prefill: InferenceSpec {
    InferenceSpec(
      phase: .prefill, batch: 2, context: 4096, expertParallel: 32, redundantExperts: 32,
      microbatches: 2, kvCache: .bf16, gemm: .fp8, mtpAcceptance: nil, communicationSMs: 24,
      routing: .uniform, planner: .best, kernelRelease: .april2025)
  }

  private func step(_ spec: InferenceSpec) throws -> InferenceStep {
    try InferenceStep(spec: spec, model: model, cluster: cluster)
  }

  private func seconds(_ spec: InferenceSpec) throws -> Double {
    try step(spec).run().stepTime.seconds
  }

  private func value(_ kind: MetricKind, _ result: SimulationResult) throws -> Double {
    try #require(result.metrics.first { $0.kind == kind }?.value)
  }

  @Test(
    "a decode step is the longer of GPU and scheduler, and what nothing hides",
    arguments: [(0.0, 0.0), (1e-3, 0.5e-3), (0.5, 0), (0.5, 2e-3)])
  func host(scheduler: Double, unhidden: Double) throws {
    var spec = decode(batch: 64, microbatches: 2)
    let alone = try seconds(spec)
    (spec.host.scheduler, spec.host.unhidden) = (scheduler, unhidden)
    let result = try step(spec).run()

    #expect(abs(result.stepTime.seconds - max(alone, scheduler) - unhidden) < 1e-11)
    let waits = result.rankTimes.contains { $0.activity == .host }
    #expect(waits == (scheduler > alone || unhidden > 0))
    let sums = Set(result.rankTimes.map(\.member)).map { member in
      result.rankTimes.filter { $0.member == member }.reduce(SimDuration.zero) { $0 + $1.time }
    }
    #expect(sums.allSatisfy { $0 == result.stepTime })
  }

  @Test("gaps lengthen every kernel, and launches a prefill that they exceed")
  func gaps() throws {
    var apart = decode(batch: 64)
    apart.host.gap = 1e-6
    #expect(try seconds(apart) > seconds(decode(batch: 64)))
    var slow = prefill
    (slow.host.operation, slow.host.denseOperations) = (1e-3, 50)
    slow.host.expertOperations = 110
    #expect(abs(try seconds(slow) - (61 * 50 + 58 * 110) * 1e-3) < 1e-9)
  }

  @Test(
    "two microbatches lose at small batches, where weights are read twice, and win at large")
  func overlap() throws {
    #expect(
      try seconds(decode(batch: 8, microbatches: 2)) > seconds(decode(batch: 8)))
    #expect(
      try seconds(decode(batch: 128, microbatches: 2)) < seconds(decode(batch: 128)))
  }

  @Test("verifying a draft pays off if memory is the limit, and less if it is not")
  func drafts() throws {
    func gain(_ batch: Int) throws -> Double {
      let with = try step(decode(batch: batch, mtp: 0.85)).run()
      let without = try step(decode(batch: batch)).run()
      return try value(.tokensPerSecondPerGPU, with) / value(.tokensPerSecondPerGPU, without)
    }

    let (small, large) = try (gain(8), gain(256))
    #expect(small > 1.2)
    #expect(large < small)
  }

  @Test(
    "INV-13: the activities of each GPU sum to the step time", arguments: [1, 2])
  func sums(microbatches: Int) throws {
    for spec in [
      decode(
        batch: 33, microbatches: microbatches, loads: RoutingSpec(.logNormal(sigma: 0.6), seed: 1)),
      prefill,
    ] {
      let result = try step(spec).run()
      for member in Set(result.rankTimes.map(\.member)).sorted() {
        #expect(result.attributedTime(of: member) == result.stepTime)
      }
    }
  }

  @Test("a timeline is recorded on request, and its bars do not overlap on a stream")
  func timeline() throws {
    let result = try step(decode(batch: 16, microbatches: 2)).run(keepsTimeline: true)

    #expect(try step(decode(batch: 16)).run().spans.isEmpty)
    for stream in ["compute", "communication"] {
      let bars = result.spans.filter { $0.member == 0 && $0.stream == stream }
      #expect(bars.count > 61)
      for (bar, next) in zip(bars, bars.dropFirst()) { #expect(bar.end <= next.start) }
    }
    let busy = result.spans.filter { $0.member == 0 && $0.stream == "compute" }
      .reduce(Int64(0)) { $0 + $1.end.picoseconds - $1.start.picoseconds }
    let row = result.rankTimes.first { $0.member == 0 && $0.activity == .compute }
    #expect(busy == row?.time.picoseconds)
  }

  @Test("uneven loads cost time, and replicas recover some of it")
  func uneven() throws {
    let skewed = RoutingSpec(.logNormal(sigma: 0.6), seed: 1)
    let bare = decode(batch: 64, loads: skewed, expertParallel: 32, redundant: 0)
    let even = decode(batch: 64, expertParallel: 32, redundant: 0)
    let redundant = decode(batch: 64, loads: skewed, expertParallel: 32, redundant: 64)

    let result = try step(bare).run()

    #expect(result.stepTime.seconds > (try seconds(even)))
    // On 32 GPUs without replicas, even loads load all GPUs equally.
    let cost = try value(.imbalanceCost, result)
    #expect(abs(cost - (result.stepTime.seconds - (try seconds(even)))) < 1e-9)
    #expect(
      try value(.gpuLoadMaxOverMean, result)
        > value(.gpuLoadMaxOverMean, step(redundant).run()))
  }

  @Test("the largest batch fits; one more sequence is refused with the batch that fits")
  func memory() throws {
    let largest = try step(decode(batch: 1, context: 16384)).memory.largestBatch

    #expect(try step(decode(batch: largest, context: 16384)).memory.total <= 84_943_110_144)
    let error = #expect(throws: InferenceRefusal.self) {
      try step(decode(batch: largest + 1, context: 16384))
    }
    #expect(error?.description.contains("inference.batch: \(largest) sequences") == true)
  }

  @Test("the cache of a sequence takes 70,272 bytes per token in BF16 and 656 x 61 in FP8")
  func cache() throws {
    let bf16 = try step(decode(batch: 1, context: 1000)).memory
    let fp8 = try step(decode(batch: 1, context: 1000, cache: .fp8Tile)).memory

    #expect(bf16.cachePerSequence == 70_272 * 1000)
    #expect(fp8.cachePerSequence == 656 * 61 * 1000)
    let uses = bf16.uses(gpus: 1).reduce(0) { $0 + $1.bytes.value }
    #expect(abs(uses - bf16.total) <= 1e-9 * bf16.total)
  }

  @Test("prefill hides its exchanges behind the other microbatch")
  func prefillOverlap() throws {
    var single = prefill
    single.microbatches = 1

    let (two, one) = try (step(prefill).run(), step(single).run())

    #expect(two.stepTime < one.stepTime)
    #expect(
      try value(.exposedCommunicationRatio, two) < value(.exposedCommunicationRatio, one))
    #expect(try value(.tokensPerSecondPerGPU, two) == 8192 / two.stepTime.seconds)
  }

  @Test(
    "a chunk behind a cached prefix costs less than the whole prompt, more than without it")
  func cachedPrefix() throws {
    var (chunk, whole) = (prefill, prefill)
    chunk.cachedPrefix = 12288
    whole.context = 16384

    let own = try seconds(prefill)
    let behind = try seconds(chunk)
    #expect(own < behind)
    // Four chunks, whose prefixes are on average half as long as the last one's, are no less work
    // than the whole prompt at once.
    #expect(behind < (try seconds(whole)))
    var sum = own
    for prefix in [4096, 8192, 12288] {
      chunk.cachedPrefix = prefix
      sum += try seconds(chunk)
    }
    #expect(sum > (try seconds(whole)))
  }

  @Test("memory includes the cache of the prefix, and its keys and values while a layer runs")
  func prefixMemory() throws {
    var spec = prefill
    let bare = try step(spec).memory
    func growth(_ prefix: Int) throws -> Double {
      spec.cachedPrefix = prefix
      return try step(spec).memory.total - bare.total
    }

    // Two sequences: 70,272 bytes of cache per token; 128 heads of 192 + 128 numbers in BF16, for
    // at most 65,536 tokens in total.
    let (cache, heads) = (2.0 * 70_272, 128.0 * 320 * 2)
    #expect(try growth(1000) == 1000 * (cache + 2 * heads))
    #expect(try growth(32768) == 32768 * (cache + 2 * heads))
    #expect(try growth(40000) == 40000 * cache + 65536 * heads)
  }

  @Test("the largest batch behind a prefix fits, and one more does not", arguments: [1000, 40000])
  func largestBatchBehindPrefix(prefix: Int) throws {
    var spec = prefill
    spec.cachedPrefix = prefix
    let largest = try step(spec).memory.largestBatch

    spec.batch = largest
    #expect(try step(spec).memory.total <= 84_943_110_144)
    spec.batch = largest + 1
    #expect(throws: InferenceRefusal.self) { try step(spec) }
  }

  @Test("the same step has the same fingerprint, and another batch has another")
  func fingerprint() throws {
    let first = try step(decode(batch: 16)).run().fingerprint
    #expect(try step(decode(batch: 16)).run().fingerprint == first)
    #expect(try step(decode(batch: 17)).run().fingerprint != first)
  }
}
