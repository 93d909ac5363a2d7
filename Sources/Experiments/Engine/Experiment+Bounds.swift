// Proven bounds of the trials of an experiment, before any of them is simulated.

import Recording
import Scenarios
import Training
import Units

extension Experiment {
  /// What is known of a trial without simulating it.
  package enum Prospect: Sendable {
    /// The trial breaks a rule: the key at fault, or `memory`.
    case refused(rule: String, reason: String)
    case bounded(StepBound)
  }

  /// The bounds of trials of training steps, in the order of the indices.
  ///
  /// - Parameters:
  ///   - indices: numbers of the trials, from 0.
  ///   - workers: threads; the bounds do not depend on them.
  ///   - factor: multiplies bounds, to test that one that is too high is noticed.
  package func prospects(
    _ indices: [Int], workers: Int, factor: Double = 1
  ) -> [Prospect] {
    var found: [Prospect] = []
    found.reserveCapacity(indices.count)
    InOrder.run(indices.indices, workers: workers) {
      prospect(at: indices[$0], factor: factor)
    } deliver: {
      found.append($0)
    }
    return found
  }

  /// The same with bounds that also take account of the order of cells. They take longer, but much
  /// less time than to simulate the trials.
  ///
  /// - Parameters:
  ///   - indices: numbers of the trials, from 0.
  ///   - bounds: those of `prospects`, in the order of the indices.
  ///   - workers: threads; the bounds do not depend on them.
  ///   - factor: as for `prospects`.
  package func prospectsInOrder(
    _ indices: [Int], _ bounds: [StepBound], workers: Int, factor: Double = 1
  ) -> [Prospect] {
    var found: [Prospect] = []
    found.reserveCapacity(indices.count)
    InOrder.run(indices.indices, workers: workers) { place in
      prospect(at: indices[place]) { spec, scenario, costs in
        try .bounded(
          bounds[place].inOrder(
            spec, model: scenario.model, cluster: scenario.cluster, costs: costs, factor: factor))
      }
    } deliver: {
      found.append($0)
    }
    return found
  }

  private func prospect(at index: Int, factor: Double) -> Prospect {
    prospect(at: index) { spec, scenario, costs in
      let bound = try StepBound(
        spec, model: scenario.model, cluster: scenario.cluster, costs: costs, factor: factor)
      let capacity = scenario.cluster.node.gpu.memory.value
      guard bound.memory <= capacity else {
        return .refused(
          rule: "memory",
          reason: "a GPU holds at least " + memoryText(bytes: bound.memory, of: capacity))
      }
      return .bounded(bound)
    }
  }

  /// What is known of a trial, from its training step and its costs.
  private func prospect(
    at index: Int, _ find: (TrainingSpec, Scenario, BlockCosts) throws -> Prospect
  ) -> Prospect {
    do {
      let scenario = try scenario(at: index)
      guard case .trainingStep(let spec) = try scenario.scaledQuestion(shared) else {
        return .refused(rule: "question", reason: "only training steps have bounds")
      }
      return try find(
        spec, scenario, shared.costs(of: spec, model: scenario.model, cluster: scenario.cluster))
    } catch let problem as ScenarioProblem {
      let first = problem.diagnostics.first
      return .refused(
        rule: first?.keyPath ?? "scenario", reason: first?.reason ?? problem.description)
    } catch TrainingRefusal.memory(let refusal) {
      return .refused(rule: "planned memory", reason: refusal.description)
    } catch let refusal as TrainingRefusal {
      return .refused(rule: "schedule", reason: refusal.description)
    } catch {
      return .refused(rule: "scenario", reason: "\(error)")
    }
  }
}
