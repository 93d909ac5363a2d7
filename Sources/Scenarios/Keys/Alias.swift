// Other programs' names of keys, accepted beside the native ones.

/// Another name of a key.
struct Alias: Sendable {
  /// The name, its form and its meaning.
  let declaration: Declaration
  /// The native key.
  let path: [String]
  /// The native spelling of a value; an unknown one is left for the native key to refuse.
  let converted: @Sendable (DocumentNode) -> DocumentNode

  var name: String { declaration.name }
  /// The native key as it is written in messages.
  var key: String { path.joined(separator: ".") }

  /// - Parameters:
  ///   - owner: the program whose name it is.
  ///   - parent: path of the mapping with the native key.
  init<V>(
    _ name: String, of owner: String, _ key: Key<V>, in parent: String, kind: Kind? = nil,
    _ converted: @escaping @Sendable (DocumentNode) -> DocumentNode = { $0 }
  ) {
    path = (parent + "." + key.name).split(separator: ".").map(String.init)
    declaration = Declaration(
      name: name, kind: kind ?? key.declaration.kind, presence: .optional,
      doc: "\(owner)'s name of \(parent).\(key.name).", defaultJSON: nil)
    self.converted = converted
  }

  /// Every mapping in which other names are accepted, with those names.
  static let all: [(parent: [String], aliases: [Alias])] =
    MegatronNames.parents.map { ($0, MegatronNames.all) }
    + EngineNames.parents.map { ($0, EngineNames.names(in: $0.joined(separator: "."))) }

  /// The alias at a path such as `training.tensor_model_parallel_size`; nil if there is none.
  static func at(_ path: [String]) -> Alias? {
    all.first { path.dropLast() == $0.parent[...] }?.aliases
      .first { $0.name == path.last && $0.path != path }
  }
}
