// The published format of weights, from `quantization_config` and, for ModelOpt, from the file
// beside the configuration.
//
// Sources: transformers 5.24, utils/quantization_config.py; compressed-tensors, schemes of
// quantization; Model Optimizer, hf_quant_config.json.

import ModelCost
import Text

extension ConfigReader {
  /// The format of the weights; nil, with a problem reported, if it is not modelled.
  func weights(
    of model: ModelSpec, _ family: ConfigFamily, beside: Beside
  ) -> WeightScheme? {
    let key = "quantization_config"
    // A wrapper may describe the formats of all its parts at its own level.
    let own = node.node(at: key).flatMap { $0.isNull ? nil : ($0, join(prefix, key)) }
    let outer = root.node(at: key).flatMap { $0.isNull ? nil : ($0, key) }
    guard let (described, path) = own ?? outer else { return .bf16 }
    let formats = QuantisationReader(
      node: described, path: path,
      modules: LinearModules(model, family, isWrapped: !prefix.isEmpty), problems: problems)
    return formats.scheme(beside: beside)
  }
}

/// Reads one description of weight formats.
struct QuantisationReader {
  let node: DocumentNode
  /// Path of the description in its file.
  let path: String
  let modules: LinearModules
  let problems: Problems

  /// The format and the matrices in it; nil, with a problem reported, if they are not modelled.
  func scheme(beside: ConfigReader.Beside) -> WeightScheme? {
    guard let method = words("quant_method") else {
      problems.add(join(path, "quant_method"), "is required")
      return nil
    }
    switch method {
    case "fp8": return fp8().flatMap { covered($0, by: "modules_to_not_convert") }
    // Only routed experts have kernels in the format.
    case "mxfp4": return WeightScheme(.mxfp4, .experts)
    case "compressed-tensors": return compressed().flatMap { covered($0, by: "ignore") }
    case "modelopt": return modelOpt(beside)
    default: return refuse("quant_method", method, "is not a known format of weights")
    }
  }

  private func fp8() -> WeightFormat? {
    guard let block = value("weight_block_size") else { return .fp8Tensor }
    guard block.words == "[128, 128]" else {
      return refuse("weight_block_size", block.words, "only blocks of [128, 128] are modelled")
    }
    return .fp8Tile
  }

  /// The format of the only group of compressed-tensors.
  private func compressed() -> WeightFormat? {
    let groups = value("config_groups")?.entries ?? []
    guard let group = groups.first, groups.count == 1 else {
      let names = groups.map(\.key).joined(separator: ", ")
      return refuse("config_groups", names, "one group of one format is modelled")
    }
    let path = "config_groups.\(group.key).weights"
    func word(_ name: String) -> String { words("\(path).\(name)") ?? "null" }
    let (type, bits, size) = (word("type"), word("num_bits"), word("group_size"))
    switch (type, bits, word("strategy")) {
    case ("int", "4", "group"):
      let format = WeightFormat(rawValue: "int4_g\(size)")
      return format ?? refuse("\(path).group_size", size, "only groups of 32, 64, 128 are modelled")
    case ("float", "4", "tensor_group") where size == "16": return .nvfp4
    case ("float", "8", "tensor"): return .fp8Tensor
    case ("float", "8", "block") where word("block_structure") == "[128, 128]": return .fp8Tile
    default:
      return refuse(path, "\(type), \(bits) bits, \(word("strategy"))", "is not modelled")
    }
  }

  /// ModelOpt's description: here in newer files, else beside the configuration.
  private func modelOpt(_ beside: ConfigReader.Beside) -> WeightScheme? {
    if words("quant_algo") != nil {
      return algorithm().flatMap { covered($0, by: "ignore") }
    }
    let text: String
    let file: String
    do { (text, file) = try beside() } catch {
      return refuse(
        "quant_method", "modelopt",
        "its formats are in hf_quant_config.json beside the file: \(error.message)")
    }
    do {
      var documents = DocumentReader(source: file)
      let root = try documents.readJSON(text)
      let problems = Problems(in: root, known: [])
      let reader = QuantisationReader(
        node: root.node(at: "quantization") ?? root, path: "quantization",
        modules: modules, problems: problems)
      let scheme = reader.algorithm().flatMap { reader.covered($0, by: "exclude_modules") }
      self.problems.add(problems.diagnostics)
      return scheme
    } catch {
      problems.add(error.diagnostics)
      return nil
    }
  }

  private func algorithm() -> WeightFormat? {
    switch words("quant_algo") {
    case "NVFP4": .nvfp4
    case "FP8": .fp8Tensor
    case let other: refuse("quant_algo", other ?? "null", "only NVFP4 and FP8 are modelled")
    }
  }

  /// The scheme of a format from which the modules of a list are left out.
  private func covered(_ format: WeightFormat, by name: String) -> WeightScheme? {
    guard let list = value(name), case .sequence(let items) = list.content else {
      return WeightScheme(format)
    }
    var patterns: [ModulePattern] = []
    for item in items {
      guard let pattern = ModulePattern(item.words) else {
        return refuse(name, item.words, "is not a valid expression")
      }
      patterns.append(pattern)
    }
    let parts = modules.parts.map { part in
      let left = part.modules.count { module in patterns.contains { $0.matches(module) } }
      return (part.name, isCovered: left == 0, isLeftOut: left == part.modules.count)
    }
    let covered = parts.filter(\.isCovered).map(\.0)
    if parts.allSatisfy(\.isCovered) { return WeightScheme(format) }
    if parts.allSatisfy(\.isLeftOut) { return .bf16 }
    if covered == [LinearModules.routed], parts.allSatisfy({ $0.isCovered || $0.isLeftOut }) {
      return WeightScheme(format, .experts)
    }
    let rest = parts.filter { !$0.isCovered }.map(\.0).joined(separator: ", ")
    problems.add(
      join(path, "quant_method"),
      "\(quoted(format.rawValue)) leaves out \(rest): only all linear layers, or routed experts"
        + " alone, are modelled in a format", allowed: Self.advice)
    return nil
  }

  private static let advice = "write model.weights in a scenario: {format: ..., covers: ...}"

  private func value(_ name: String) -> DocumentNode? {
    node.node(at: name).flatMap { $0.isNull ? nil : $0 }
  }

  private func words(_ name: String) -> String? { value(name)?.words }

  private func refuse<Nothing>(_ name: String, _ word: String, _ reason: String) -> Nothing? {
    let link = reason.hasPrefix("is ") ? " " : ": "
    problems.add(join(path, name), quoted(word) + link + reason, allowed: Self.advice)
    return nil
  }
}
