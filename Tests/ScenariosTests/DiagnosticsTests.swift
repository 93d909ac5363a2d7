import Cluster
import Foundation
import Recording
import Testing

@testable import Scenarios

@Suite("Problems state their place, the error and the correction")
struct DiagnosticsTests {
  @Test("a problem is printed with place, key, the user's word, the known words and a suggestion")
  func rendering() throws {
    let text = try shippedText().replacingOccurrences(of: "h800-sxm", with: "h8000")

    let found = problems(text)

    let known = NodeSpec.catalogue.map(\.name).joined(separator: ", ")
    #expect(
      found.map(\.explanation.report) == [
        """
        a.yaml:7:9: error: cluster.node: "h8000" is not in the catalogue
          known: \(known)   did you mean "h800-sxm"?
        """
      ])
  }

  @Test("all problems are reported at once, in the order of the file")
  func allAtOnce() throws {
    let text = try shippedText()
      .replacingOccurrences(of: "nodes: 256", with: "nodez: 256")
      .replacingOccurrences(of: "4096 tokens", with: "4096 apples")
      .replacingOccurrences(of: "train_mtp: true", with: "train_mtp: yes")
      .replacingOccurrences(of: "gemm: fp8", with: "gemm: fp9")

    let found = problems(text)

    #expect(
      found.map(\.keyPath) == [
        "cluster.nodes", "cluster.nodez", "training.sequence_length", "training.train_mtp",
        "training.precision.gemm",
      ])
    #expect(found.map(\.line) == [6, 8, 14, 18, 25])
    #expect(found[1].suggestion == "nodes")
    #expect(found[3].suggestion == "true")
    #expect(found[4].suggestion == "fp8")
  }

  /// A setting, the key reported as wrong, and part of the message.
  struct Case: Sendable, CustomTestStringConvertible {
    let setting: String
    let key: String
    let words: String
    var testDescription: String { setting }
    init(_ setting: String, _ key: String, _ words: String) {
      self.setting = setting
      self.key = key
      self.words = words
    }
  }

  static let forms = [
    Case("cluster.node.nic=400", "cluster.node.nic", "\"400\" has no unit"),
    Case("cluster.node.nic=400 GiB", "cluster.node.nic", "\"GiB\" is not a unit of a rate"),
    Case("cluster.node.nic=-400 Gb/s", "cluster.node.nic", "is negative"),
    Case("cluster.node.nic=nan Gb/s", "cluster.node.nic", "is not finite"),
    Case("cluster.node.nic=1e400 Gb/s", "cluster.node.nic", "is not finite"),
    Case("cluster.node.nic=.inf", "cluster.node.nic", "is not finite"),
    Case("cluster.node.nic=fast", "cluster.node.nic", "\"fast\" is not a rate"),
    Case("cluster.node.nic=1 PB/s", "cluster.node.nic", "out of range"),
    Case("cluster.nodes=0", "cluster.nodes", "out of range"),
    Case("cluster.nodes=-1", "cluster.nodes", "out of range"),
    Case("cluster.nodes=010", "cluster.nodes", "starts with a zero"),
    Case("cluster.nodes=0x10", "cluster.nodes", "not a whole number"),
    Case("cluster.nodes=1:30", "cluster.nodes", "not a whole number"),
    Case("cluster.nodes=2.5", "cluster.nodes", "not a whole number"),
    Case("cluster.nodes=99999999999999999999", "cluster.nodes", "out of range"),
    Case("cluster.nodes='256'", "cluster.nodes", "write it without quotes"),
    Case("cluster.nodes=", "cluster.nodes", "has no value"),
    Case("cluster.nodes=[1]", "cluster.nodes", "is a list"),
    Case("cluster.nodes=!!int 3", "cluster.nodes", "is not supported"),
    Case("cluster=5", "cluster", "not a mapping"),
    Case("training.sequence_length=1.5 tokens", "training.sequence_length", "not a whole number"),
    Case("training.sequence_length=010 tokens", "training.sequence_length", "starts with a zero"),
    Case("training.run_tokens=-1 tokens", "training.run_tokens", "is negative"),
    Case("training.schedule=dualpip", "training.schedule", "is not a schedule"),
    Case("training.scedule=dualpipe", "training.scedule", "is not a key here"),
    Case("training.activations.recompute=swiglu", "training.activations.recompute", "not a list"),
    Case(
      "training.activations.recompute=[swiglu, swiglu]", "training.activations.recompute[1]",
      "listed twice"),
    Case("training.node_limit=all", "training.node_limit", "not a whole number"),
    Case("name=", "name", "has no value"),
    Case("model.experts=some", "model.experts", "neither none nor a mapping"),
  ]

  @Test("a value of the wrong form is refused at its key", arguments: forms)
  func wrongForm(_ wrong: Case) throws {
    let found = try mainProblems(wrong.setting)

    #expect(found.map(\.keyPath) == [wrong.key] || wrong.words == "is not supported")
    #expect(found.first?.message.contains(wrong.words) == true, "\(found)")
    #expect(found.first?.source.hasPrefix("--set ") == true)
  }

  static let conditions = [
    Case("training.parallel.pipeline=70", "training.parallel.pipeline", "70"),
    Case("training.parallel.pipeline=15", "training.parallel.pipeline", "does not divide the 2048"),
    Case("training.parallel.data=129", "training.parallel.data", "2064 GPUs"),
    Case("training.parallel.expert=48", "training.parallel.expert", "does not divide"),
    Case("training.parallel.expert=3", "training.parallel.expert", "does not divide"),
    Case("training.microbatches=31", "training.microbatches", "DualPipe"),
    Case("training.microbatches=30", "training.microbatches", ">= 32"),
    Case("training.global_batch=1000", "training.global_batch", "do not divide"),
    Case("training.global_batch=128", "training.global_batch", "DualPipe"),
    Case("training.partition=[61]", "training.partition", "1 entries for 16 stages"),
    Case(
      "training.partition=[4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4]", "training.partition",
      "sums to 64 layers"),
    Case("training.communication_sms=132", "training.communication_sms", "none of the 132 SMs"),
    Case("training.communication_sms=0", "training.communication_sms", "dispatch and combine"),
    Case("training.node_limit=9", "training.node_limit", "more than the 8 nodes"),
    Case("model.mtp_modules=0", "training.train_mtp", "no MTP modules"),
    Case("model.experts.top_k=300", "model.experts.top_k", "out of range"),
    Case("model.experts.groups=7", "model.experts.groups", "does not divide the 256"),
    Case("model.experts.group_limit=9", "model.experts.group_limit", "more than the 8 groups"),
    Case("model.experts.dense_layers=61", "model.experts.dense_layers", "leaves none"),
    Case("training.microbatch=8192", "training.microbatch", "more than the limit"),
    Case("training.microbatches=40000", "training.microbatches", "more than a simulation holds"),
    Case("cluster.node.gpu.bf16_peak=1 GFLOPS", "training", "days"),
  ]

  @Test("sizes that do not fit together are refused at the key to change", arguments: conditions)
  func wrongSizes(_ wrong: Case) throws {
    let found = try mainProblems(wrong.setting)

    #expect(
      found.contains { $0.keyPath == wrong.key && $0.message.contains(wrong.words) }, "\(found)")
  }

  @Test("61 layers on 64 stages leave some without a layer")
  func moreStagesThanLayers() throws {
    let scenario = try mainScenario(
      "training.parallel.pipeline=64", "training.microbatches=128", "training.parallel.expert=32")

    #expect(scenario.training.layout.pipeline == 64)
  }

  @Test("FP8 is refused on a GPU that does not support it, and formats have no default there")
  func withoutFP8() throws {
    let written = try mainProblems("cluster.node=a100-sxm")
    let absent = problems(
      try shippedText("tiny-16gpu"), ["cluster.node=a100-sxm"])

    #expect(
      written.map(\.keyPath) == [
        "training.precision.gemm", "training.precision.dispatch", "training.activations.cached",
      ])
    #expect(written.first?.message.contains("\"fp8\" is not supported by GPU") == true)
    #expect(absent.count == 3)
    #expect(absent.first?.message.contains("is required") == true)
  }

  @Test("expert parallelism is refused on a dense model and required on a sparse one")
  func expertsOfModels() throws {
    let dense = problems(try shippedText("dense-72b"), ["training.parallel.expert=8"])
    let sparse = try mainProblems("training.parallel={pipeline: 16}")

    #expect(dense.map(\.keyPath) == ["training.parallel.expert"])
    #expect(dense.first?.message.contains("qwen2.5-72b has none") == true)
    #expect(sparse.map(\.keyPath) == ["training.parallel.expert"])
    #expect(sparse.first?.message.contains("is required") == true)
  }

  @Test("a malformed override is refused with its option")
  func brokenOverrides() throws {
    #expect(try mainProblems("training.schedule").first?.message.contains("KEY=VALUE") == true)
    #expect(try mainProblems("a..b=1").first?.message.contains("not a key") == true)
    #expect(try mainProblems("=1").first?.message.contains("not a key") == true)
    #expect(try mainProblems("name=a\nb").first?.message.contains("line break") == true)
    #expect(try mainProblems("name=[").first?.source == "--set name")
    #expect(
      try mainProblems("training.activations.recompute.x=1").first?.message.contains("is a list")
        == true)
  }
}

