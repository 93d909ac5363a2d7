// Scenarios of inference: what is read, and what is refused.

import Cluster
import ModelCost
import Routing
import Serving
import Testing

@testable import Scenarios

@Suite("Inference scenarios")
struct InferenceScenarioTests {
  private static let shipped = [
    "inference-decode-ep144", "inference-decode-ep320", "inference-prefill-ep32",
  ]

  private func load(_ name: String, _ overrides: [String] = []) throws -> Scenario {
    try Scenario.load(path: shippedPath(name), overrides: overrides)
  }

  private func problems(_ overrides: String..., of name: String = shipped[0]) -> [Diagnostic] {
    do {
      _ = try load(name, overrides)
      return []
    } catch let error as ScenarioProblem {
      return error.diagnostics
    } catch {
      return []
    }
  }

  @Test("each shipped scenario loads under its own name", arguments: shipped)
  func loads(name: String) throws {
    let scenario = try load(name)

    #expect(scenario.name == name)
    #expect(scenario.model == .deepseekV3)
    #expect(scenario.inference.routing == RoutingSpec(.logNormal(sigma: 0.59), seed: 1))
  }

  @Test("absent keys have the published values of the phase")
  func defaults() throws {
    let decode = try load("inference-decode-ep144").inference
    #expect(decode.communicationSMs == 0)
    #expect(decode.kvCache == .bf16 && decode.formats == ProductFormats(.fp8))
    #expect(decode.mtpAcceptance == 0.85 && decode.queries == 2)
    let prefill = try load("inference-prefill-ep32").inference
    #expect(prefill.communicationSMs == 24)
    #expect(prefill.mtpAcceptance == nil && prefill.queries == 4096)
    #expect(decode.planner == .best)
    let unplanned = try load(
      "inference-decode-ep320",
      [
        "inference.planner=in_order", "inference.redundant_experts=0",
        "inference.expert_parallel=64",
      ])
    #expect(unplanned.inference.planner == .inOrder)
  }

  @Test("a layout is read with its defaults: all GPUs, experts whole, the published weights")
  func layouts() throws {
    let host = try load("v3-one-host-h200").inference
    #expect(host.layout == InferenceLayout(tensor: 8, experts: .divided, exchange: .gather))
    #expect(host.microbatches == 1)
    #expect(host.formats == ProductFormats(.fp8))
    let hosts = try load("v3-four-hosts-24gb").inference
    #expect(hosts.layout.pipeline == 4 && hosts.layout.data == 1)
    #expect(hosts.layout.layerCounts(of: 61) == [17, 15, 15, 14])
    #expect(hosts.pool.overhead.value == 1_073_741_824)
    let groups = try load("v3-one-host-h200", ["inference.tensor=2", "inference.experts=ep"])
    #expect(groups.inference.layout == InferenceLayout(tensor: 2, data: 4))
    #expect(try load("inference-decode-ep144").inference.layout == InferenceLayout(data: 144))
  }

