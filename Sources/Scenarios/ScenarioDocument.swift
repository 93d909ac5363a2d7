// The file of a scenario as a tree: parsed once, resolved again for each set of changes.

import Foundation
import Recording

/// A scenario file before it is checked.
package struct ScenarioDocument: Sendable {
  /// The text of the file.
  package let text: String
  /// Name of the file in messages.
  private let file: String
  let root: DocumentNode
  /// Keys written under two names.
  private let nameProblems: [Diagnostic]
  let traces: TraceFiles
  private let libraries = KernelLibraries()

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: path of the file.
  ///   - traces: reader of routing traces; each is read once for all scenarios.
  /// - Throws: `ScenarioProblem.noInput` if there is no file to read; `.badData` for text that is
  ///   not YAML.
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
    let native = AliasedKeys(try reader.read(text))
    root = native.document
    nameProblems = native.problems
    self.text = text
    self.file = file
    self.traces = traces.remembering
  }

  /// The tree after some settings; problems of settings are reported with those of the scenario.
  func changed(by settings: [Setting]) -> DocumentNode {
    Overrides(root: ScenarioKeys.record).apply(settings, to: root).0
  }

  /// The text of a key after the changes are applied; empty for a mapping or a list, nil if the key
  /// is absent.
  package func words(of key: String, _ changes: ScenarioChanges) -> String? {
    let (document, _) = Overrides(root: ScenarioKeys.record).apply(changes.settings, to: root)
    guard let node = document.node(at: key) else { return nil }
    if case .scalar(let text, _) = node.content { return text }
    return ""
  }

  /// The other files that the scenario names under some changes, each with its bytes, nil for one
  /// that cannot be read. Text, changes and these files determine the scenario.
  package func companions(_ changes: ScenarioChanges) -> [(name: String, bytes: Data?)] {
    let keys =
      ["training.schedule_file", "training.routing.file", "inference.routing.file"]
      + PoolRole.allCases.map { "service.\($0.rawValue).routing.file" } + ["service.load.file"]
    let names =
      (keys + runKeys(changes)).compactMap { words(of: $0, changes) } + measurements(changes)
    let files = names.filter { !$0.isEmpty }.flatMap { name in
      let file = ReferredFile(name, folder: folder)
      return file.isFolder ? file.chunks.flatMap { [$0.trace, $0.dataset] } : [file]
    }
    let config = words(of: "model.config", changes).map { name in
      [name, ModelConfig.quantisationFile(beside: name)].map { ReferredFile($0, folder: folder) }
    }
    return (files + (config ?? [])).map { file in
      (file.name, file.obstacle == nil ? FileManager.default.contents(atPath: file.path) : nil)
    }
  }

  /// The files of the key `measurements`.
  private func measurements(_ changes: ScenarioChanges) -> [String] {
    let (document, _) = Overrides(root: ScenarioKeys.record).apply(changes.settings, to: root)
    switch document.node(at: ScenarioKeys.measurements.name)?.content {
    case .scalar(let name, _): return [name]
    case .sequence(let items):
      return items.compactMap { if case .scalar(let name, _) = $0.content { name } else { nil } }
    default: return []
    }
  }

  /// The keys of a run and of its phases that name files.
  private func runKeys(_ changes: ScenarioChanges) -> [String] {
    let (document, _) = Overrides(root: ScenarioKeys.record).apply(changes.settings, to: root)
    let phases = document.node(at: "run.phases")?.entries?.map { "run.phases.\($0.key)" } ?? []
    return (["run"] + phases).flatMap {
      ["\($0).training.schedule_file", "\($0).training.routing.file"]
    }
  }

  /// The scenario under some changes.
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
    if let kind = FileKind(of: root), kind != .scenario { throw kind.problem(in: file) }
    let problems = Problems(in: document, known: changes.problems + nameProblems + settingProblems)
    let start = Place(source: file, line: 1, column: 1)
    let fields =
      Checker(problems: problems).fields(document, ScenarioKeys.record, "", at: start) ?? Fields()
    let resolver = EntryResolver(problems: problems)
    let seed = changes.seed ?? fields.value(ScenarioKeys.seed).map { UInt64($0) }
    var cluster = fields.given(ScenarioKeys.cluster).flatMap(resolver.cluster)
    if cluster?.paths == .ecmp { cluster?.pathSeed = seed ?? 0 }
    let described = fields.given(ScenarioKeys.model).flatMap {
      resolver.model($0, folder: folder)
    }
    let model = described.flatMap { described in
      let rules = ModelRules(model: described.model, problems: problems)
      return rules.check() ? described.model : nil
    }
    let measured = MeasurementsResolver(folder: folder, libraries: libraries, problems: problems)
      .resolve(fields.given(ScenarioKeys.measurements) ?? [])
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
      name: name, seed: seed, cluster: cluster, model: model,
      question: resolved.question.timed(by: measured.library), library: measured.library,
      text: text(with: (described?.remarks ?? []) + resolved.remarks + measured.remarks),
      notes: problems.notes, document: self, changes: changes)
  }

  /// The folder of the file with a trailing slash; empty if the path is only a name.
  private var folder: String { ReferredFile.folder(of: file) }

  /// The text with remarks appended as comment lines.
  private func text(with remarks: [String]) -> String {
    let end = remarks.isEmpty || text.hasSuffix("\n") ? "" : "\n"
    return text + end + remarks.map { "# \($0)\n" }.joined()
  }
}
