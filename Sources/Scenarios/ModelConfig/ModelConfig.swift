// Models from Hugging Face's `config.json`. Keys and their fall-backs differ by family; numbers
// have the ranges of native keys, and nothing that changes a count is ignored.
//
// Source: the configuration classes of transformers 5.24, by model_type.

import ModelCost
import Text

/// A model read from a `config.json`.
package struct ModelConfig: Sendable {
  /// Maximum size of a file in bytes.
  private static let byteLimit = TextLimits.bytes

  /// The model, named after its file.
  package let model: ModelSpec
  /// The lines of the file, and of the one beside it that was read.
  let remarks: [String]

  /// Reads a file that is named on the command line.
  ///
  /// - Throws: `ScenarioProblem.noInput` if there is no such file; `.badData` with every problem of
  ///   the content.
  package static func load(path: String) throws(ScenarioProblem) -> ModelConfig {
    let file = ReferredFile(given: path)
    let text: String
    do { text = try file.text(limit: byteLimit, content: "a configuration") } catch {
      guard !error.isMissingFile else {
        throw .noInput(path: path, reason: "no such file", suggestion: nil)
      }
      throw .badData([
        Diagnostic(source: path, line: nil, column: nil, keyPath: "", message: error.message)
      ])
    }
    return try ModelConfig(text: text, file: file)
  }

  /// Reads the file of `model.config`; nil, with problems reported, if it cannot be used.
  ///
  /// - Parameters:
  ///   - folder: folder of the scenario with a trailing slash.
  ///   - fields: the keys of `model`; what they specify as a whole is not read from the file.
  static func named(
    _ name: String, folder: String, beside fields: Fields, _ problems: Problems
  ) -> ModelConfig? {
    let file = ReferredFile(name, folder: folder)
    let text: String
    do { text = try file.text(limit: byteLimit, content: "a configuration") } catch {
      problems.add(error, "model.config")
      return nil
    }
    do { return try ModelConfig(text: text, file: file, unread: fields.names) } catch {
      problems.add(error.diagnostics)
      return nil
    }
  }

  /// The name of the file in which ModelOpt describes its formats, beside a configuration.
  static func quantisationFile(beside name: String) -> String {
    ReferredFile.folder(of: name) + "hf_quant_config.json"
  }

  private init(
    text: String, file: ReferredFile, unread: [String] = []
  ) throws(ScenarioProblem) {
    var documents = DocumentReader(source: file.path)
    let root = try documents.readJSON(text)
    let problems = Problems(in: root, known: [])
    let reader = ConfigReader(root: root, file: file.path, problems: problems)
    var remarks = Self.remarks("config", text)
    let model = reader.model(unread: unread) { () throws(ValueProblem) in
      let beside = ReferredFile(Self.quantisationFile(beside: file.path), folder: "")
      let text = try beside.text(limit: Self.byteLimit, content: "formats of weights")
      remarks += Self.remarks("hf_quant_config", text)
      return (text, beside.path)
    }
    guard let model, problems.diagnostics.isEmpty else {
      precondition(!problems.diagnostics.isEmpty, "a configuration without model has a problem")
      throw .badData(problems.sorted)
    }
    self.model = model
    self.remarks = remarks
  }

  private static func remarks(_ label: String, _ text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).map { "\(label): \($0)" }
  }
}
