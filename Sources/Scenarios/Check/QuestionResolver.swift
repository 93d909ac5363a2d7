// The block of each kind of question, and the resolver that makes its spec.

import Cluster
import ModelCost

/// The context in which a question's block is resolved.
struct Surroundings {
  /// The cluster; nil if its description is invalid, which skips the conditions on it.
  let cluster: ClusterSpec?
  let model: ModelSpec?
  /// Seed of every random stream.
  let seed: UInt64
  let traces: TraceFiles
  /// The folder of the scenario; file names are relative to it.
  let folder: String
  let problems: Problems
}

/// A question resolved from its block.
struct ResolvedQuestion {
  var question: Question
  /// Content of other files, recorded with the scenario's text.
  var remarks: [String] = []
}

/// Resolves the block of one kind of question.
struct QuestionResolver: Sendable {
  /// The block.
  let key: Key<Fields>
  /// The question; nil, or with problems reported, if it is not valid.
  let resolve: @Sendable (Fields, Surroundings) -> ResolvedQuestion?

  /// Every kind of question; a scenario has exactly one of the blocks.
  static let all = [training, inference, service, run]

  private static let training =
    QuestionResolver(key: ScenarioKeys.training) { fields, around in
      let resolver = TrainingResolver(
        fields: fields, cluster: around.cluster, model: around.model, traces: around.traces,
        folder: around.folder, problems: around.problems)
      guard var spec = resolver.spec() else { return nil }
      spec.routing.seed = around.seed
      let order = spec.userSchedule?.text.split(whereSeparator: \.isNewline) ?? []
      return ResolvedQuestion(
        question: .trainingStep(spec), remarks: order.map { "order: \($0)" })
    }

  private static let inference =
    QuestionResolver(key: ScenarioKeys.inference) { fields, around in
      let resolver = InferenceResolver(
        fields: fields, cluster: around.cluster, model: around.model, traces: around.traces,
        folder: around.folder, problems: around.problems)
      guard var spec = resolver.spec() else { return nil }
      spec.routing.seed = around.seed
      return ResolvedQuestion(question: .inferenceStep(spec))
    }
}
