// Looks up the keys of a configuration. The first present key of several wins, null is absent, and
// values are checked like those of native keys.

import Facts
import ModelCost
import Text

/// Reads a model from the tree of a configuration; problems are reported at their keys.
struct ConfigReader {
  /// The whole file.
  let root: DocumentNode
  /// The object that describes the model: the file, or its `text_config`.
  let node: DocumentNode
  /// Path of the object; empty for the whole file.
  let prefix: String
  let file: String
  let problems: Problems

  init(root: DocumentNode, file: String, problems: Problems) {
    self.root = root
    self.file = file
    self.problems = problems
    let text = root.node(at: "text_config").flatMap { $0.entries == nil ? nil : $0 }
    node = text ?? root
    prefix = text == nil ? "" : "text_config"
  }

  /// Reads the formats of ModelOpt from the file beside the configuration.
  typealias Beside = () throws(ValueProblem) -> (text: String, path: String)

  /// The model; nil, with problems reported, if it cannot be read.
  ///
  /// - Parameter unread: native keys that replace what the file says: `weights`, `window`.
  func model(unread: [String], beside: Beside) -> ModelSpec? {
    guard !refuseUnmodelled(), let family = family() else { return nil }
    let hidden = value(["hidden_size"], ModelKeys.hidden)
    let layers = value(["num_hidden_layers"], ModelKeys.layers)
    let vocabulary = value(["vocab_size"], ModelKeys.vocabulary)
    let dense = value(
      ["dense_intermediate_size", "intermediate_size_mlp", "intermediate_size"],
      ModelKeys.denseIntermediate)
    let modules = value(
      ["num_nextn_predict_layers", "num_mtp_modules", "mtp_num_hidden_layers"],
      ModelKeys.mtpModules, fallback: 0)
    let tied = value(["tie_word_embeddings"], ModelKeys.tiedEmbedding, fallback: false)
    let attention = self.attention(family, hidden)
    let experts = family.hasExperts ? self.experts(family, layers) : nil
    let window = unread.contains("window") ? nil : layers.flatMap { self.window(family, $0) }
    guard problems.diagnostics.isEmpty, let hidden, let layers, let vocabulary, let dense,
      let modules, let tied, let attention
    else { return nil }
    var model = ModelSpec(
      name: name(family), hidden: hidden, layers: layers, vocabulary: vocabulary,
      attention: attention,
      window: window, denseIntermediate: dense, experts: experts, mtpModules: modules,
      tiesEmbedding: tied, source: SourceText(words: file))
    guard ModelRules(model: model, problems: problems, key: key).check() else { return nil }
    if !unread.contains("weights") {
      guard let weights = weights(of: model, family, beside: beside) else { return nil }
      model.weights = weights
    }
    return model
  }

  /// The last part of the path that the file was saved under, or its type.
  private func name(_ family: ConfigFamily) -> String {
    let paths = [root, node].compactMap { $0.node(at: "_name_or_path") }
    let names = paths.compactMap { path -> String? in
      guard case .scalar(let text, isPlain: false) = path.content else { return nil }
      return text.split(separator: "/").last.flatMap { try? ScalarText.text(String($0)) }
    }
    if let name = names.first { return name }
    if case .scalar(let type, isPlain: false) = root.node(at: "model_type")?.content,
      let name = try? ScalarText.text(type)
    {
      return name
    }
    return family.rawValue
  }
}

extension ConfigReader {
  /// The first of some keys that has a value.
  func present(_ names: [String]) -> (name: String, node: DocumentNode)? {
    for name in names {
      if let value = node.node(at: name), !value.isNull { return (name, value) }
    }
    return nil
  }

  /// The path of a key in the file.
  func path(_ name: String) -> String { join(prefix, name) }

  /// The value of the first present key, of the kind of a native one; nil, with a problem reported,
  /// if it is invalid, or absent without a fall-back.
  func value<V>(_ names: [String], _ native: Key<V>, fallback: V? = nil) -> V? {
    value(names, native.declaration.kind, fallback: fallback)
  }

  /// The same for a kind of value.
  func value<V: KeyValue>(_ names: [String], _ kind: Kind, fallback: V? = nil) -> V? {
    guard let (name, node) = present(names) else {
      if fallback == nil, let first = names.first { problems.add(path(first), "is required") }
      return fallback
    }
    let place = problems.place(of: path(name))
    return Checker(problems: problems).value(node, kind, path(name), at: place).flatMap { V($0) }
  }

  /// A truth value; an absent one is `fallback`.
  func flag(_ name: String, fallback: Bool = false) -> Bool? {
    value([name], .flag, fallback: fallback)
  }

  /// A list with one entry for each layer; nil if the key is absent, or invalid and reported.
  func list<V: KeyValue>(_ name: String, of item: Kind, _ layers: Int) -> [V]? {
    guard present([name]) != nil else { return nil }
    return value([name], .list(item, isSet: false, count: layers...layers))
  }

  /// Reports the value of a key.
  func refuse(_ name: String, _ value: DocumentNode, _ reason: String, allowed: String? = nil) {
    problems.add(path(name), "\(quoted(value.words)): \(reason)", allowed: allowed)
  }

  /// The key that a native one is read from, for messages about relations between numbers.
  private func key(ofNative native: String) -> String {
    let names =
      switch native {
      case "attention.grouped.heads": ["num_attention_heads"]
      case "attention.grouped.kv_heads": ["num_key_value_heads"]
      case "layers": ["num_hidden_layers"]
      case "experts.routed": Self.routedNames
      case "experts.top_k": Self.topKNames
      case "experts.groups": ["n_group"]
      case "experts.group_limit": ["topk_group"]
      case "experts.dense_layers": ["first_k_dense_replace"]
      default: [native]
      }
    return path(present(names)?.name ?? names[0])
  }

  private var key: (String) -> String { { key(ofNative: $0) } }
}

extension DocumentNode {
  /// The value as in its file, on one line.
  var words: String {
    switch content {
    case .scalar(let text, _): text
    case .sequence(let items): "[" + items.map(\.words).joined(separator: ", ") + "]"
    case .mapping(let entries):
      "{" + entries.map { "\($0.key): \($0.value.words)" }.joined(separator: ", ") + "}"
    case .removed: ""
    }
  }
}
