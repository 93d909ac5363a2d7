// Replayed traces: every copy of every token, counted one by one, against the sums of the source.

import Testing
import Units

@testable import Routing

@Suite("Traffic of layers")
struct ReplayedTrafficTests {
  /// A trace of random decisions: 12 sequences in three domains, two layers and a module.
  static func trace(seed: UInt64) -> RoutingTrace {
    var random = SplitMix64(state: seed)
    let gate = Gate(experts: 32, groups: 4, groupLimit: 2, topK: 4)
    func decisions(_ rows: Int) -> RoutingTrace.Decisions {
      let experts = (0..<6 * rows).flatMap { _ -> [UInt16] in
        let first = Int(random.next() % 4) * 8
        let second = (first + 8) % 32
        return [first, first + 1 + Int(random.next() % 7), second, second + 5].map { UInt16($0) }
      }
      return RoutingTrace.Decisions(
        rowsPerSequence: rows, experts: experts,
        scores: Array(repeating: 9, count: experts.count))
    }
    let steps = (0..<2).map { number in
      RoutingTrace.Step(
        number: number, tokens: Array(repeating: 7, count: 30), domains: [0, 1, 2, 0, 0, 1],
        layers: [decisions(5), decisions(5), decisions(4)])
    }
    return RoutingTrace(
      origin: RoutingTrace.Origin(
        preset: "random", seed: seed, trainedSteps: 0, balance: "none", corpusHash: "",
        programVersion: "0", command: "none"),
      gate: gate, domains: ["a", "b", "c"], sequenceLength: 5, layers: ["L1", "L2", "M0"],
      steps: steps)
  }

  static func sizes(
    _ kernels: ExpertKernels, layers: Int = 5, tokens: Int = 20, predictionLayers: Int = 1
  ) -> StepLoads.Sizes {
    StepLoads.Sizes(
      layers: layers, microbatches: 3, experts: 32, gpus: 8, topK: 4, tokensPerGPU: tokens,
      sequencesPerGPU: 2, gpusPerDomain: 4, kernels: kernels, predictionLayers: predictionLayers)
  }

  /// Sends the tokens of one GPU after the other.
  static func counted(
    _ traffic: ReplayedTraffic, _ trace: ReplayedTrace, layer: Int, microbatch: Int
  ) -> [GPUTraffic] {
    let sizes = traffic.sizes
    let match = trace.match(layer, sizes)
    let experts = trace.experts(turns: match.turns, sizes)
    let all = trace.trace.steps.flatMap { step in
      step.domains.indices.map { ($0, step.layers[match.traced]) }
    }
    var gpus = [GPUTraffic](repeating: GPUTraffic(), count: sizes.gpus)
    for sender in 0..<sizes.gpus {
      for drawn in traffic.sequences(of: sender, microbatch: microbatch) {
        let (sequence, decisions) = all[drawn]
        let weight = Double(sizes.tokensPerGPU / 2) / Double(decisions.rowsPerSequence)
        for row in 0..<decisions.rowsPerSequence {
          let start = (sequence * decisions.rowsPerSequence + row) * 4
          let targets = decisions.experts[start..<start + 4].map { experts[Int($0)] / 4 }
          for target in targets { gpus[target].rows += weight }
          for target in Set(targets) { gpus[target].arrived += weight }
          for domain in Set(targets.map { $0 / 4 }) {
            gpus[domain * 4 + sender % 4].forwarded += weight
          }
          send(targets, from: sender, weight, sizes.kernels, &gpus)
        }
      }
    }
    return gpus
  }

  private static func send(
    _ targets: [Int], from sender: Int, _ weight: Double, _ kernels: ExpertKernels,
    _ gpus: inout [GPUTraffic]
  ) {
    switch kernels {
    case .normal:
      for domain in Set(targets.map { $0 / 4 }) {
        let forwarder = domain * 4 + sender % 4
        if domain != sender / 4 {
          gpus[sender].networkOut += weight
          gpus[forwarder].networkIn += weight
        }
        for target in Set(targets) where target / 4 == domain && target != forwarder {
          gpus[forwarder].scaleUpOut += weight
          gpus[target].scaleUpIn += weight
        }
      }
    case .lowLatency:
      for target in targets where target != sender {
        if target / 4 == sender / 4 {
          gpus[sender].scaleUpOut += weight
          gpus[target].scaleUpIn += weight
        } else {
          gpus[sender].networkOut += weight
          gpus[target].networkIn += weight
        }
      }
    }
  }

  private static func near(_ a: GPUTraffic, _ b: GPUTraffic) -> Bool {
    let most = (a - b).larger(b - a)
    return [
      most.rows, most.arrived, most.networkOut, most.networkIn, most.scaleUpOut, most.scaleUpIn,
    ].allSatisfy { $0 < 1e-9 }
  }

