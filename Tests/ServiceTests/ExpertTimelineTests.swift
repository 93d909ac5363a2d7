// Experts whose loads drift, and what placing them anew brings and costs.

import Cluster
import ModelCost
import Routing
import Testing
import Units

@testable import Service

@Suite("Experts over time")
struct ExpertTimelineTests {
  /// Two layers of four experts. The first is balanced beside the last for one of two domains, and
  /// beside the second for the other.
  private static let profile = LoadProfile(
    domains: ["a", "b"], experts: 4,
    shares: Array(repeating: [[0.45, 0.35, 0.15, 0.05], [0.45, 0.05, 0.15, 0.35]], count: 2),
    notes: [])
  private static let minute = SimDuration(seconds: 60)

  private let wiring: Wiring

  init() throws {
    let node = try #require(NodeSpec.catalogue.first { $0.name == "h800-sxm" })
    wiring = try Wiring(ClusterSpec(node: node, nodeCount: 4))
  }

  private static func mix(_ minutes: Int = 1) -> DomainMix {
    DomainMix(profile, layers: 2, topK: 1, minutes: minutes, seed: 3)
  }

  private func timeline(
    interval: SimDuration?, stalls: Bool = false, planner: ExpertPlanner = .best,
    expertBytes: Double = 1e9, sizes: PlacementSizes? = nil
  ) -> ExpertTimeline {
    let sizes = sizes ?? PlacementSizes(replicas: 4, groups: 1, nodes: 1, gpus: 2)
    return ExpertTimeline(
      Self.mix(), replanner: ExpertReplanner(planner, sizes: sizes),
      network: ExpertNetwork(
        wiring, gpus: sizes.gpus, firstGPUs: [0, 0], expertBytes: expertBytes),
      rule: RebalancingSpec(interval: interval, window: Self.minute * 10, stalls: stalls))
  }

  private func changes(_ timeline: ExpertTimeline, minutes: Int) -> [ExpertChange] {
    var timeline = timeline
    var result: [ExpertChange] = []
    while let change = timeline.next(), change.time <= .zero + Self.minute * minutes {
      result.append(change)
    }
    return result
  }

  @Test("without an interval, loads drift away from the placement of the start minute by minute")
  func drift() {
    let timeline = timeline(interval: nil)
    let before = ExpertTimeline.minutesBefore
    let mix = Self.mix(before + 200)

    let found = changes(timeline, minutes: 200 - 1)

    #expect(found.map(\.time) == (1..<200).map { SimTime.zero + Self.minute * $0 })
    for (index, change) in found.enumerated() {
      let minute = before + index + 1
      let shares = mix.domainShares(minute..<minute + 1)
      var expected = 0.0
      for (layer, slots) in timeline.placement.layers.enumerated() {
        expected += slots.imbalance(mix.expected(layer: layer, domainShares: shares), gpus: 2) / 2
      }
      #expect(abs(change.imbalance - expected) < 1e-6)
      #expect(change.imbalance == change.firstImbalance)
      #expect(change.move == nil && change.stall == .zero)
    }
  }

  @Test("loads are the same with and without rebalancing, also beyond the first day")
  func commonNumbers() {
    let without = changes(timeline(interval: nil), minutes: 3_000)
    let with = changes(timeline(interval: Self.minute * 10), minutes: 3_000)

    let ticks = with.filter { $0.move == nil }
    let first = Dictionary(uniqueKeysWithValues: without.map { ($0.time, $0.firstImbalance) })

    #expect(with.count { $0.move != nil } > 200)
    #expect(ticks.allSatisfy { first[$0.time] == $0.firstImbalance })
    func mean(_ changes: [ExpertChange]) -> Double {
      changes.reduce(0) { $0 + $1.imbalance } / Double(changes.count)
    }
    #expect(mean(ticks) < mean(without))
  }

