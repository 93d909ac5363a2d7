// What binds the best layout of a plan, and what more of something would buy.
//
// Elasticities are central differences of 1 % on the same layout. If all rates are multiplied by c
// and all latencies divided by it, the step takes 1/c of the time, so the elasticities of rates
// less those of latencies would sum to -1. What is missing belongs to rates and times that no key
// changes, such as measured ones of exchange kernels, and to partitions that change with an input.

import Cluster
import Experiments
import Recording
import Text
import Units

/// Changed inputs of the best layout.
struct LayoutSensitivity {
  /// Relative change of an input, up and down.
  private static let step = 0.01

  let plan: LayoutPlan
  let outcome: LayoutPlan.Outcome
  let workers: Int

  /// What is reported.
  struct Effects {
    var changes: [PlanLedger.Change] = []
    var notes: [String] = []
  }

  /// A key whose value can be scaled.
  private struct Input {
    var name: String
    /// Settings that multiply it.
    var settings: (Double) -> [Setting]
    var isLatency = false
    /// One more unit, in words, and the factor that it is; nil if it is not asked.
    var more: (amount: String, factor: Double)?
  }

  /// - Throws: what a search throws.
  func effects() throws -> Effects {
    guard let best = outcome.simulated.first else { return Effects() }
    var effects = Effects()
    elasticities(best, &effects)
    moreGPUs(best, &effects)
    let memory = LayoutMemory(plan: plan, outcome: outcome, best: best, workers: workers).effect()
    effects.changes += [memory.change].compactMap(\.self)
    effects.notes.append(memory.note)
    return effects
  }

  private var inputs: [Input] {
    let node = plan.scenario.cluster.node
    let gpu = "cluster.node.gpu."
    func rate(_ value: Double, _ factor: Double) -> String { "\(value * factor / 1e9) GB/s" }
    func peak(_ value: Double, _ factor: Double) -> String { "\(value * factor / 1e12) TFLOPS" }
    func more(_ value: Double) -> (String, Double) { ("+1 GB/s", (value + 1e9) / value) }
    return [
      Input(
        name: "tensor peak",
        settings: { factor in
          [Setting(gpu + "bf16_peak", peak(node.gpu.bf16Peak.value, factor))]
            + (node.gpu.fp8Peak.map { [Setting(gpu + "fp8_peak", peak($0.value, factor))] } ?? [])
        }),
      Input(
        name: "memory bandwidth",
        settings: { [Setting(gpu + "memory_bandwidth", rate(node.gpu.memoryBandwidth.value, $0))] },
        more: more(node.gpu.memoryBandwidth.value)),
      Input(
        name: "scale-up bandwidth",
        settings: { [Setting(gpu + "nvlink", rate(node.gpu.nvlinkPerDirection.value, $0))] },
        more: more(node.gpu.nvlinkPerDirection.value)),
      Input(
        name: "NIC bandwidth",
        settings: { [Setting("cluster.node.nic", rate(node.nicPerDirection.value, $0))] },
        more: more(node.nicPerDirection.value)),
      Input(
        name: "scale-up latency",
        settings: {
          [Setting("cluster.node.nvlink_latency", "\(node.nvlinkLatency.value * $0 * 1e6) us")]
        }, isLatency: true),
      Input(
        name: "network latency",
        settings: {
          [Setting("cluster.node.network_latency", "\(node.networkLatency.value * $0 * 1e6) us")]
        }, isLatency: true),
    ]
  }

  private func elasticities(_ best: LayoutPlan.Simulated, _ effects: inout Effects) {
    var values: [ExperimentAxis.Value] = []
    for input in inputs {
      for factor in [1 + Self.step, 1 - Self.step, input.more?.factor ?? 1] {
        values.append(
          .init(
            label: "\(input.name) x \(factor)",
            settings: fixed(best) + input.settings(factor)))
      }
    }
    let times = seconds(of: values)
    var sum = 0.0
    var strongest: (name: String, elasticity: Double)?
    for (index, input) in inputs.enumerated() {
      guard let up = times[3 * index], let down = times[3 * index + 1] else { continue }
      let ratio = (1 + Self.step) / (1 - Self.step)
      let elasticity = naturalLogarithm(up / down) / naturalLogarithm(ratio)
      sum += input.isLatency ? -elasticity : elasticity
      if strongest.map({ elasticity.magnitude > $0.elasticity.magnitude }) ?? true {
        strongest = (input.name, elasticity)
      }
      effects.changes.append(
        .init(
          input: input.name, amount: input.more?.amount ?? "+1 %", elasticity: elasticity,
          fixed: input.more == nil ? up : times[3 * index + 2]))
    }
    if let strongest {
      effects.notes.append(
        "\(strongest.name) binds: 1 % more makes the step"
          + " \(percentText(strongest.elasticity.magnitude / 100))"
          + (strongest.elasticity < 0 ? " shorter" : " longer"))
      effects.notes.append(
        "elasticities of rates less those of latencies sum to \(significantText(sum));"
          + " what is missing to -1 are rates and times that no key changes, and other partitions")
    }
  }

  /// The settings of the best layout, with the partition left open.
  private func fixed(_ best: LayoutPlan.Simulated) -> [Setting] { best.prospect.value.settings }

  /// The next number of GPUs on which the same batch divides.
  private func moreGPUs(_ best: LayoutPlan.Simulated, _ effects: inout Effects) {
    let node = plan.scenario.cluster.node
    let most = min(131_072, 2 * plan.scenario.cluster.nodeCount)
    let values =
      (plan.scenario.cluster.nodeCount + 1...max(most, plan.scenario.cluster.nodeCount + 1))
      .map { nodes in
        ExperimentAxis.Value(
          label: "+\((nodes - plan.scenario.cluster.nodeCount) * node.gpusPerNode) GPUs",
          settings: fixed(best) + [Setting("cluster.nodes", "\(nodes)")])
      }
    let experiment = plan.experiment(values)
    for (index, value) in values.enumerated() {
      guard (try? experiment.scenario(at: index)) != nil else { continue }
      guard let time = seconds(of: [value])[0] else { continue }
      effects.changes.append(.init(input: "GPUs", amount: value.label, fixed: time))
      return
    }
    effects.notes.append("no number of GPUs up to twice as many divides the batch")
  }

  /// Step times of changed scenarios; nil for those that are refused.
  private func seconds(of values: [ExperimentAxis.Value]) -> [Double?] {
    let experiment = plan.experiment(values)
    var times = [Double?](repeating: nil, count: values.count)
    try? experiment.run(Array(values.indices), workers: workers) {
      plan.trialEnded()
      times[$0.trial.index] = $0.trial.record?.value(.stepTime)
    }
    return times
  }
}
