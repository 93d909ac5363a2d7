// The question of `dsv3sim plan serve`: a service scenario, what may be changed of it, and what it
// must do.

import Experiments
import Recording
import Scenarios
import Text

/// A load, objectives, and layouts to choose from.
package struct ServeQuestion: Sendable {
  /// The scenario, whose numbers of units and nodes are replaced.
  package var document: ScenarioDocument
  /// Changes that apply to all candidates.
  package var changes: ScenarioChanges
  /// Choices of layout; all combinations are candidates.
  package var choices: [ExperimentAxis]
  /// What the service must do.
  package var objective = ServeObjective.attainment(0.9)
  /// Nodes of any candidate, at most.
  package var mostNodes = 512
  /// Steps of each pool beyond those that meet the objective: so many may be out.
  package var redundancy = 0
  /// The probability, at most, of a wrong claim about any candidate.
  package var alpha = 0.05
  /// Parallel trials.
  package var workers: Int
  /// Recorded with every result.
  package var programVersion: String
  /// Called after each trial.
  package var trialEnded: @Sendable () -> Void = {}

  package init(
    document: ScenarioDocument, changes: ScenarioChanges, choices: [ExperimentAxis] = [],
    workers: Int, programVersion: String
  ) {
    self.document = document
    self.changes = changes
    self.choices = choices
    self.workers = workers
    self.programVersion = programVersion
  }

  /// Settings of each candidate with its name, in canonical order: the last choice varies fastest.
  var candidates: [(name: String, settings: [Setting])] {
    choices.reduce([("as written", [])]) { names, axis in
      names.flatMap { name, settings in
        axis.values.map { value in
          let word = "\(axis.key.split(separator: ".").last ?? "")=\(value.label)"
          return (
            settings.isEmpty ? word : "\(name) \(word)", settings + value.settings
          )
        }
      }
    }
  }
}

/// Why a plan cannot be made.
package enum ServePlanRefusal: ExplainedError, Hashable {
  /// The scenario asks another question.
  case notAService(name: String)
  /// No class has an objective that the plan could meet.
  case noBounds
  /// Units that come and go by rules of their own.
  case changingUnits(key: String)

  package var explanations: [Explanation] {
    switch self {
    case .notAService(let name):
      [
        Explanation(
          "\(quoted(name)) has no service",
          advice: ["expected: a scenario with `service:`, such as scenarios/service-*.yaml"])
      ]
    case .noBounds:
      [
        Explanation(
          "no class of requests has objectives",
          advice: ["give --ttft 1s, --tpot 50ms or both, or service.objectives"])
      ]
    case .changingUnits(let key):
      [
        Explanation(
          "\(quoted(key)) changes the number of units, which the plan looks for",
          advice: ["plan without it: --unset \(key)"])
      ]
    }
  }
}
