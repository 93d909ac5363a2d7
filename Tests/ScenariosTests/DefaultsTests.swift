// Default values: they adapt to the written values, and errors are reported at written keys.

import Testing

@testable import Scenarios

@Suite("Omitted values")
struct DefaultsTests {
  private func load(
    _ name: String, _ overrides: [String], without keys: [String] = []
  ) throws -> Scenario {
    let lines = try shippedText(name).split(separator: "\n", omittingEmptySubsequences: false)
    let text = lines.filter { line in
      !keys.contains { line.trimmingPrefix(while: { $0 == " " }).hasPrefix($0 + ":") }
    }.joined(separator: "\n")
    return try Scenario.decode(text: text, file: "a.yaml", overrides: overrides)
  }

  private func problems(
    _ name: String, _ overrides: [String], without keys: [String] = []
  ) throws -> [Diagnostic] {
    do {
      _ = try load(name, overrides, without: keys)
      return []
    } catch let error as ScenarioProblem {
      return error.diagnostics
    }
  }

  @Test("a batch of one sequence is one microbatch, unless two are written")
  func microbatches() throws {
    let decode = "inference-decode-ep144"

    let single = try load(decode, ["inference.batch=1"], without: ["microbatches"])
    let pair = try load(decode, ["inference.batch=2"], without: ["microbatches"])
    let written = try problems(decode, ["inference.batch=1", "inference.microbatches=2"])

    #expect(single.inference.microbatches == 1)
    #expect(pair.inference.microbatches == 2)
    #expect(written.map(\.keyPath) == ["inference.microbatches"])
  }

  @Test("GPUs that do not divide the experts are refused, not the omitted redundant experts")
  func redundantExperts() throws {
    let decode = "inference-decode-ep144"

    let absent = try problems(decode, [], without: ["redundant_experts"])
    let written = try problems(decode, ["inference.redundant_experts=0"])

    #expect(absent.map(\.keyPath) == ["inference.expert_parallel"])
    #expect(absent.first?.message == "\"144\" GPUs do not divide the 256 experts")
    #expect(
      absent.first?.allowed
        == "expected: a divisor of 256, or 32 as inference.redundant_experts")
    #expect(written.map(\.keyPath) == ["inference.redundant_experts"])
  }

  @Test(
    "communication SMs leave at least one SM for computation by default",
    arguments: [2, 20, 21, 132])
  func communicationSMs(count: Int) throws {
    let gpu = ["cluster.node.gpu.sms=\(count)"]

    let step = try load("tiny-16gpu", gpu, without: ["communication_sms"])
    let prefill = try load(
      "inference-prefill-ep32", gpu, without: ["communication_sms"])

    #expect(step.training.communicationSMs == min(20, count - 1))
    #expect(prefill.inference.communicationSMs == min(24, count - 1))
  }

  @Test("a GPU with one SM is refused at its own key if communication needs SMs")
  func oneSM() throws {
    let gpu = ["cluster.node.gpu.sms=1"]

    let step = try problems("tiny-16gpu", gpu, without: ["communication_sms"])
    let written = try problems("tiny-16gpu", gpu + ["training.communication_sms=1"])

    #expect(step.map(\.keyPath) == ["cluster.node.gpu.sms"])
    #expect(written.map(\.keyPath) == ["training.communication_sms"])
  }

  @Test(
    "a sequence too long for uneven loads is refused at its own key if no microbatch is written")
  func microbatch() throws {
    let settings = [
      "training.sequence_length=4M tokens", "training.routing={source: lognormal, sigma: 1}",
    ]

    let absent = try problems("tiny-16gpu", settings, without: ["microbatch"])
    let written = try problems("tiny-16gpu", settings + ["training.microbatch=1"])

    #expect(absent.map(\.keyPath) == ["training.sequence_length"])
    #expect(written.map(\.keyPath) == ["training.microbatch"])
  }

  @Test(
    "a conflict with a number of the base is reported at the written number",
    arguments: [
      ("experts: {routed: 100}", "model.experts.routed", "the base has groups: 8, which does not"),
      ("experts: {routed: 4}", "model.experts.routed", "the base has top_k: 8, which is more"),
      ("experts: {groups: 2}", "model.experts.groups", "the base has group_limit: 4, which is"),
      ("experts: {top_k: 200}", "model.experts.top_k", "the base has group_limit: 4, which lets"),
      ("layers: 2", "model.layers", "dense_layers: 3, which leaves none of the 2 layers"),
    ])
  func bases(field: String, key: String, words: String) throws {
    let found = try mainProblems("model={base: deepseek-v3, \(field)}").filter {
      $0.keyPath.hasPrefix("model")
    }

    #expect(found.first?.keyPath == key)
    #expect(found.first?.message.contains(words) == true, "\(found)")
    #expect(found.first?.allowed?.hasPrefix("write model.experts.") == true)
  }
}