  @Test(
    "the sums are those of tokens sent one by one",
    arguments: [ExpertKernels.normal, .lowLatency], [1, 2] as [UInt64])
  func oneByOne(kernels: ExpertKernels, seed: UInt64) {
    let trace = ReplayedTrace(Self.trace(seed: seed), hash: "a")
    let sizes = Self.sizes(kernels)
    let traffic = ReplayedTraffic(
      ReplayedVectors(trace, placements: [.contiguous(experts: 32)], sizes: sizes), sizes: sizes,
      seed: seed)
    #expect(trace.trace.problem == nil)
    for layer in 0..<sizes.layers {
      for microbatch in 0..<sizes.microbatches {
        let expected = Self.counted(traffic, trace, layer: layer, microbatch: microbatch)
        let found = traffic.layer(layer, microbatch: microbatch).gpus
        for (gpu, (one, other)) in zip(expected, found).enumerated() {
          #expect(Self.near(one, other), "layer \(layer), GPU \(gpu): \(one) \(other)")
          if kernels == .normal { #expect(abs(one.forwarded - other.forwarded) < 1e-9) }
        }
      }
    }
  }

  /// Sources of every kind.
  static let sources: [RoutingSpec.Source] = [
    .logNormal(sigma: 1.2), .zipf(exponent: 0.8), .replay(ReplayedTrace(trace(seed: 3), hash: "b")),
  ]

  @Test(
    "INV-6 and conservation: rows are tokens x top-k, and each leg receives what it sends",
    arguments: sources, [ExpertKernels.normal, .lowLatency])
  func conserved(source: RoutingSpec.Source, kernels: ExpertKernels) {
    let gate = Gate(experts: 32, groups: 4, groupLimit: 2, topK: 4)
    let sizes = Self.sizes(kernels)
    let step = StepTraffic(
      RoutingSpec(source, seed: 5), sizes: sizes, placement: nil, gate: gate)
    for layer in 0..<sizes.layers {
      for microbatch in 0..<sizes.microbatches {
        let traffic = step.source.layer(layer, microbatch: microbatch)
        let sum = traffic.sum
        #expect(abs(sum.rows - 20 * 8 * 4) < 1e-9 * sum.rows)
        #expect(abs(sum.networkOut - sum.networkIn) <= 1e-9 * sum.networkOut)
        #expect(abs(sum.scaleUpOut - sum.scaleUpIn) <= 1e-9 * sum.scaleUpOut)
        for gpu in traffic.gpus {
          #expect(gpu.arrived <= gpu.rows + 1e-9 && gpu.arrived <= 20 * 8 + 1e-9)
          #expect(gpu.networkOut >= -1e-9 && gpu.scaleUpIn >= -1e-9 && gpu.networkIn >= -1e-9)
        }
      }
      let totals = (0..<32).map { step.total(layer: layer, expert: $0) }
      let rows = 20 * 8 * 4 * sizes.microbatches
      #expect(totals.reduce(0, +) == rows)
    }
  }

  @Test("balanced traffic has the means of the gate's sample on every GPU")
  func balanced() {
    let copies = TokenFanOut(nodes: 1.5, gpus: 3.25)
    let traffic = GateTraffic(copies, sizes: Self.sizes(.normal)).layer(2, microbatch: 1)

    #expect(
      traffic.gpus.allSatisfy {
        $0
          == GPUTraffic(
            rows: 80, arrived: 65, forwarded: 30, networkOut: 15, networkIn: 15,
            scaleUpOut: 65 * 0.75, scaleUpIn: 65 * 0.75)
      })
  }

  @Test("statistics of a trace and a replay of it count the same nodes and GPUs per token")
  func sameCounter() {
    let trace = ReplayedTrace(Self.trace(seed: 8), hash: "a")
    let statistics = (0..<2).map {
      RoutingStatistics(trace.trace, layer: $0, nodeCount: 2, gpuCount: 8).fanOut
    }
    // Four layers: two for each traced one, the second of them with rotated experts.
    let vectors = ReplayedVectors(
      trace, placements: [.contiguous(experts: 32)],
      sizes: Self.sizes(.normal, layers: 4, predictionLayers: 0))

    let nodes = statistics.reduce(0) { $0 + $1.nodes } / 2
    let gpus = statistics.reduce(0) { $0 + $1.gpus } / 2
    #expect(abs(vectors.fanOut.nodes - nodes) < 1e-12)
    #expect(abs(vectors.fanOut.gpus - gpus) < 1e-12)
  }

  @Test("layers match by relative depth, prediction modules by name, and repeated ones are rotated")
  func matches() {
    let trace = ReplayedTrace(Self.trace(seed: 8), hash: "a")
    let sizes = Self.sizes(.normal, layers: 6)
    let matches = (0..<6).map { trace.match($0, sizes) }

    #expect(matches.map(\.traced) == [0, 0, 0, 1, 1, 2])
    #expect(matches.map(\.turns) == [0, 1, 2, 0, 1, 0])
    for turns in 0..<9 {
      let experts = trace.experts(turns: turns, sizes)
      #expect(experts.sorted() == Array(0..<32))
      // Experts of a group and of a GPU stay together.
      for expert in 0..<32 {
        #expect(experts[expert] / 8 == (expert / 8 + 2 * turns) % 4)
        #expect(experts[expert] / 4 == experts[expert / 4 * 4] / 4)
      }
    }
  }

  @Test("in one domain, another GPU has the experts of a GPU in each repeated layer")
  func rotation() {
    let trace = ReplayedTrace(Self.trace(seed: 8), hash: "a")
    var sizes = Self.sizes(.normal)
    sizes.gpusPerDomain = 8
    for turns in 0..<9 {
      let experts = trace.experts(turns: turns, sizes)
      #expect(experts.sorted() == Array(0..<32))
      for expert in 0..<32 { #expect(experts[expert] / 4 == (expert / 4 + turns) % 8) }
    }
  }
}
