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
  /// - Parameter factor: multiplies bounds, to test that one that is too high is noticed.
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

  /// Bounds that also take account of the order of cells, in the order of the indices. They take
  /// longer, but much less time than to simulate the trials.
  ///
  /// - Parameter bounds: those of `prospects`.
  package func boundsInOrder(
    _ indices: [Int], _ bounds: [StepBound], workers: Int, factor: Double = 1
  ) -> [StepBound] {
    var found: [StepBound] = []
    found.reserveCapacity(indices.count)
    InOrder.run(indices.indices, workers: workers) { place in
      // A trial that is refused says so when it runs.
      let bound = try? withStep(at: indices[place]) { spec, scenario, costs in
        try bounds[place].inOrder(
          spec, model: scenario.model, cluster: scenario.cluster, costs: costs, factor: factor)
      }
      return bound.flatMap { $0 } ?? bounds[place]
    } deliver: {
      found.append($0)
    }
    return found
  }

  /// Gives the training step of a trial with its costs; nil for other questions.
  private func withStep<Value>(
    at index: Int, _ body: (TrainingSpec, Scenario, BlockCosts) throws -> Value
  ) throws -> Value? {
    let scenario = try scenario(at: index)
    guard case .trainingStep(let spec) = try scenario.scaledQuestion(shared) else { return nil }
    let costs = shared.costs(of: spec, model: scenario.model, cluster: scenario.cluster)
    return try body(spec, scenario, costs)
  }

  private func prospect(at index: Int, factor: Double) -> Prospect {
    do {
      let prospect = try withStep(at: index) { spec, scenario, costs -> Prospect in
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
      return prospect ?? .refused(rule: "question", reason: "only training steps have bounds")
    } catch let problem as ScenarioProblem {
      return .refused(
        rule: problem.diagnostics.first?.keyPath ?? "scenario", reason: problem.firstReason)
    } catch let refusal as TrainingRefusal {
      return .refused(rule: "schedule", reason: refusal.description)
    } catch {
      return .refused(rule: "scenario", reason: "\(error)")
    }
  }
}

extension ScenarioProblem {
  /// Its first problem on one line.
  fileprivate var firstReason: String {
    guard let first = diagnostics.first else { return reason }
    return first.message + (first.advice.map { " (\($0))" } ?? "")
  }
}
