// Counts of published models, described by the catalogue and by configurations, against vectors
// made by an independent program from the same values (notes in the fixture).

import Foundation
import ModelCost
import Testing

@testable import Scenarios

/// The counts of one model.
private struct ModelVector: Sendable, CustomTestStringConvertible {
  let name: String
  private let numbers: [[String]: Int]

  var testDescription: String { name }

  func number(_ path: String...) -> Int? { numbers[path] }

  private init(name: String, root: [String: Any]) {
    self.name = name
    numbers = Self.numbers(root, [])
  }

  private static func numbers(_ root: [String: Any], _ path: [String]) -> [[String]: Int] {
    var all: [[String]: Int] = [:]
    for (key, value) in root {
      if let deeper = value as? [String: Any] {
        all.merge(numbers(deeper, path + [key])) { first, _ in first }
      } else if let number = value as? NSNumber {
        all[path + [key]] = number.intValue
      }
    }
    return all
  }

  static func all() throws -> [ModelVector] {
    let root = try JSONSerialization.jsonObject(with: Data(contentsOf: fixtureURL("models.json")))
    let models = try #require((root as? [String: Any])?["models"] as? [String: [String: Any]])
    return models.sorted { $0.key < $1.key }.map { ModelVector(name: $0.key, root: $0.value) }
  }
}

@Suite("Counts of published models")
struct ModelVectorsTests {
  /// Every model with a vector, by configuration and, if it is there, in the catalogue.
  private static func pairs() throws -> [(ModelSpec, ModelVector)] {
    try ModelVector.all().flatMap { vector in
      let listed = ModelSpec.catalogue.filter { $0.name == vector.name }
      return (listed + [try ModelConfig.fixture(vector.name)]).map { ($0, vector) }
    }
  }

  @Test("20 configurations, and every model of the catalogue but two, have a vector")
  func coverage() throws {
    let vectors = try ModelVector.all().map(\.name)

    #expect(vectors.count == 20)
    #expect(
      Set(ModelSpec.catalogue.map(\.name)).subtracting(vectors) == ["qwen2.5-72b", "glm-4.5-air"])
  }

  @Test("a model of the catalogue is the one of its configuration", arguments: ModelSpec.catalogue)
  func catalogue(model: ModelSpec) throws {
    var read = try ModelConfig.fixture(model.name)
    (read.name, read.source) = (model.name, model.source)

    #expect(read == model)
  }

  @Test("parameters, total and active, to the digit")
  func parameters() throws {
    for (model, vector) in try Self.pairs() {
      #expect(model.mainParameters == vector.number("parameters", "total"), "\(vector.name)")
      #expect(
        model.activeParameters == vector.number("parameters", "active_all"), "\(vector.name)")
      #expect(
        model.activeParametersWithoutEmbedding
          == vector.number("parameters", "active_no_input_embedding"), "\(vector.name)")
      #expect(
        model.attentionParameters == vector.number("parameters", "attention_layer"),
        "\(vector.name)")
      #expect(
        model.expertParameters == vector.number("parameters", "one_expert"), "\(vector.name)")
      #expect(model.expertLayers == vector.number("moe_layer_count"), "\(vector.name)")
      if let module = vector.number("parameters", "mtp_module") {
        #expect(model.mtpParameters == module, "\(vector.name)")
        #expect(
          model.parametersWithMTP == vector.number("parameters", "total_with_mtp"),
          "\(vector.name)")
      } else {
        #expect(model.mtpModules == 0, "\(vector.name)")
      }
    }
  }

  @Test("bytes of the cache in each format")
  func cache() throws {
    for (model, vector) in try Self.pairs() {
      for format in CacheFormat.allCases {
        guard let bytes = vector.number("kv_bytes", format.rawValue, "per_token") else { continue }
        let indexer = vector.number("kv_bytes", format.rawValue, "indexer_per_token") ?? 0
        #expect(model.kvBytesPerToken(format) == bytes + indexer, "\(vector.name) \(format)")
        for length in [4096, 131_072] {
          guard
            let bytes = vector.number("kv_bytes", format.rawValue, "sequence_of_\(length)")
          else { continue }
          #expect(
            model.kvBytes(sequence: length, format) == bytes, "\(vector.name) \(format) \(length)")
        }
      }
    }
  }

  @Test("FLOPs of a token: products, and attention over whole sequences and in decode")
  func flops() throws {
    for (model, vector) in try Self.pairs() {
      func expect(_ flops: Double, _ key: String) {
        #expect(flops == vector.number("flops_per_token", key).map(Double.init), "\(vector.name)")
      }
      expect(model.linearFLOPs, "linear")
      for length in [4096, 131_072] {
        expect(
          model.forwardFLOPs(.causal(sequence: length)).rounded(), "forward_causal_\(length)")
        expect(model.forwardFLOPs(.absorbedDecode(context: length)), "decode_at_\(length)")
      }
    }
  }

  @Test("FLOPs of an indexer, and of absorbed attention to the keys that it selects")
  func indexer() throws {
    for name in ["deepseek-v3.2", "glm-5"] {
      let vector = try #require(try ModelVector.all().first { $0.name == name })
      let model = try ModelConfig.fixture(name)
      guard case .latent(let latent) = model.attention, let indexer = latent.indexer else {
        Issue.record("\(name) has no indexer")
        return
      }
      for length in [4096, 131_072] {
        let count = AttentionCount.causal(sequence: length)
        let layers = Double(model.layers)
        let scores = layers * Double(indexer.scoreFLOPsPerKey) * count.meanKeys(.all)
        let core =
          layers * Double(latent.absorbedFLOPsPerKey) * count.meanKeys(.last(indexer.topK))

        #expect(
          scores.rounded()
            == vector.number("flops_per_token", "indexer_scores_\(length)")
            .map(Double.init))
        #expect(
          (model.linearFLOPs + core + scores).rounded()
            == vector.number("flops_per_token", "forward_causal_\(length)_absorbed")
            .map(Double.init))
      }
    }
  }
}

