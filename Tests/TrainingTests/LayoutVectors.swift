// The vectors of training layouts, made by an independent program (notes in the fixture), as steps.

import Cluster
import Foundation
import ModelCost
import Schedules
import Testing

@testable import Training

/// One layout with its expected values.
struct LayoutVector: Sendable, CustomTestStringConvertible {
  let name: String
  let model: String
  private let layout: JSONNode
  let expected: JSONNode

  var testDescription: String { name }

  /// All layouts in order of name; `refused` chooses those that are not legal.
  static func all(refused: Bool) throws -> [LayoutVector] {
    try JSONNode.fixture("layouts")["layouts"].members.map { name, node in
      LayoutVector(
        name: name, model: node["model"].text ?? "", layout: node["layout"],
        expected: node["expected"])
    }.filter { ($0.expected["refused"].isThere) == refused }
  }

  func size(_ key: String) -> Int { layout[key].number.map { Int($0) } ?? 1 }
  func text(_ key: String) -> String { layout[key].text ?? "" }
  var recipe: String { layout["precision"]["recipe"].text ?? "" }
  var gradientBytes: Int { Int(layout["precision"]["gradient_bytes"].number ?? 4) }
  var recompute: Set<ActivationPolicy.Recompute> {
    Set(layout["recompute"].items.compactMap { $0.text.flatMap { .init(rawValue: $0) } })
  }
  /// Microbatches of a pipeline in a step.
  var microbatches: Int { size("global_batch") / (size("data") * size("microbatch")) }

  /// The pipeline ranks with expected values.
  var ranks: [(rank: Int, values: JSONNode)] {
    expected["ranks"].members.compactMap { rank, node in Int(rank).map { ($0, node) } }
  }

  private var sharding: LayerSharding {
    LayerSharding(
      tensor: size("tensor"), context: size("context"), expertTensor: size("expert_tensor"),
      isSequenceParallel: layout["sequence_parallel"].flag ?? false,
      contextExchange: ContextExchange(rawValue: text("context_exchange")) ?? .ring)
  }

  /// The step with another number of microbatches, whatever memory it needs.
  func step(microbatches: Int? = nil) throws -> TrainingStep {
    let stages = try StageLayout(text: text("stages"))
    let modules = stages.stages.reduce(0) { $0 + $1.modules }
    let chunks = size("chunks")
    let model = try #require(Self.spec(named: model))
    let activations = ActivationPolicy(recompute: recompute, cached: .bf16)
    var precision = TrainingPrecision.bf16
    precision.gradients = gradientBytes == 2 ? .bf16 : .fp32
    precision.recipe = try #require(PrecisionRecipe(rawValue: recipe))
    let spec = TrainingSpec(
      sequenceLength: size("sequence"), microbatchSequences: size("microbatch"),
      microbatches: microbatches ?? self.microbatches, runTokens: 1e12,
      schedule: chunks > 1 ? "interleaved" : "1f1b",
      layout: ParallelLayout(
        pipeline: size("pipeline"), expert: size("expert"), data: size("data"),
        sharding: sharding),
      precision: precision, activations: activations, stages: stages, trainsMTP: modules > 0,
      communicationSMs: size("expert") > 1 ? 20 : 0, kernelRelease: .february2025,
      nodeLimit: nil, chunks: chunks > 1 ? chunks : nil)
    let node = try #require(NodeSpec.catalogue.first { $0.name == "h100-sxm" })
    let cluster = ClusterSpec(node: node, nodeCount: (spec.layout.gpuCount + 7) / 8)
    let kind = try #require(ScheduleCatalogue.named(spec.schedule))
    let plan = try kind.plan(
      ScheduleSizes(
        ranks: spec.layout.pipeline, microbatches: spec.microbatches, chunks: spec.chunks))
    return TrainingStep(
      spec: spec, model: model, cluster: cluster,
      costs: BlockCosts(spec: spec, model: model, cluster: cluster), kind: kind, plan: plan,
      layout: stages)
  }

  /// Moonlight has the shape of DeepSeek-V2-Lite with another vocabulary and dense width, and a
  /// bias for the selection of experts.
  private static func spec(named name: String) -> ModelSpec? {
    guard name == "moonlight-16b-a3b" else { return ModelSpec.catalogue.first { $0.name == name } }
    var model = ModelSpec.catalogue.first { $0.name == "deepseek-v2-lite" }
    model?.vocabulary = 163_840
    model?.denseIntermediate = 11_264
    model?.experts?.hasSelectionBias = true
    return model
  }
}

/// A value of a fixture.
struct JSONNode: Sendable {
  private enum Content: Sendable {
    case object([String: JSONNode])
    case array([JSONNode])
    case text(String)
    case number(Double)
    case nothing
  }

  private let content: Content

  private init(_ value: Any?) {
    content =
      switch value {
      case let object as [String: Any]: .object(object.mapValues { JSONNode($0) })
      case let array as [Any]: .array(array.map { JSONNode($0) })
      case let text as String: .text(text)
      case let number as NSNumber: .number(number.doubleValue)
      default: .nothing
      }
  }

  static func fixture(_ name: String) throws -> JSONNode {
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
    return JSONNode(try JSONSerialization.jsonObject(with: Data(contentsOf: url)))
  }

  subscript(key: String) -> JSONNode {
    if case .object(let members) = content { members[key] ?? JSONNode(nil) } else { JSONNode(nil) }
  }

  var members: [(name: String, value: JSONNode)] {
    if case .object(let members) = content {
      members.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    } else {
      []
    }
  }

  var items: [JSONNode] { if case .array(let items) = content { items } else { [] } }
  var text: String? { if case .text(let text) = content { text } else { nil } }
  var number: Double? { if case .number(let number) = content { number } else { nil } }
  var flag: Bool? { number.map { $0 != 0 } }
  var isThere: Bool { if case .nothing = content { false } else { true } }
}
