// A scenario: the machine, the model and the step that a person asks about, read and checked.

import Cluster
import Foundation
import ModelCost
import Training

/// A valid scenario. Nothing that receives one needs to check it again.
public struct Scenario: Sendable {
  /// Name in results.
  public let name: String
  /// Seed of every random stream.
  public let seed: UInt64
  public let cluster: ClusterSpec
  public let model: ModelSpec
  public let training: TrainingSpec
  /// The text of the file, each override added as a comment line `# --set key=value`, each line of
  /// an order of the user's own as `# order: ...`.
  public let text: String

  /// Reads a scenario from a file.
  ///
  /// - Parameters:
  ///   - overrides: settings as `training.schedule=zb_h1`, later ones last.
  ///   - seed: the seed instead of the file's; recorded as an override.
  ///   - schedules: the schedules that can be named.
  ///   - traces: who reads routing traces.
  /// - Throws: `ScenarioError.noInput` where there is no file to read; `.badData` with every
  ///   problem of the content.
  public static func load(
    path: String, overrides: [String] = [], seed: UInt64? = nil, schedules: ScheduleVocabulary,
    traces: TraceFiles = .unread
  ) throws(ScenarioError) -> Scenario {
    try training(
      AnyScenario.load(
        path: path, overrides: overrides, seed: seed, schedules: schedules, traces: traces),
      file: path)
  }

  /// Reads a scenario from its text; `file` is the name for messages. Otherwise as `load`.
  public static func decode(
    text: String, file: String, overrides: [String] = [], seed: UInt64? = nil,
    schedules: ScheduleVocabulary, traces: TraceFiles = .unread
  ) throws(ScenarioError) -> Scenario {
    try training(
      AnyScenario.decode(
        text: text, file: file, overrides: overrides, seed: seed, schedules: schedules,
        traces: traces),
      file: file)
  }

  private static func training(
    _ scenario: AnyScenario, file: String
  ) throws(ScenarioError) -> Scenario {
    switch scenario {
    case .training(let scenario): return scenario
    case .inference:
      throw .badData([
        Diagnostic(
          source: file, line: nil, column: nil, keyPath: "inference",
          message: "asks about inference, but a step of training is needed here",
          allowed: "expected: a scenario with training")
      ])
    }
  }
}

extension AnyScenario {
  /// Reads a scenario of either kind from a file; otherwise as `Scenario.load`.
  public static func load(
    path: String, overrides: [String] = [], seed: UInt64? = nil, schedules: ScheduleVocabulary,
    traces: TraceFiles = .unread
  ) throws(ScenarioError) -> AnyScenario {
    let text = try ScenarioFile(path: path).text()
    return try decode(
      text: text, file: path, overrides: overrides, seed: seed, schedules: schedules,
      traces: traces)
  }

  /// Reads a scenario of either kind from its text; `file` is the name for messages.
  public static func decode(
    text: String, file: String, overrides: [String] = [], seed: UInt64? = nil,
    schedules: ScheduleVocabulary, traces: TraceFiles = .unread
  ) throws(ScenarioError) -> AnyScenario {
    var reader = DocumentReader(source: file)
    let (document, settingProblems) = Overrides(root: ScenarioKeys.record).apply(
      overrides, to: try reader.read(text))
    let problems = Problems(in: document, known: settingProblems)
    let checker = Checker(schedules: schedules, problems: problems)
    guard !document.isNull else {
      throw .badData([
        Diagnostic(source: file, line: nil, column: nil, keyPath: "", message: "is empty")
      ])
    }
    let start = Place(source: file, line: 1, column: 1)
    let fields = checker.fields(document, ScenarioKeys.record, "", at: start) ?? Fields()
    let resolver = EntryResolver(problems: problems)
    let cluster = fields.given(ScenarioKeys.cluster).flatMap(resolver.cluster)
    let model = fields.given(ScenarioKeys.model).flatMap(resolver.model).flatMap {
      ModelRules(model: $0, problems: problems).check() ? $0 : nil
    }
    let training = fields.given(ScenarioKeys.training).flatMap {
      TrainingResolver(
        fields: $0, cluster: cluster, model: model, schedules: schedules,
        traces: traces, folder: folder(of: file), problems: problems
      ).spec()
    }
    let inference = fields.given(ScenarioKeys.inference).flatMap {
      InferenceResolver(
        fields: $0, cluster: cluster, model: model, traces: traces, folder: folder(of: file),
        problems: problems
      ).spec()
    }
    guard problems.diagnostics.isEmpty, let name = fields.given(ScenarioKeys.name), let cluster,
      let model, let fileSeed = fields.value(ScenarioKeys.seed)
    else {
      precondition(!problems.diagnostics.isEmpty, "a scenario without value has a problem")
      throw .badData(problems.sorted)
    }
    let settings = overrides + (seed.map { ["seed=\($0)"] } ?? [])
    let chosenSeed = seed ?? UInt64(fileSeed)
    if var inference {
      inference.routing.seed = chosenSeed
      return .inference(
        InferenceScenario(
          name: name, seed: chosenSeed, cluster: cluster, model: model, inference: inference,
          text: recorded(text, settings)))
    }
    guard var training else { preconditionFailure("a scenario without step has a problem") }
    training.routing.seed = chosenSeed
    return .training(
      Scenario(
        name: name, seed: chosenSeed, cluster: cluster, model: model, training: training,
        text: recorded(text, settings, order: training.userSchedule)))
  }

  /// The folder of a path with its slash; empty where the path is a name alone.
  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  private static func recorded(
    _ text: String, _ settings: [String], order: UserSchedule? = nil
  ) -> String {
    guard !settings.isEmpty || order != nil else { return text }
    let end = text.hasSuffix("\n") ? "" : "\n"
    let lines = order.map { $0.text.split(whereSeparator: \.isNewline) } ?? []
    return text + end + settings.map { "# --set \($0)\n" }.joined()
      + lines.map { "# order: \($0)\n" }.joined()
  }
}

/// The file of a scenario.
private struct ScenarioFile {
  let path: String

  /// The file's text, read no further than the limit.
  func text() throws(ScenarioError) -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw .noInput(path: path, reason: "no such file", suggestion: neighbour())
    }
    guard !isDirectory.boolValue else {
      throw .noInput(path: path, reason: "is a directory, not a scenario file", suggestion: nil)
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw .noInput(path: path, reason: "cannot be opened for reading", suggestion: nil)
    }
    defer { try? handle.close() }
    guard let data = try? handle.read(upToCount: TextLimits.bytes + 1) else {
      // An empty file reads as nothing, not as an error.
      throw content("is empty")
    }
    guard !data.isEmpty else { throw content("is empty") }
    guard data.count <= TextLimits.bytes else {
      throw content("is larger than \(TextLimits.bytes) bytes, the limit for a scenario")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw content("is not UTF-8 text")
    }
    return text.unicodeScalars.first == "\u{feff}"
      ? String(String.UnicodeScalarView(text.unicodeScalars.dropFirst())) : text
  }

  private func content(_ message: String) -> ScenarioError {
    .badData([
      Diagnostic(source: path, line: nil, column: nil, keyPath: "", message: message)
    ])
  }

  /// The scenario beside the missing one whose name is nearest.
  private func neighbour() -> String? {
    let url = URL(fileURLWithPath: path)
    let folder =
      path.contains("/") ? String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) : ""
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: url.deletingLastPathComponent().path)
    let known = (names ?? []).filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
    return nearest(to: url.lastPathComponent, among: known).map { folder + $0 }
  }
}
