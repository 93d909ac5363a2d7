// Random scenarios that are mostly valid: layouts, schedules, topologies, models, loads. The
// generator of the training room's own tests makes layouts as values; this one writes settings, so
// that the path from text to result is taken too.

import Experiments
import Recording
import Scenarios
import Units

/// A scenario drawn from a seed.
package struct GeneratedScenario: Sendable {
  /// Its number.
  package let seed: Int
  /// Changes to a small scenario.
  package let settings: [Setting]
  /// Whether it is a training step; otherwise an inference step.
  package let isTraining: Bool

  /// The scenario of a number.
  package init(seed: Int) {
    self.seed = seed
    var draw = Draw(seed)
    isTraining = draw.pick([true, true, false])
    settings = isTraining ? draw.training() : draw.inference()
  }

  /// What becomes of a scenario.
  package enum Outcome: Sendable {
    /// The result of a step.
    case ran(SimulationResult)
    /// There is none: the scenario is not valid, or has no answer, for example by its memory.
    case refused(reason: String)
  }

  /// The outcome with further settings.
  ///
  /// - Throws: `BrokenInvariant`, and whatever is no proper refusal.
  package func outcome(_ more: [Setting] = []) throws -> Outcome {
    do {
      return .ran(try Self.simulate(try scenario(more)))
    } catch let error as ScenarioProblem {
      return .refused(reason: "\(error)")
    } catch let error as any SimulationRefusal {
      return .refused(reason: "\(error)")
    }
  }

  /// The result of the scenario after it was written as YAML and read again.
  package func rewritten() throws -> SimulationResult {
    try Self.simulate(try Scenario.decode(text: text(), file: "written.yaml"))
  }

  /// The scenario under further settings as a file, to look at it again.
  package func text(_ more: [Setting] = []) -> String {
    let document = try? ScenarioDocument(text: base.text, file: "small.yaml")
    return document?.yaml(ScenarioChanges(settings: settings + more)) ?? ""
  }

  private static func simulate(_ scenario: Scenario) throws -> SimulationResult {
    try Trial(scenario, programVersion: "generated").run().result
  }

  private var base: SmallScenario { isTraining ? .training : .inference }

  private func scenario(_ more: [Setting]) throws -> Scenario {
    try base.scenario(settings + more)
  }
}

/// Draws settings.
private struct Draw {
  private var random: RandomStream

  init(_ seed: Int) {
    random = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("fuzzing.scenarios"))
  }

  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[random.index(below: values.count)]
  }

  /// A node, a network and a model, which all questions have.
  private mutating func surroundings(nodes: [Int]) -> (settings: [Setting], nodes: Int) {
    let count = pick(nodes)
    var settings = [
      Setting(
        "cluster.node.base", pick(["h800-sxm", "h800-sxm", "h100-sxm", "h200-sxm", "b200-sxm"])),
      Setting("cluster.nodes", "\(count)"),
      Setting("model.layers", "\(pick([3, 4, 6, 8, 11]))"),
      Setting("model.mtp_modules", "\(pick([0, 1]))"),
    ]
    if let topology = pick(
      [nil, nil, "rail-optimised", "multi-plane", "single-plane-2to1", "three-layer"])
    {
      settings.append(Setting("cluster.topology", topology))
    }
    let experts = pick([16, 32, 64, 256])
    settings += [
      Setting("model.experts.routed", "\(experts)"),
      Setting("model.experts.top_k", "\(pick([1, 2, 4, 8]))"),
      Setting("model.experts.group_limit", "\(pick([2, 4]))"),
      Setting("model.experts.shared", "\(pick([0, 1]))"),
    ]
    return (settings, count)
  }

  private mutating func routing(_ question: String) -> [Setting] {
    switch pick([0, 0, 0, 1, 2]) {
    case 1:
      [
        Setting("\(question).routing.source", "lognormal"),
        Setting("\(question).routing.sigma", pick(["0.1", "0.59", "1.5"])),
      ]
    case 2:
      [
        Setting("\(question).routing.source", "zipf"),
        Setting("\(question).routing.exponent", pick(["0.2", "0.8", "2"])),
      ]
    default: []
    }
  }

  mutating func training() -> [Setting] {
    var (settings, nodes) = surroundings(nodes: [1, 2, 4])
    let pipeline = pick([1, 2, 4])
    let (tensor, context) = (pick([1, 1, 2]), pick([1, 1, 2]))
    let perRank = 8 * nodes / pipeline
    let schedules = [
      "1f1b", "gpipe", "interleaved", "zb_h1", "zb2p_auto", "zb_v", "v_half", "dualpipe", "chimera",
    ]
    settings += [
      Setting("training.parallel.pipeline", "\(pipeline)"),
      Setting("training.parallel.tensor", "\(tensor)"),
      Setting("training.parallel.context", "\(context)"),
      Setting(
        "training.parallel.expert", "\(pick([1, 2, 4, 8, 16].filter { perRank % $0 == 0 }))"),
      Setting("training.communication_sms", nil),
      Setting("training.schedule", pipeline == 1 ? "1f1b" : pick(schedules)),
      Setting("training.microbatches", "\(pipeline * pick([2, 3, 4]))"),
      Setting("training.sequence_length", pick(["64", "256", "1024", "4096"])),
      Setting("training.activations.recompute", pick(["[]", "[rmsnorm, swiglu]", "[full]"])),
      Setting("training.precision.gemm", pick(["fp8", "bf16"])),
      Setting(
        "training.sharding.states",
        pick(["none", "optimizer", "optimizer", "gradients", "parameters"])),
    ]
    if pick([true, true, false]) { settings.append(Setting("training.jitter", "off")) }
    return settings + routing("training")
  }

  mutating func inference() -> [Setting] {
    var (settings, nodes) = surroundings(nodes: [1, 2, 4])
    let gpus = 8 * nodes
    let redundant = pick([0, 0, gpus])
    settings += [
      Setting("inference.phase", pick(["prefill", "decode"])),
      Setting("inference.batch", "\(pick([1, 2, 8, 64]))"),
      Setting("inference.context", pick(["1", "128", "1024", "8192"])),
      Setting("inference.expert_parallel", "\(gpus)"),
      Setting("inference.redundant_experts", "\(redundant)"),
      Setting("inference.microbatches", pick(["1", "2"])),
      Setting("inference.kv_cache", pick(["bf16", "fp8"])),
      Setting("inference.mtp_acceptance", nil), Setting("inference.routing", nil),
    ]
    return settings + routing("inference")
  }
}
