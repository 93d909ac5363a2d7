// Configurations of published models, written from their published values, and changes to them.

import Foundation
import ModelCost
import Testing

@testable import Scenarios

/// A file of the fixtures.
func fixtureURL(_ name: String) -> URL {
  Bundle.module.bundleURL.appending(path: "Fixtures/\(name)")
}

extension ModelConfig {
  /// The model of a configuration among the fixtures, which have the published values.
  static func fixture(_ name: String) throws -> ModelSpec {
    try load(path: fixtureURL("configs/\(name).json").path).model
  }

  /// The model of a configuration with some keys changed: members of an object in JSON. The keys
  /// are those below `text_config`, if there is one.
  ///
  /// - Parameter removed: a key to remove.
  static func changed(
    _ name: String, _ changes: String, without removed: String = "", beside: String? = nil
  ) throws -> ModelSpec {
    func object(_ data: Data) throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
    var root = try object(Data(contentsOf: fixtureURL("configs/\(name).json")))
    var own = root["text_config"] as? [String: Any] ?? root
    own.merge(try object(Data("{\(changes)}".utf8))) { $1 }
    own[removed] = nil
    if root["text_config"] == nil { root = own } else { root["text_config"] = own }
    return try written(
      String(decoding: JSONSerialization.data(withJSONObject: root), as: UTF8.self),
      beside: beside)
  }

  /// The model of a text, written to a file.
  ///
  /// - Parameter beside: text of the `hf_quant_config.json` in the same folder.
  static func written(_ text: String, beside: String? = nil) throws -> ModelSpec {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "config.json")
    try Data(text.utf8).write(to: file)
    if let beside {
      try Data(beside.utf8).write(to: folder.appending(path: "hf_quant_config.json"))
    }
    return try load(path: file.path).model
  }

  /// The problems of a changed configuration, each as `key: message`.
  static func problems(
    _ name: String, _ changes: String, without removed: String = "", beside: String? = nil
  ) throws -> [String] {
    do {
      _ = try changed(name, changes, without: removed, beside: beside)
      return []
    } catch let problem as ScenarioProblem {
      return problem.diagnostics.map { "\($0.keyPath): \($0.message)" }
    }
  }
}