@Suite("Parameters of published models")
struct ModelFactsTests {
  /// Facts params.*: parameters to the digit; billions active with embedding and head, and without
  /// the embedding, as they are published: rounded by other rules than ours.
  static let facts: [(name: String, total: Int, active: Double, without: Double?)] = [
    ("deepseek-v2", 235_741_434_880, 21.376, 20.85),
    ("deepseek-v3", 671_026_419_200, 37.552, 36.63),
    ("deepseek-v3.2", 671_877_944_064, 38.404, 37.48),
    ("kimi-k2", 1_026_408_232_448, 32.862, 31.69),
    ("glm-4.5", 352_797_829_024, 33.63, 32.86),
    ("glm-4.5-air", 106_852_251_264, 13.42, 12.8),
    ("glm-5", 743_911_218_432, 41.785, 40.83),
    ("qwen3-235b-a22b", 235_093_634_560, 22.191, 21.57),
    ("qwen3-30b-a3b", 30_532_122_624, 3.353, 3.04),
    ("qwen3-coder-480b", 480_154_875_392, 35.475, 34.54),
    ("llama-4-scout", 107_769_861_120, 17.17, 16.1),
    ("llama-4-maverick", 400_711_848_960, 17.19, 16.1),
    ("gpt-oss-120b", 116_829_156_672, 5.712, 5.133),
    ("gpt-oss-20b", 20_914_757_184, 4.187, 3.608),
    ("minimax-m2", 228_689_764_864, 11.031, 10.42),
    ("mixtral-8x7b", 46_702_792_704, 12.88, nil),
    ("mixtral-8x22b", 140_630_071_296, 39.161, nil),
  ]

  @Test("are those of the register of facts", arguments: facts)
  func parameters(
    fact: (name: String, total: Int, active: Double, without: Double?)
  ) throws {
    let model = try ModelConfig.fixture(fact.name)

    #expect(model.mainParameters == fact.total)
    #expect(abs(Double(model.activeParameters) / 1e9 - fact.active) < 0.01)
    if let without = fact.without {
      #expect(abs(Double(model.activeParametersWithoutEmbedding) / 1e9 - without) < 0.06)
    }
  }
}
