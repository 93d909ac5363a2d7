// What must hold for random scenarios, and for pairs of them of which one is better by one thing.

import Foundation
import Recording
import Testing

@testable import Fuzzing

@Suite("Generated scenarios")
struct GeneratedScenarioTests {
  /// Scenarios in all; `make soak` draws thousands.
  private static let count =
    ProcessInfo.processInfo.environment["SCENARIOS"].flatMap { Int($0) } ?? 240
  /// Parts that run at the same time.
  private static let parts = 4

  /// A change and what the step must then be.
  private struct Pair {
    enum Expectation {
      /// Equal to the last digit.
      case equal
      /// Not slower by more than a share of the step. Orders are greedy and links are shared: a
      /// kernel or a flow that ends earlier may let another one go first that is better kept back.
      case notSlower(Double)
      /// Not faster by more than a share.
      case notFaster(Double)
    }
    var name: String
    var settings: [Setting]
    var expectation: Expectation
    /// Settings of both. A GPU with any change is none of the catalogue, and kernels measured on
    /// that one count for less: pairs that change it both have a changed one.
    var common: [Setting] = []
    var isFor: (GeneratedScenario) -> Bool = { _ in true }
  }

  private static func isEven(_ scenario: GeneratedScenario) -> Bool {
    !scenario.settings.contains { $0.key.hasSuffix("routing.source") }
  }

  private static func hasJitter(_ scenario: GeneratedScenario) -> Bool {
    scenario.isTraining
      && !scenario.settings.contains { $0.key == "training.jitter" && $0.value == "off" }
  }

  private static func routing(_ question: String, _ source: String, _ key: String) -> [Setting] {
    [
      Setting("\(question).routing.source", source), Setting("\(question).routing.\(key)", "0"),
    ]
  }

  private static func pairs(_ scenario: GeneratedScenario) -> [Pair] {
    let question = scenario.isTraining ? "training" : "inference"
    let changedGPU = [Setting("cluster.node.gpu.price", "3 USD/GPU-hour")]
    let even = isEven(scenario)
    return [
      Pair(
        name: "every GPU", settings: [Setting("\(question).fidelity", "every-gpu")],
        expectation: .equal, isFor: { isEven($0) && !hasJitter($0) }),
      Pair(name: "again", settings: [], expectation: .equal),
      Pair(
        name: "sigma 0", settings: routing(question, "lognormal", "sigma"), expectation: .equal,
        isFor: { _ in even }),
      Pair(
        name: "exponent 0", settings: routing(question, "zipf", "exponent"), expectation: .equal,
        isFor: { _ in even }),
      Pair(
        name: "faster NICs", settings: [Setting("cluster.node.nic", "1600 Gb/s")],
        expectation: .notSlower(0.02)),
      Pair(
        name: "no latency", settings: [Setting("cluster.node.network_latency", "0 s")],
        expectation: .notSlower(0.02)),
      Pair(
        name: "faster memory", settings: [Setting("cluster.node.gpu.memory_bandwidth", "20 TB/s")],
        expectation: .notSlower(0.02), common: changedGPU),
      Pair(
        name: "more memory", settings: [Setting("cluster.node.gpu.memory", "1 TB")],
        expectation: .notSlower(0.02), common: changedGPU),
      Pair(
        name: "longer sequences",
        settings: [
          Setting(
            scenario.isTraining ? "training.sequence_length" : "inference.context", "16384 tokens"),
          Setting("cluster.node.gpu.memory", "1 TB"),
        ], expectation: .notFaster(0.02), common: changedGPU),
      Pair(
        name: "non-blocking", settings: [Setting("cluster.topology", nil)],
        expectation: .notSlower(0.02),
        isFor: { $0.settings.contains { $0.key == "cluster.topology" } }),
    ].filter { $0.isFor(scenario) }
  }

  /// What a share may be more. Under uneven loads everything waits for one GPU, whose microbatches
  /// may change their order. Stages are cut neither for these nor for hosts that all wait for.
  private static func allowance(_ scenario: GeneratedScenario, _ base: SimulationResult) -> Double {
    let gpus = base.rankTimes.gpuCount
    let hosts = base.rankTimes.meanSeconds(overGPUs: gpus) { $0.activity == .host }
    return (isEven(scenario) ? 0 : 0.04) + (hosts > 0.2 * base.stepTime.seconds ? 0.04 : 0)
  }

  /// The violation of a pair; nil if it holds or does not apply.
  private static func violation(_ pair: Pair, _ scenario: GeneratedScenario) throws -> String? {
    guard case .ran(let base) = try scenario.outcome(pair.common) else { return nil }
    switch try scenario.outcome(pair.common + pair.settings) {
    case .refused(let reason):
      // A change for the better refuses nothing that ran.
      if case .notFaster = pair.expectation { return nil }
      return "is refused: \(reason)"
    case .ran(let other):
      let (before, after) = (base.stepTime, other.stepTime)
      let ratio = after.seconds / before.seconds
      switch pair.expectation {
      case .equal where before != after: return "\(before) became \(after)"
      case .notSlower(let share) where ratio > 1 + share + allowance(scenario, base):
        return "is slower: \(ratio)"
      case .notFaster(let share) where ratio < 1 - share - allowance(scenario, base):
        return "is faster: \(ratio)"
      default: return nil
      }
    }
  }

  /// What holds for every result beside the invariants that every run checks.
  private static func violation(_ result: SimulationResult) -> String? {
    guard result.stepTime > .zero else { return "takes \(result.stepTime)" }
    if let use = result.memory.first(where: { !($0.bytes.value >= 0) }) { return "\(use)" }
    let ratios: [MetricKind] = [.mfuCausal, .bubbleRatio, .exposedCommunicationRatio]
    for kind in ratios {
      if let value = result.value(kind), !(0...1).contains(value) {
        return "\(kind.name) is \(value)"
      }
    }
    return nil
  }

  @Test(
    "INV-13, INV-15: run or are refused, and pairs of them differ as they must",
    arguments: 0..<parts)
  func pairs(part: Int) throws {
    var (ran, refused, compared) = (0, 0, 0)
    for seed in stride(from: part, to: Self.count, by: Self.parts) {
      let scenario = GeneratedScenario(seed: seed)
      guard case .ran(let result) = try scenario.outcome() else {
        refused += 1
        continue
      }
      ran += 1
      #expect(Self.violation(result) == nil, "seed \(seed)")
      if seed % 8 == 0 {
        #expect(
          try scenario.rewritten().fingerprint == result.fingerprint,
          "seed \(seed), written as YAML")
      }
      let pairs = Self.pairs(scenario)
      let pair = pairs[seed / Self.parts % pairs.count]

      let violation = try Self.violation(pair, scenario)

      #expect(
        violation == nil,
        "seed \(seed), \(pair.name)\n\(scenario.text())\nthen\n\(scenario.text(pair.settings))")
      compared += 1
    }
    print("scenarios \(part): \(ran) ran, \(refused) refused, \(compared) pairs compared")
    #expect(ran > refused, "part \(part)")
  }

  @Test("are the same for the same seed")
  func seeds() {
    #expect(GeneratedScenario(seed: 7).settings == GeneratedScenario(seed: 7).settings)
    #expect(GeneratedScenario(seed: 7).settings != GeneratedScenario(seed: 8).settings)
  }
}