  @Test(
    "no plan raises the largest load of a layer on the minutes that it is made for",
    arguments: [ExpertPlanner.best, .eplb])
  func neverWorse(planner: ExpertPlanner) {
    let sizes = PlacementSizes(replicas: 40, groups: 1, nodes: 1, gpus: 8)
    let mix = DomainMix(
      layers: 3, experts: 32, topK: 4, domains: 4, minutes: 1_000, seed: 5, sigma: 0.8)
    let replanner = ExpertReplanner(planner, sizes: sizes)
    var placement = replanner.plan(mix, 0..<10, after: nil)

    for start in stride(from: 10, to: 990, by: 10) {
      let window = start..<start + 10
      let next = replanner.plan(mix, window, after: placement)
      let shares = mix.domainShares(window)
      for layer in 0..<3 {
        let loads = mix.expected(layer: layer, domainShares: shares)
        let (old, new) = (placement.layers[layer], next.layers[layer])
        #expect(new.imbalance(loads, gpus: 8) <= old.imbalance(loads, gpus: 8))
      }
      placement = next
    }
  }

  @Test("bytes moved are slots that change their GPU x bytes of an expert, over the busiest link")
  func bytes() {
    let sizes = PlacementSizes(replicas: 4, groups: 1, nodes: 1, gpus: 2)
    let replanning = Replanning(sizes: sizes, threshold: 1)
    var network = ExpertNetwork(wiring, gpus: 16, firstGPUs: [0, 8], expertBytes: 1e9)
    let old = LayerPlacement(experts: [0, 1, 2, 3], expertCount: 4)
    let swapped = LayerPlacement(experts: [2, 1, 0, 3], expertCount: 4)
    let relabelled = LayerPlacement(experts: [1, 0, 3, 2], expertCount: 4)

    let none = network.move(
      replanning, from: ExpertPlacement(layers: [old, old]),
      to: ExpertPlacement(layers: [relabelled, old]))
    let both = network.move(
      replanning, from: ExpertPlacement(layers: [old, old]),
      to: ExpertPlacement(layers: [swapped, swapped]))

    #expect(none == ExpertMove())
    #expect(both.slots == 4 && both.bytes == 4e9)
    // Each layer has two GPUs of its own that exchange an expert, on links in both directions.
    let link = wiring.capacity(of: wiring.scaleUpOut(0)).value
    let latency = wiring.cluster.node.nvlinkLatency.duration
    #expect(both.duration == SimDuration(seconds: 1e9 / link) + latency)
  }

  @Test("an expert comes from its own GPU's domain if that has a copy, else over NICs")
  func senders() {
    let sizes = PlacementSizes(replicas: 24, groups: 1, nodes: 2, gpus: 12)
    let replanning = Replanning(sizes: sizes, threshold: 1)
    var network = ExpertNetwork(wiring, gpus: 12, firstGPUs: [0], expertBytes: 1e9)
    // Expert 0 is on GPUs 0 and 8, which is in the second domain; GPU 9 receives it.
    var slots = (0..<24).map { $0 == 16 ? 0 : $0 }
    let old = LayerPlacement(
      experts: slots.map { $0 > 16 ? $0 - 1 : $0 }, expertCount: 23)
    slots = old.experts
    slots[18] = 0
    slots[17] = old.experts[18]
    slots[16] = old.experts[17]
    let near = LayerPlacement(experts: slots, expertCount: 23)

    let move = network.move(
      replanning, from: ExpertPlacement(layers: [old]), to: ExpertPlacement(layers: [near]))

    let link = wiring.capacity(of: wiring.scaleUpOut(0)).value
    #expect(move.slots == 2)
    #expect(
      move.duration == SimDuration(seconds: 1e9 / link)
        + wiring.cluster.node.nvlinkLatency.duration)
  }

  @Test("the next interval starts when a move has ended, with and without a standstill")
  func period() {
    // An expert takes minutes: 1e14 bytes over a link of some 200 GB/s.
    for stalls in [false, true] {
      let interval = Self.minute * 30
      let found = changes(
        timeline(interval: interval, stalls: stalls, expertBytes: 1e14), minutes: 1_440)

      var planned = SimTime.zero + interval
      var moves = 0
      for change in found where change.move != nil {
        let duration = change.move?.duration ?? .zero
        #expect(change.time == (stalls ? planned : planned + duration))
        #expect(change.stall == (stalls ? duration : .zero))
        planned = planned + duration + interval
        moves += duration > .zero ? 1 : 0
      }
      #expect(moves > 1)
    }
  }

  @Test("an expert of DeepSeek-V3 in FP8 has 44,050,944 bytes, as three matrices with their scales")
  func expertBytes() throws {
    let model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })

    let bytes = WeightScheme(.fp8Tile).bytes(of: PoolSpec.expertWeights(model))

    #expect(bytes == 44_050_944)
  }
}
