// The block of a phase's step as a document of its own: run.training with the changes of the phase
// laid over it. Nodes keep their places, so that messages point to what was written.

import Cluster
import Training

/// The block `training` of a phase.
struct PhaseDocument {
  private let base: DocumentNode
  private let overlay: DocumentNode?
  private let path: String
  private let merged: DocumentNode
  /// Where the batches of a ramp come from.
  private let rampPlace: Place?

  init(_ draft: RunPhaseResolver.Draft, _ problems: Problems) {
    let start = problems.place(of: "run")
    base = problems.node(at: "run.training") ?? DocumentNode(content: .mapping([]), place: start)
    path = draft.path
    overlay = draft.isWritten ? problems.node(at: draft.path + ".training") : nil
    merged = Self.merged(base, overlay, [])
    rampPlace =
      draft.fields.isWritten(RunPhaseKeys.ramp) ? problems.place(of: draft.path + ".ramp") : nil
  }

  /// The step with a batch, or with that of the block, and its problems with keys under `training`.
  func resolve(
    batch: Int?, _ around: Surroundings, _ cluster: ClusterSpec?
  ) -> (spec: TrainingSpec?, problems: [Diagnostic]) {
    var node = merged
    if let batch, let place = rampPlace {
      let scalar = DocumentNode(content: .scalar("\(batch)", isPlain: true), place: place)
      let entry = DocumentEntry(key: TrainingKeys.globalBatch.name, keyPlace: place, value: scalar)
      let rest = Self.without(Self.excluded(by: [entry.key]) + [entry.key], node)
      node = DocumentNode(content: .mapping(rest + [entry]), place: node.place)
    }
    let name = ScenarioKeys.training.name
    let root = DocumentNode(
      content: .mapping([DocumentEntry(key: name, keyPlace: base.place, value: node)]),
      place: base.place)
    let problems = Problems(in: root, known: [])
    let checker = Checker(problems: problems)
    guard let fields = checker.fields(node, TrainingKeys.record, name, at: base.place) else {
      return (nil, problems.diagnostics)
    }
    let resolver = TrainingResolver(
      fields: fields, cluster: cluster, model: around.model, traces: around.traces,
      folder: around.folder, problems: problems)
    let spec = resolver.spec()
    return (spec, problems.diagnostics)
  }

  /// The path in the scenario of a key under `training`.
  func keyPath(of key: String) -> String {
    let names = key.split(separator: ".").dropFirst().joined(separator: ".")
    guard !names.isEmpty else { return overlay == nil ? "run.training" : path + ".training" }
    if names == TrainingKeys.globalBatch.name, rampPlace != nil { return path + ".ramp" }
    let isOwn = overlay?.has(names) ?? false
    return (isOwn ? path + ".training." : "run.training.") + names
  }

  /// A mapping laid over another one: its keys replace those that they exclude.
  private static func merged(
    _ base: DocumentNode, _ over: DocumentNode?, _ path: [String]
  ) -> DocumentNode {
    guard let over else { return base }
    guard let changes = over.entries, base.entries != nil else { return over }
    let excluded = changes.flatMap { Self.excluded(by: path + [$0.key]) }
    var entries = without(excluded, base)
    for change in changes {
      if let place = entries.firstIndex(where: { $0.key == change.key }) {
        entries[place].value = merged(entries[place].value, change.value, path + [change.key])
        entries[place].keyPlace = change.keyPlace
      } else {
        entries.append(change)
      }
    }
    return DocumentNode(content: .mapping(entries), place: base.place)
  }

  private static func excluded(by path: [String]) -> [String] {
    TrainingKeys.record.excluded(by: path)
  }

  private static func without(_ names: [String], _ node: DocumentNode) -> [DocumentEntry] {
    (node.entries ?? []).filter { !names.contains($0.key) }
  }
}
