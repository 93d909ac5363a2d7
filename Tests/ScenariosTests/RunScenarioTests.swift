// Whole training runs in scenarios: phases, their layouts and batches, and every refusal.

import Runs
import Testing

@testable import Scenarios

@Suite("Scenarios of whole training runs")
struct RunScenarioTests {
  private func spec(_ overrides: String..., unset: [String] = []) throws -> TrainingRunSpec {
    let scenario = try Scenario.decode(
      text: try shippedText("deepseek-v3-run"), file: "a.yaml", overrides: overrides,
      unset: unset)
    guard case .trainingRun(let spec) = scenario.question else {
      preconditionFailure("asks otherwise")
    }
    return spec
  }

  private func found(_ overrides: String..., unset: [String] = []) throws -> [Diagnostic] {
    let text = try shippedText("deepseek-v3-run")
    do {
      _ = try Scenario.decode(
        text: text, file: "a.yaml", overrides: overrides,
        unset: unset)
      return []
    } catch {
      return error.diagnostics
    }
  }

  @Test("the published run has its tokens, batches and lengths in five phases")
  func published() throws {
    let spec = try spec()

    #expect(
      spec.phases.map(\.name)
        == ["ramp", "plateau", "extension_32k", "extension_128k", "post_training"])
    let ramp = spec.phases[0]
    #expect(ramp.parts.map(\.step.globalBatch) == Array(stride(from: 3_072, to: 15_360, by: 1_536)))
    #expect(ramp.parts.allSatisfy { $0.step.layout.context == 2 && $0.step.layout.data == 64 })
    let plateau = spec.phases[1]
    #expect(plateau.steps == 227_785 && plateau.parts[0].step.globalBatch == 15_360)
    #expect(ramp.usedTokens + plateau.usedTokens >= 14.8e12)
    // 1,000 steps of 62,914,560 tokens in both extensions, on 4,096 tokens a GPU.
    for (phase, length) in [(spec.phases[2], 32_768), (spec.phases[3], 131_072)] {
      #expect(phase.steps == 1_000 && phase.usedTokens == 62_914_560_000)
      #expect(phase.parts[0].step.sequenceLength == length)
      #expect(phase.parts[0].step.microbatches == 120)
      #expect(phase.parts[0].step.contextTokens == 4_096)
    }
    // A phase has what the run's step says, and its own changes.
    #expect(spec.phases.allSatisfy { $0.parts[0].step.schedule == "dualpipe" })
    #expect(plateau.parts[0].step.layout.context == 1)
  }

  @Test("the plateau's layout is refused elsewhere, by phase and batch, with what is legal")
  func illegal() throws {
    let ramp = try found(unset: ["run.phases.ramp.training.parallel.context"])
    #expect(ramp.map(\.keyPath) == ["run.phases.ramp.ramp"])
    #expect(
      ramp.first?.message.contains("microbatches=24") == true
        && ramp.first?.message.hasSuffix("(phase ramp with 3072 sequences)") == true)
    #expect(
      ramp.first?.allowed
        == "legal in this layout, of the ramp's batches: 4608 to 13824 sequences")

    let first = try found(unset: ["run.phases.extension_32k.training.parallel.context"])
    #expect(first.map(\.keyPath) == ["run.phases.extension_32k.training.global_batch"])
    #expect(first.first?.message.contains("microbatches=15") == true)

    let second = try found(unset: ["run.phases.extension_128k.training.parallel.context"])
    #expect(second.first?.message.contains("(phase extension_128k)") == true)
    #expect(second.first?.allowed == "nearest: 384 or 512")
  }

  @Test("a problem of the common step is reported once, at its own key")
  func commonProblems() throws {
    let wrong = try found("run.training.parallel.pipeline=0")

    #expect(wrong.map(\.keyPath) == ["run.training.parallel.pipeline"])
    let divisor = try found("run.training.parallel.pipeline=13")
    #expect(divisor.map(\.keyPath) == ["run.training.parallel.pipeline"])
    #expect(divisor.first?.allowed?.contains("run.training.parallel.data") == true)
  }

  @Test("tokens of the run and of phases are settings")
  func settings() throws {
    #expect(try spec("run.tokens=1T").phases[1].usedTokens < 0.6e12)
    #expect(try spec("run.phases.extension_32k.steps=7").phases[2].steps == 7)
    let until = try spec("run.phases.plateau.until=2T", unset: ["run.tokens"])
    #expect(until.phases[0].usedTokens + until.phases[1].usedTokens >= 2e12)
    // Data parallelism follows the cluster.
    let half = try spec("cluster.nodes=128")
    #expect(half.phases[1].parts[0].step.layout.data == 64)
    let spared = try spec("cluster.nodes=264", "run.spares={count: 8}")
    #expect(spared.gpuCount == 2_048 && spared.spares?.count == 8)
  }

  @Test("one phase is enough, and takes the tokens of the run")
  func onePhase() throws {
    let spec = try spec("run.tokens=1T", unset: ["run.phases"])

    #expect(spec.phases.map(\.name) == ["training"])
    #expect(spec.phases[0].steps == Int((1e12 / 62_914_560).rounded(.up)))
  }

  @Test("a phase with steps has as many, whether its batch grows or not")
  func steps() throws {
    for rule in ["tokens", "stairs", "steps"] {
      let spec = try spec(
        "run.phases.ramp.steps=1000", "run.phases.ramp.ramp.rule=\(rule)",
        unset: ["run.phases.ramp.tokens"])

      let ramp = spec.phases[0]
      #expect(ramp.steps == 1_000 && ramp.tokens == ramp.usedTokens, "\(rule)")
      #expect(ramp.parts.map(\.step.globalBatch).first == 3_072)
      #expect(ramp.parts.count > 7)
    }
  }

  @Test("a list of batches is Megatron-LM's, and a ramp grows by what the schedule accepts")
  func ramps() throws {
    let list = try spec(
      "run.phases.ramp.ramp={list: 0:3072 250B:15360}")
    #expect(list.phases[0].parts.map(\.step.globalBatch) == [3_072, 15_360])

    // DualPipe takes even numbers of microbatches: two more on each of 64 pipelines.
    let legal = try spec("run.phases.ramp.ramp={from: 3072}")
    #expect(legal.phases[0].parts.allSatisfy { $0.step.globalBatch % 128 == 0 })
    #expect(legal.phases[0].parts.count > 90)
    let stairs = try spec("run.phases.ramp.ramp={from: 3072, rule: stairs, multiple: 3072}")
    #expect(stairs.phases[0].parts.map(\.step.globalBatch) == [3_072, 6_144, 9_216, 12_288])
  }

  @Test(
    "what is wrong with a run is said at its key",
    arguments: [
      ("run.phases.plateau.until=15T", "run.tokens"),
      ("run.phases.ramp.tokens=20T", "run.tokens"),
      ("run.phases.ramp.ramp.list=5:3", "run.phases.ramp.ramp.list"),
      ("run.phases.ramp.ramp.from=20000", "run.phases.ramp.ramp.from"),
      ("run.phases.plateau.tokens=1T", "run.tokens"),
      ("run.failures.gpu.effect=corrupt", "run.failures.gpu.effect"),
      ("run.failures.gpu.effect=slow", "run.failures.gpu.factor"),
      ("run.failures.gpu.factor=2", "run.failures.gpu.factor"),
      ("run.failures.gpu.age=new", "run.failures.gpu.age"),
      ("run.spares={count: 256}", "run.spares.count"),
      ("run.price={gpu_hour_beyond: 3 USD/h}", "run.price.gpu_hour_beyond"),
      ("run.loss_spikes={tokens_between: 1T, saves_back: 5}", "run.loss_spikes.saves_back"),
      ("run.phases.ramp.training.schedul=x", "run.phases.ramp.training.schedul"),
      ("run.training.run_tokens=1T", "run.training.run_tokens"),
      ("run.phases={a b: {tokens: 1T}}", "run.phases"),
      ("run.phases={}", "run.phases"),
      ("run.replications=0", "run.replications"),
    ])
  func refusals(setting: String, key: String) throws {
    let found = try found(setting)

    #expect(found.map(\.keyPath) == [key], "\(found)")
  }

  @Test("stairs end at the last batch, or the nearest that do are named")
  func stairs() throws {
    let ramp = "run.phases.ramp.ramp="
    // 3,072 to 15,360 sequences are 12,288 more; the schedule takes steps of 128.
    let high = try found("\(ramp){from: 3072, rule: stairs, multiple: 5000}")
    #expect(high.map(\.keyPath) == ["run.phases.ramp.ramp.multiple"])
    #expect(high.first?.allowed == "nearest: 4096 or 6144")
    let higher = try found("\(ramp){from: 3072, rule: stairs, multiple: 15000}")
    #expect(higher.first?.allowed == "nearest: 12288")
    let odd = try found("\(ramp){from: 3100, rule: stairs}")
    #expect(odd.map(\.keyPath) == ["run.phases.ramp.ramp.from"])
    #expect(odd.first?.allowed == "nearest: 3072 or 3200")
    // One stair is none: the batch is the last one only after the ramp.
    let one = try spec("\(ramp){from: 3072, rule: stairs, multiple: 12288}")
    #expect(one.phases[0].parts.map(\.step.globalBatch) == [3_072])
  }

  @Test("saves in memory need as many nodes as hold them")
  func groups() throws {
    let memory = "run.checkpoints.in_memory={every: 10 steps, group: "
    let large = try found("\(memory)257}")
    #expect(large.map(\.keyPath) == ["run.checkpoints.in_memory.group"])
    #expect(large.first?.allowed == "expected: at most 256")
    let spared = try found("\(memory)250}", "cluster.nodes=257", "run.spares={count: 129}")
    #expect(spared.first?.allowed == "expected: at most 128")
    #expect(try spec("\(memory)256}").checkpoints?.inMemory?.groupSize == 256)
    let text = """
      name: a
      cluster: {node: h100-sxm, nodes: 1}
      model: llama-3-8b
      run: {tokens: 10M tokens, training: {schedule: 1f1b, sequence_length: 8192 tokens,
        global_batch: 128, parallel: {pipeline: 1, tensor: 8}},
        checkpoints: {in_memory: {every: 10 steps}}}

      """
    let error = #expect(throws: ScenarioProblem.self) {
      try Scenario.decode(text: text, file: "a.yaml")
    }
    #expect(error?.diagnostics.map(\.keyPath) == ["run.checkpoints.in_memory"])
  }

  @Test("loss spikes and maintenance need saves")
  func needs() throws {
    let found = try found(
      "run.loss_spikes={tokens_between: 1T}", "run.maintenance=[{at: 10 h, takes: 1 h}]",
      unset: ["run.checkpoints"])

    #expect(found.map(\.keyPath) == ["run.loss_spikes", "run.maintenance"])
  }

  @Test("failures have the rates of what was observed, and the components of the cluster")
  func failures() throws {
    let spec = try spec()

    let gpu = try #require(spec.failures.first { $0.name == "gpu" })
    #expect(gpu.count == 8 && gpu.scope == .gpu && gpu.replacesNodes)
    guard case .life(.exponential(let mean)) = gpu.law else {
      Issue.record("no exponential life")
      return
    }
    let seconds: Double = 16_384 * 1_296 * 3_600 / 268
    #expect(mean == seconds)
    #expect(gpu.countedEvents == 268)
    let weibull = try self.spec("run.failures.gpu.shape=0.7")
    guard case .life(let life) = weibull.failures[0].law else {
      Issue.record("no life")
      return
    }
    #expect(abs(life.mean / mean - 1) < 1e-12)
  }
}
