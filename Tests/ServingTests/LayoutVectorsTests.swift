// Layouts of inference steps against vectors made by an independent program: weights, cache and
// pool of each stage, and the collectives of compiled steps, counted and measured (notes in the
// fixture).

import Cluster
import Execution
import Foundation
import ModelCost
import Recording
import Routing
import Testing
import Units

@testable import Serving

/// One step of the fixture.
struct LayoutVector: CustomTestStringConvertible {
  let name: String
  private let root: [String: Any]

  var testDescription: String { name }

  static func all() throws -> [LayoutVector] {
    let url = try #require(
      Bundle.module.url(forResource: "inference", withExtension: "json", subdirectory: "Fixtures"))
    let root =
      try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]
    let steps = try #require(root?["steps"] as? [String: Any])
    return try steps.sorted { $0.key < $1.key }.map {
      LayoutVector(name: $0.key, root: try #require($0.value as? [String: Any]))
    }
  }

  private var step: [String: Any] { root["step"] as? [String: Any] ?? [:] }
  var expected: [String: Any] { root["expected"] as? [String: Any] ?? [:] }
  var refused: [String]? { expected["refused"] as? [String] }

  func number(_ key: String) throws -> Int { try #require(step[key] as? Int, "\(name) \(key)") }
  private func text(_ key: String) throws -> String { try #require(step[key] as? String) }

  /// Kimi-K2.5 has the shape of Kimi-K2.
  func model() throws -> ModelSpec {
    let name = try #require(root["model"] as? String)
    let known = name == "kimi-k2.5" ? "kimi-k2" : name
    return try #require(ModelSpec.catalogue.first { $0.name == known }, "\(name)")
  }

  func layout() throws -> InferenceLayout {
    InferenceLayout(
      tensor: try number("tensor"), data: try number("data"), pipeline: try number("pipeline"),
      partition: step["partition"] as? [Int],
      experts: try #require(InferenceLayout.Experts(rawValue: text("experts"))),
      exchange: try #require(InferenceLayout.Exchange(rawValue: text("exchange"))))
  }

  func scheme() throws -> WeightScheme {
    WeightScheme(
      try #require(WeightFormat(rawValue: text("weights"))),
      step["only_experts"] as? Bool == true ? .experts : .linear)
  }

  func pool() throws -> CachePool {
    CachePool(
      rule: try #require(CachePool.Rule(rawValue: text("rule"))),
      fraction: try #require(Double(text("fraction"))), block: try number("block"),
      overhead: Bytes(Double(try number("overhead_bytes"))))
  }

  /// A step on GPUs of the vector's memory, each of its tokens of another sequence.
  func spec() throws -> InferenceSpec {
    let scheme = try scheme()
    var spec = InferenceSpec(
      phase: .decode, batch: try number("tokens"), context: 1, layout: try layout(),
      redundantExperts: try number("redundant"), microbatches: 1,
      kvCache: try #require(CacheFormat(rawValue: text("kv"))),
      formats: ProductFormats(gemm: scheme.format == .bf16 ? .bf16 : .fp8, weights: scheme),
      mtpAcceptance: nil, communicationSMs: 0, routing: .uniform, planner: .best,
      kernelRelease: .april2025)
    spec.pool = try pool()
    return spec
  }

  func cluster() throws -> ClusterSpec {
    var node = try #require(NodeSpec.catalogue.first { $0.name == "h800-sxm" })
    node.gpu.memory = Bytes(Double(try number("gpu_bytes")))
    return ClusterSpec(node: node, nodeCount: (try layout().gpus + 7) / 8)
  }
}

@Suite("Layouts of inference steps")
struct LayoutVectorsTests {
  private func vectors(refused: Bool) throws -> [LayoutVector] {
    try LayoutVector.all().filter { ($0.refused != nil) == refused }
  }

  @Test("21 steps are legal, and 2 are refused for the reasons of the vectors")
  func legality() throws {
    #expect(try vectors(refused: false).count == 19)
    for vector in try LayoutVector.all() {
      let obstacles = try vector.layout().obstacles(
        to: vector.model(), weights: vector.scheme(), redundant: vector.number("redundant"))
      #expect(
        Set(obstacles.map(\.rule.rawValue)) == Set(vector.refused ?? []), "\(vector.name)")
      #expect(obstacles.allSatisfy { $0.allowed.contains("nearest") })
    }
  }

  @Test("weights, cache bytes a token and pool of every stage, to the byte")
  func memory() throws {
    for vector in try vectors(refused: false) {
      let (spec, model, cluster) = try (vector.spec(), vector.model(), vector.cluster())
      let ranks = try #require(vector.expected["ranks"] as? [[String: Any]])
      let stages = InferenceMemory.stages(spec, model, gpu: cluster.node.gpu)
      let layers = spec.layout.layerRanges(of: model.layers)

      #expect(layers.map(\.count) == vector.expected["layers"] as? [Int], "\(vector.name)")
      #expect(stages.count == ranks.count)
      for (stage, rank) in zip(stages, ranks) {
        #expect(layers[stage.stage].lowerBound == rank["first"] as? Int)
        #expect(Int(stage.weights) == rank["weights"] as? Int, "\(vector.name)")
        // The context is one token.
        #expect(
          Int(stage.cachePerSequence) == rank["kv_bytes_per_token"] as? Int, "\(vector.name)")
        #expect(stage.poolTokens == rank["pool_tokens"] as? Int, "\(vector.name)")
      }
      let group = stages.map(\.poolTokens).min() ?? 0
      #expect(group == vector.expected["pool_tokens_of_a_group"] as? Int)
      #expect(group * spec.layout.data == vector.expected["pool_tokens"] as? Int)
    }
  }

  @Test("collectives of the compiled step: how many, and bytes that a GPU sends")
  func collectives() throws {
    for vector in try vectors(refused: false) {
      let costs = try InferenceCosts(
        spec: vector.spec(), model: vector.model(), cluster: vector.cluster())
      let sent = CompiledTraffic(costs)
      let expected = try #require(vector.expected["collectives"] as? [String: [String: Any]])

      var names: [String] = []
      for (name, figures) in expected.sorted(by: { $0.key < $1.key }) {
        let (count, amount) = try sent.amount(of: name, &names)
        #expect(count == figures["count"] as? Int, "\(vector.name) \(name)")
        let key = ["sent", "rows_sent"].first { figures[$0] != nil }
        if let key {
          #expect(abs(amount - Double(figures[key] as? Int ?? 0)) < 0.5, "\(vector.name) \(name)")
        } else {
          #expect(amount / Double(count) == Double(figures["bytes_each"] as? Int ?? 0))
        }
      }
      // The gather behind a stage's receipt is not counted by the vectors.
      #expect(Set(sent.names).subtracting(names).subtracting(["stage_gather"]) == [])
    }
  }
}