  @Test("weights have the published format if products can read it")
  func weights() throws {
    func formats(_ overrides: String...) throws -> ProductFormats {
      try load("v3-one-host-h200", overrides + ["inference.experts=ep"]).inference.formats
    }
    let mxfp4 = WeightScheme(.mxfp4, .experts)

    #expect(try formats("inference.gemm=bf16") == ProductFormats(.bf16))
    #expect(try formats("inference.weights.format=bf16") == ProductFormats(.bf16))
    #expect(
      try formats("model=gpt-oss-120b") == ProductFormats(gemm: .fp8, weights: mxfp4))
    #expect(
      try formats("model=gpt-oss-120b", "inference.gemm=bf16")
        == ProductFormats(gemm: .bf16, weights: mxfp4))
    #expect(
      try formats("inference.weights={format: int4_g32, covers: experts}")
        == ProductFormats(gemm: .fp8, weights: WeightScheme(.int4Group32, .experts)))
    let wide = problems("inference.weights.format=bf16", "inference.gemm=fp8")
    #expect(wide.contains { $0.keyPath == "inference.weights.format" })
  }

  /// An override, with the key and a word of its problem.
  struct Case: CustomTestStringConvertible, Sendable {
    var override: String
    var key: String
    var word: String
    init(_ override: String, _ key: String, _ word: String) {
      (self.override, self.key, self.word) = (override, key, word)
    }
    var testDescription: String { override }
  }

  @Test(
    "conflicting values are refused by name",
    arguments: [
      Case(
        "inference.redundant_experts=30", "inference.redundant_experts", "nearest: 32"),
      Case("inference.expert_parallel=152", "inference.expert_parallel", "at most 144"),
      Case("inference.expert_parallel=60", "inference.expert_parallel", "nearest: 56 or 64"),
      Case("inference.batch=1", "inference.microbatches", "microbatches of 1"),
      Case("inference.phase=prefil", "inference.phase", "prefill"),
      Case("inference.phase=prefill", "inference.mtp_acceptance", "drafts no tokens"),
      Case("inference.kv_cashe=fp8", "inference.kv_cashe", "kv_cache"),
      Case("inference.cashed_prefix=1", "inference.cashed_prefix", "cached_prefix"),
      Case(
        "cluster.topology={name: a, links: [{from: node0-17, to: hub, capacity: 400 Gb/s, latency:"
          + " 1 us}]}", "cluster.topology", "needs inference.fidelity: every-gpu"),
      Case("inference.cached_prefix=1024", "inference.cached_prefix", "is for prefill"),
      Case("inference.communication_sms=132", "inference.communication_sms", "none of the 132"),
      Case("inference.mtp_acceptance=1.5", "inference.mtp_acceptance", "1.5"),
      Case("inference.plan={window: 10}", "inference.plan.age", "is required"),
      Case("inference.plan={windo: 1, age: 1}", "inference.plan.windo", "window"),
      Case("inference.plan={window: 0, age: 1}", "inference.plan.window", "from 1 to 1440"),
      Case("inference.plan={window: 1, age: 1441}", "inference.plan.age", "from 0 to 1440"),
      Case("inference.plan={window: 1, age: 0.5}", "inference.plan.age", "whole number"),
      Case("inference.planner=in_order", "inference.planner", "32 redundant experts"),
      Case("inference.planner=elpb", "inference.planner", "eplb"),
      Case("inference.routing.sigma=9", "inference.routing.sigma", "9"),
      Case("model=qwen2.5-72b", "inference.redundant_experts", "has no experts"),
      Case("inference.tensor=5", "inference.expert_parallel", "nearest: 140 or 145"),
      Case("inference.tensor=3", "inference.tensor", "nearest: 2 or 4"),
      Case("inference.data=8", "inference.expert_parallel", "expected: 8, or absent"),
      Case("inference.pipeline=2", "inference.pipeline", "at most 1"),
      Case("inference.partition=[60]", "inference.partition", "60 layers in all"),
      Case("inference.experts=tp", "inference.redundant_experts", "a part of every expert"),
      Case("inference.exchange=gater", "inference.exchange", "gather"),
      Case("inference.pool={rule: vlm}", "inference.pool.rule", "vllm"),
      Case("inference.pool={block: 0}", "inference.pool.block", "from 1 to 65536"),
      Case("cluster.node=a100-sxm", "inference.gemm", "no FP8"),
    ])
  func refused(_ wrong: Case) {
    let found = problems(wrong.override)

    let text = found.map(\.explanation.text).joined(separator: "\n")
    let isExpected = found.contains {
      $0.keyPath == wrong.key && $0.explanation.text.contains(wrong.word)
    }
    #expect(isExpected, "\(text)")
  }

  @Test("a plan has a window and an age, and needs loads by domain")
  func plan() throws {
    let timing = PlanTiming(windowMinutes: 10, ageMinutes: 30)
    let plan = "inference.plan={window: 10 minutes, age: 30}"

    #expect(try load("rebalancing").inference.plan == timing)
    #expect(try load(Self.shipped[0]).inference.plan == nil)
    #expect(try load(Self.shipped[0], [plan]).inference.plan == timing)
    let traced = try load(Self.shipped[0], [plan, "inference.routing={source: builtin}"])
    #expect(traced.inference.routing.source == .profile(.builtin))
    for source in ["uniform", "zipf, exponent: 1"] {
      let found = problems(plan, "inference.routing={source: \(source)}")
      #expect(found.map(\.keyPath) == ["inference.plan"])
      #expect(
        found.first?.explanation.text.contains("lognormal, profile, builtin, or trace") == true)
    }
  }

  @Test("the network is that of the catalogue, with degraded ports of participating GPUs")
  func network() throws {
    let name = "inference-prefill-ep32"
    let whole = [
      "cluster.nodes=8", "cluster.topology=single-plane-2to1",
      "cluster.faults=[{link: node3.gpu5, capacity: 50%}]",
    ]
    let cluster = try load(name, whole).cluster
    #expect(cluster.fabric == .catalogue("single-plane-2to1"))
    #expect(cluster.faults == [LinkFault(port: .gpu, index: 29, remaining: 0.5)])

    func problem(_ link: String) -> String {
      problems(
        "cluster.nodes=8", "cluster.topology=single-plane-2to1",
        "cluster.faults=[{link: \(link), capacity: 50%}]", of: name
      ).map(\.explanation.text).joined()
    }
    let dead = "cluster.faults=[{link: node3.nic5, capacity: 0%}]"
    #expect(problems(dead, "cluster.topology=single-plane", of: name).isEmpty)
    #expect(problems(dead, "cluster.topology=multi-plane", of: name).isEmpty)
    #expect(problem("node4.nic0").contains("\"node4.nic0\" is outside the GPUs"))
    #expect(problem("leaf0").isEmpty)
  }

  @Test("a cached prefix is read, and counts towards the tokens of a GPU")
  func cachedPrefix() throws {
    let name = "inference-prefill-ep32"
    let spec = try load(name, ["inference.cached_prefix=8k tokens"]).inference
    #expect(spec.cachedPrefix == 8000 && spec.queries == 4096)
    #expect(try load(name).inference.cachedPrefix == 0)

    let most = problems("inference.cached_prefix=4194304", of: name).first
    #expect(most?.keyPath == "inference.batch")
    #expect(most?.explanation.text.contains("at most 3 sequences") == true)
    let longest = problems("inference.cached_prefix=16777216", of: name).first
    #expect(longest?.keyPath == "inference.cached_prefix")
  }

  @Test("training and inference are mutually exclusive, and one is required")
  func kinds() {
    let head = "name: a\ncluster: {node: h800-sxm, nodes: 1}\nmodel: deepseek-v3\n"
    func message(_ text: String) -> String {
      do {
        _ = try Scenario.decode(text: text, file: "a.yaml")
        return ""
      } catch { return error.description }
    }

    #expect(message(head).contains("needs training or inference"))
    #expect(
      message(head + "training: {}\ninference: {}\n").contains("cannot be combined with training"))
  }
}