@Suite("Overrides change any key")
struct OverrideTests {
  @Test("a later override wins, and each is recorded, including the seed; the text is unchanged")
  func later() throws {
    let scenario = try mainScenario("training.schedule=1f1b", "training.schedule=zb1p", seed: 7)

    #expect(scenario.training.schedule == "zb_h1")
    #expect(scenario.seed == 7)
    #expect(scenario.text == (try shippedText()))
    #expect(
      scenario.settings == [
        Setting("training.schedule", "1f1b"), Setting("training.schedule", "zb1p"),
        Setting("seed", "7"),
      ])
  }

  @Test("a global batch replaces the microbatches of the file")
  func replaces() throws {
    let scenario = try mainScenario("training.global_batch=7680 sequences")

    #expect(scenario.training.microbatches == 60)
  }

  @Test("microbatches and a global batch in one file are refused")
  func exclusive() throws {
    let text = try shippedText().replacingOccurrences(
      of: "  train_mtp: true", with: "  global_batch: 15360")

    let found = problems(text)

    #expect(found.map(\.keyPath) == ["training.global_batch"])
    #expect(found.first?.line == 18)
  }

  @Test("no node limit means all nodes with experts; an absent limit means the model's own")
  func nodeLimit() throws {
    #expect(try mainScenario("training.node_limit=none").training.nodeLimit == 8)
    #expect(try mainScenario("training.node_limit=2").training.nodeLimit == 2)
    #expect(try mainScenario().training.nodeLimit == nil)
  }

  @Test("a partition and formats are set as written")
  func lists() throws {
    let training = try mainScenario(
      "training.partition=[3,3,4,4,4,4,4,4,4,4,4,4,4,4,4,3]",
      "training.activations.recompute=[]", "training.precision.moments=fp32"
    ).training

    #expect(training.stages?.partition == [3, 3] + Array(repeating: 4, count: 13) + [3])
    #expect(training.activations.recompute.isEmpty)
    #expect(training.precision.moments == .fp32)
    #expect(training.precision.gemm == .fp8)
  }
}
