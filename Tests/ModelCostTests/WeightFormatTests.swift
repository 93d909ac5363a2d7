// Bytes of weights in each format, against vectors made by an independent program (notes in the
// fixture), and the keys of windows.

import Foundation
import Testing

@testable import ModelCost

@Suite("Keys that tokens attend to")
struct AttendedKeysTests {
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
    let url = try #require(
      Bundle.module.url(forResource: "formats", withExtension: "json", subdirectory: "Fixtures"))
    let root = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
    let rows = try #require(root as? [[String: Any]])

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
