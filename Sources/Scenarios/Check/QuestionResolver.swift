// Which block of a scenario asks which question, and who makes its spec.

import Cluster
import ModelCost

/// What a question's block is resolved against.
struct Surroundings {
  /// Nil where its description is wrong; conditions on it are then left out.
  let cluster: ClusterSpec?
  let model: ModelSpec?
  /// Of every random stream.
  let seed: UInt64
  let traces: TraceFiles
  /// The folder of the scenario, which files are named from.
  let folder: String
  let problems: Problems
}

/// What a block says.
struct ResolvedQuestion {
  var question: Question
  /// What stands in other files, to be kept beside the scenario's text.
  var remarks: [String] = []
}

/// Reads the block of one kind of question.
struct QuestionResolver: Sendable {
  /// The block.
  let key: Key<Fields>
  /// The question; nil, or with problems reported, where it is not valid.
  let resolve: @Sendable (Fields, Surroundings) -> ResolvedQuestion?

  /// Every kind of question; a scenario has the block of one.
  static let all = [training, inference]

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