/// What one GPU sends in a compiled step, by purpose.
struct CompiledTraffic {
  private var counts: [String: Int] = [:]
  private var bytes: [String: Double] = [:]

  init(_ costs: InferenceCosts) {
    let program = InferenceCompiler(costs).compile()
    for (index, operation) in program.operations.enumerated() {
      guard let sending = operation.sending else { continue }
      let label = program.labels[index]
      let name = label.collective?.rawValue ?? label.kind.rawValue
      counts[name, default: 0] += 1
      let transfer = program.streams.transfers[sending.transfer.index]
      // Bytes beyond those that go both ways are not sent under even loads; nor are a kernel's.
      for leg in transfer.phases.flatMap(\.legs)
      where leg.ends == .both && leg.course != .kernelOnly {
        bytes[name, default: 0] += leg.bytes
      }
    }
  }

  /// Purposes that occur.
  var names: [String] { counts.keys.sorted() }

  /// The amount behind a name of the vectors; adds the purposes that it stands for.
  func amount(of name: String, _ names: inout [String]) throws -> (count: Int, sent: Double) {
    let purposes: [String] =
      switch name {
      case "experts_gather_scatter": ["experts_token_gather", "experts_result_scatter"]
      case "stage_sends": ["stage"]
      default: [name]
      }
    names += purposes
    let count = purposes.reduce(0) { $0 + (counts[$1] ?? 0) }
    let sent = purposes.reduce(0) { $0 + (bytes[$1] ?? 0) }
    // Rows of 7,168 numbers: FP8 with scales, or BF16.
    switch name {
    case "dispatch": return (count, sent / (7168 + 7168 / 128 * 4))
    case "combine": return (count, sent / (7168 * 2))
    default: return (count, sent)
    }
  }
}
