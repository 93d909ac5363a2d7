// Counts of published models and of formats, against vectors made by an independent program from
// the models' configurations (notes in the fixtures).

import Foundation
import Testing

@testable import ModelCost

/// A fixture in JSON.
private func fixture(_ name: String) throws -> Any {
  let url = try #require(
    Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
  return try JSONSerialization.jsonObject(with: Data(contentsOf: url))
}

/// The counts of one model.
private struct ModelVector {
  let name: String
  let root: [String: Any]

  func number(_ path: String...) -> Int? {
    var node: Any? = root
    for key in path { node = (node as? [String: Any])?[key] }
    return (node as? NSNumber)?.intValue
  }

  static func all() throws -> [ModelVector] {
    let root = try #require(fixture("models") as? [String: Any])
    let models = try #require(root["models"] as? [String: Any])
    return try models.sorted { $0.key < $1.key }.map {
      ModelVector(name: $0.key, root: try #require($0.value as? [String: Any]))
    }
  }
}

@Suite("Counts of published models")
struct ModelVectorsTests {
  private static func pairs() throws -> [(ModelSpec, ModelVector)] {
    try ModelVector.all().compactMap { vector in
      ModelSpec.catalogue.first { $0.name == vector.name }.map { ($0, vector) }
    }
  }

  @Test("every model of the catalogue but two has a vector")
  func coverage() throws {
    let missing = Set(ModelSpec.catalogue.map(\.name)).subtracting(
      try Self.pairs().map(\.0.name))

    #expect(missing == ["qwen2.5-72b", "glm-4.5-air"])
  }

  @Test("GLM-4.5-Air has the parameters of its configuration")
  func air() throws {
    let model = try #require(ModelSpec.catalogue.first { $0.name == "glm-4.5-air" })

    // Fact params.glm-4.5-air.
    #expect(model.mainParameters == 106_852_251_264)
  }

  @Test("parameters, total and active, to the digit")
  func parameters() throws {
    for (model, vector) in try Self.pairs() {
      #expect(model.mainParameters == vector.number("parameters", "total"), "\(model.name)")
      #expect(model.activeParameters == vector.number("parameters", "active_all"), "\(model.name)")
      #expect(
        model.activeParametersWithoutEmbedding
          == vector.number("parameters", "active_no_input_embedding"), "\(model.name)")
      #expect(
        model.attentionParameters == vector.number("parameters", "attention_layer"),
        "\(model.name)")
      #expect(
        model.expertParameters == vector.number("parameters", "one_expert"), "\(model.name)")
      #expect(model.expertLayers == vector.number("moe_layer_count"), "\(model.name)")
      if let module = vector.number("parameters", "mtp_module") {
        #expect(model.mtpParameters == module, "\(model.name)")
        #expect(
          model.parametersWithMTP == vector.number("parameters", "total_with_mtp"),
          "\(model.name)")
      } else {
        #expect(model.mtpModules == 0, "\(model.name)")
      }
    }
  }

  @Test("bytes of the cache in each format")
  func cache() throws {
    for (model, vector) in try Self.pairs() {
      for format in CacheFormat.allCases {
        guard let bytes = vector.number("kv_bytes", format.rawValue, "per_token") else { continue }
        let indexer = vector.number("kv_bytes", format.rawValue, "indexer_per_token") ?? 0
        #expect(model.kvBytesPerToken(format) == bytes + indexer, "\(model.name) \(format)")
        for length in [4096, 131_072] {
          guard
            let bytes = vector.number("kv_bytes", format.rawValue, "sequence_of_\(length)")
          else { continue }
          #expect(
            model.kvBytes(sequence: length, format) == bytes, "\(model.name) \(format) \(length)")
        }
      }
    }
  }

  @Test("FLOPs of a token: products, and attention over whole sequences and in decode")
  func flops() throws {
    for (model, vector) in try Self.pairs() {
      func expect(_ flops: Double, _ key: String) {
        #expect(flops == vector.number("flops_per_token", key).map(Double.init), "\(model.name)")
      }
      expect(model.linearFLOPs, "linear")
      for length in [4096, 131_072] {
        expect(
          model.forwardFLOPs(.causal(sequence: length)).rounded(), "forward_causal_\(length)")
        expect(model.forwardFLOPs(.absorbedDecode(context: length)), "decode_at_\(length)")
      }
    }
  }

  @Test("the keys of windows and chunks are those of a loop over tokens")
  func keys() {
    for keys in [AttendedKeys.all, .last(5), .chunk(5)] {
      var pairs = [0]
      for token in 0..<23 { pairs.append(pairs[token] + keys.keys(context: token + 1)) }
      for cached in 0..<12 {
        for length in 1..<11 {
          #expect(
            keys.pairs(length: length, cached: cached) == pairs[cached + length] - pairs[cached])
        }
      }
    }
  }
}

@Suite("Formats of weights")
struct WeightFormatTests {
  @Test("bytes of matrices with scales equal the vectors")
  func vectors() throws {
    let rows = try #require(fixture("formats") as? [[String: Any]])

    #expect(rows.count == 40)
    for row in rows {
      let name = try #require(row["format"] as? String)
      let format = try #require(WeightFormat(rawValue: name))
      let size = try #require(row["rows"] as? Int)
      let columns = try #require(row["columns"] as? Int)
      #expect(
        format.bytes(rows: size, columns: columns) == row["bytes"] as? Int,
        "\(name) \(size) x \(columns)")
    }
  }

  @Test("published sizes: V3's index with copies of embedding and head, and GPT-OSS")
  func published() throws {
    func stored(_ model: ModelSpec, modules: Int = 0) -> Int {
      let layers = model.layerKinds + Array(repeating: model.mtpLayerKind, count: modules)
      let kinds = layers + [.embedding, .head] + Array(repeating: .mtp, count: modules)
      let copies = modules * 2 * model.embeddingParameters * 2
      return model.weights.bytes(of: kinds.flatMap { model.weights(of: $0) }) + copies
    }
    let gptOSS = try #require(ModelSpec.catalogue.first { $0.name == "gpt-oss-120b" })

    // The index has selection biases in FP32, two bytes more for each.
    let biases = 2 * 256 * (58 + 1)
    #expect(stored(.deepseekV3, modules: 1) + biases == 688_574_839_360)
    #expect(stored(gptOSS) == 65_248_815_744)
  }
}
