// Deployments of several shapes, and random steps of a service on them.

import Cluster
import ModelCost
import Routing
import Testing
import Units

@testable import Serving

/// A deployment under test.
struct Deployment: Sendable, CustomTestStringConvertible {
  /// What its groups compute.
  enum Work: Sendable { case decode, prefill, mixed }

  var name: String
  var modelName: String
  var nodeName: String
  var nodes: Int
  var work: Work
  var layout: InferenceLayout
  var redundant = 0
  var microbatches = 1
  var acceptance: Double?
  var formats = ProductFormats(.fp8)
  var cache = CacheFormat.bf16

  var testDescription: String { name }

  static let all: [Deployment] = [
    Deployment(
      name: "EP144 with MTP", modelName: "deepseek-v3", nodeName: "h800-sxm", nodes: 18,
      work: .decode,
      layout: InferenceLayout(data: 144), redundant: 32, microbatches: 2, acceptance: 0.8,
      cache: .fp8Tile),
    Deployment(
      name: "EP144", modelName: "deepseek-v3", nodeName: "h800-sxm", nodes: 18, work: .decode,
      layout: InferenceLayout(data: 144), redundant: 32, microbatches: 2),
    Deployment(
      name: "EP320", modelName: "deepseek-v3", nodeName: "h800-sxm", nodes: 40, work: .decode,
      layout: InferenceLayout(data: 320), redundant: 64, acceptance: 0.8),
    Deployment(
      name: "prefill EP32", modelName: "deepseek-v3", nodeName: "h800-sxm", nodes: 4,
      work: .prefill,
      layout: InferenceLayout(data: 32), redundant: 32, microbatches: 2),
    Deployment(
      name: "TP8 decode", modelName: "deepseek-v3", nodeName: "h200-sxm", nodes: 1, work: .decode,
      layout: InferenceLayout(tensor: 8)),
    Deployment(
      name: "TP8 prefill", modelName: "deepseek-v3", nodeName: "h200-sxm", nodes: 1, work: .prefill,
      layout: InferenceLayout(tensor: 8)),
    Deployment(
      name: "TP8 mixed", modelName: "deepseek-v3", nodeName: "h200-sxm", nodes: 1, work: .mixed,
      layout: InferenceLayout(tensor: 8)),
    Deployment(
      name: "TP8, divided experts, mixed", modelName: "deepseek-v3", nodeName: "h200-sxm", nodes: 1,
      work: .mixed, layout: InferenceLayout(tensor: 8, experts: .divided)),
    Deployment(
      name: "gathered tokens", modelName: "deepseek-v3", nodeName: "h200-sxm", nodes: 2,
      work: .decode,
      layout: InferenceLayout(tensor: 4, data: 4, exchange: .gather)),
    Deployment(
      name: "grouped queries, experts", modelName: "qwen3-235b-a22b", nodeName: "h200-sxm",
      nodes: 1,
      work: .decode, layout: InferenceLayout(tensor: 4, data: 2), formats: ProductFormats(.bf16)),
    Deployment(
      name: "grouped queries, dense, mixed", modelName: "llama-3-70b", nodeName: "h200-sxm",
      nodes: 1,
      work: .mixed, layout: InferenceLayout(tensor: 8), formats: ProductFormats(.bf16)),
    Deployment(
      name: "TP8 x PP2", modelName: "deepseek-v3", nodeName: "h200-sxm", nodes: 2, work: .decode,
      layout: InferenceLayout(tensor: 8, pipeline: 2)),
  ]

  /// The deployment's model.
  func spec() throws -> (InferenceSpec, ModelSpec, ClusterSpec) {
    let model = try #require(ModelSpec.catalogue.first { $0.name == modelName })
    let node = try #require(NodeSpec.catalogue.first { $0.name == nodeName })
    let phase: InferenceSpec.Phase = work == .prefill ? .prefill : .decode
    let spec = InferenceSpec(
      phase: phase, batch: 2, context: 1024, layout: layout, redundantExperts: redundant,
      microbatches: microbatches, kvCache: cache, formats: formats, mtpAcceptance: acceptance,
      communicationSMs: phase.usualCommunicationSMs, routing: .uniform, planner: .best,
      kernelRelease: .april2025)
    return (spec, model, ClusterSpec(node: node, nodeCount: nodes))
  }

  /// A surface without nodes.
  func surface() throws -> StepSurface {
    let (spec, model, cluster) = try spec()
    return StepSurface(spec, model: model, cluster: cluster, asksMachineFirst: false)
  }

  /// A random step: up to 128 sequences of 500 to 8,000 tokens, chunks of 2,048 tokens, prompts of
  /// up to 16,000, some behind cached prefixes, in units 0.8 to 1.4 times as busy, imbalance 1 to
  /// 1.4.
  func point(_ random: inout RandomStream) -> SurfacePoint {
    func draw(_ range: ClosedRange<Int>) -> Int {
      range.lowerBound + random.index(below: range.count)
    }
    var point = SurfacePoint()
    if work != .prefill {
      point.decodes = draw(1...128)
      point.decodeTokens = point.decodes * (acceptance == nil ? 1 : 2)
      point.decodeContext = point.decodes * draw(500...8000) + draw(0...point.decodes)
    }
    if work != .decode {
      let rows = draw(1...4)
      let length = (work == .mixed ? 2048 - point.decodeTokens : draw(1024...16000)) / rows
      let prefix = draw(0...1) == 0 ? 0 : draw(1...8000)
      point.prefillTokens = rows * length
      point.prefillContext = rows * prefix
      point.prefillPairsDoubled = rows * length * (2 * prefix + length + 1)
    }
    point.unitTokens = Double(point.tokens) * Double(draw(800...1400)) / 1000
    point.imbalance = Double(draw(1000...1400)) / 1000
    return point
  }
}
