// The file of a scenario as a tree: read and parsed once, resolved as often as its settings change.

import Foundation
import Recording

/// A scenario file before it is checked.
package struct ScenarioDocument: Sendable {
  /// The text of the file.
  package let text: String
  /// The name for messages.
  private let file: String
  private let root: DocumentNode
  let traces: TraceFiles

  /// Reads a file.
  ///
  /// - Parameter traces: who reads routing traces; each is read once for all scenarios.
  /// - Throws: `ScenarioProblem.noInput` where there is no file to read; `.badData` for text that
  ///   is not YAML.
  package init(path: String, traces: TraceFiles = .unread) throws(ScenarioProblem) {
    try self.init(text: ScenarioFile(path: path).text(), file: path, traces: traces)
  }

  /// Reads a text; `file` is the name for messages.
  ///
  /// - Throws: `ScenarioProblem.badData` for text that is not YAML.
  package init(
    text: String, file: String, traces: TraceFiles = .unread
  ) throws(ScenarioProblem) {
    var reader = DocumentReader(source: file)
    root = try reader.read(text)
    self.text = text
    self.file = file
    self.traces = traces.remembering
  }

  /// The words that a key has once the settings are applied; empty for a mapping or a list, nil
  /// where the key is not there.
  package func words(of key: String, _ changes: ScenarioChanges) -> String? {
    let (document, _) = Overrides(root: ScenarioKeys.record).apply(changes.settings, to: root)
    guard let node = document.node(at: key) else { return nil }
    if case .scalar(let text, _) = node.content { return text }
    return ""
  }

  /// The files beside the scenario that it names with some settings, each with its bytes; nil for
  /// one that cannot be read. With the text they are all that a scenario follows from.
  package func companions(_ changes: ScenarioChanges) -> [(name: String, bytes: Data?)] {
    let keys = ["training.schedule_file", "training.routing.file", "inference.routing.file"]
    return keys.compactMap { key in
      guard let name = words(of: key, changes), !name.isEmpty else { return nil }
      return (
        name, FileManager.default.contents(atPath: name.hasPrefix("/") ? name : folder + name)
      )
    }
  }

  /// The scenario that the file is with some settings.
  ///
  /// - Throws: `ScenarioProblem.badData` with every problem of content and settings.
  package func scenario(
    _ changes: ScenarioChanges = ScenarioChanges()
  ) throws(ScenarioProblem) -> Scenario {
    let (document, settingProblems) = Overrides(root: ScenarioKeys.record).apply(
      changes.settings, to: root)
    guard !document.isNull else {
      throw .badData([
        Diagnostic(source: file, line: nil, column: nil, keyPath: "", message: "is empty")
      ])
    }
    let problems = Problems(in: document, known: changes.problems + settingProblems)
    let start = Place(source: file, line: 1, column: 1)
    let fields =
      Checker(problems: problems).fields(document, ScenarioKeys.record, "", at: start) ?? Fields()
    let resolver = EntryResolver(problems: problems)
    let cluster = fields.given(ScenarioKeys.cluster).flatMap(resolver.cluster)
    let model = fields.given(ScenarioKeys.model).flatMap(resolver.model).flatMap {
      ModelRules(model: $0, problems: problems).check() ? $0 : nil
    }
    let seed = changes.seed ?? fields.value(ScenarioKeys.seed).map { UInt64($0) }
    let surroundings = Surroundings(
      cluster: cluster, model: model, seed: seed ?? 0, traces: traces, folder: folder,
      problems: problems)
    let resolved = QuestionResolver.all.compactMap { resolver in
      fields.given(resolver.key).flatMap { resolver.resolve($0, surroundings) }
    }.first
    guard problems.diagnostics.isEmpty, let name = fields.given(ScenarioKeys.name), let cluster,
      let model, let seed, let resolved
    else {
      precondition(!problems.diagnostics.isEmpty, "a scenario without value has a problem")
      throw .badData(problems.sorted)
    }
    return Scenario(
      name: name, seed: seed, cluster: cluster, model: model, question: resolved.question,
      text: text(with: resolved.remarks), document: self, changes: changes)
  }

  /// The folder of the file with its slash; empty where the path is a name alone.
  private var folder: String {
    file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
  }

  /// The text with remarks as comment lines at its end.
  private func text(with remarks: [String]) -> String {
    let end = remarks.isEmpty || text.hasSuffix("\n") ? "" : "\n"
    return text + end + remarks.map { "# \($0)\n" }.joined()
  }
}
