// A slow, clear reference implementation in Float64, one token at a time. It shares only the
// configuration, the gate and the weight layout with the engine.

import Foundation
import Routing

@testable import MoEEngine

/// The losses of a model, computed directly from the formulas of the papers.
struct ReferenceModel {
  let model: ModelConfiguration
  /// Weights by name, row-major.
  var weights: [String: [Double]]
  let biases: [[Float]]

  init(_ transformer: Transformer) {
    model = transformer.configuration
    weights = [:]
    for entry in transformer.layout.entries {
      weights[entry.name] = transformer.parameters[entry.offset..<entry.offset + entry.count]
        .map(Double.init)
    }
    let experts = model.gate.experts
    biases = (0..<model.routers).map {
      Array(transformer.biases[$0 * experts..<($0 + 1) * experts])
    }
  }

  typealias Row = [Double]

  /// `w x` for `w` of `[out, x.count]`.
  private func times(_ name: String, _ x: Row) -> Row {
    let w = weights[name] ?? []
    return (0..<w.count / x.count).map { out in
      var sum = 0.0
      for index in x.indices { sum += w[out * x.count + index] * x[index] }
      return sum
    }
  }

  private func norm(_ name: String, _ x: Row) -> Row {
    let mean = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
    let r = 1 / (mean + Double(model.normEpsilon)).squareRoot()
    return zip(x, weights[name] ?? []).map { $0 * r * $1 }
  }

  private func rotated(_ x: Row, at position: Int) -> Row {
    var y = x
    for (pair, frequency) in model.rotary.frequencies(width: x.count).enumerated() {
      let angle = Double(position) * frequency
      y[2 * pair] = x[2 * pair] * cos(angle) - x[2 * pair + 1] * sin(angle)
      y[2 * pair + 1] = x[2 * pair] * sin(angle) + x[2 * pair + 1] * cos(angle)
    }
    return y
  }

  private func softmax(_ x: Row) -> Row {
    let top = x.max() ?? 0
    let powers = x.map { exp($0 - top) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  private func attention(_ prefix: String, _ rows: [Row]) -> [Row] {
    let (plain, rotary, value) = (model.plainWidth, model.rotaryWidth, model.valueWidth)
    let scale = model.rotary.softmaxScale(headWidth: model.headWidth)
    var (keys, values, queries): ([[Row]], [[Row]], [[Row]]) = ([], [], [])
    for (position, row) in rows.enumerated() {
      let x = norm(prefix + "attn_norm", row)
      let query = times(prefix + "wq_b", norm(prefix + "q_norm", times(prefix + "wq_a", x)))
      let down = times(prefix + "wkv_a", x)
      let latent = norm(prefix + "kv_norm", Array(down[..<model.keyValueRank]))
      let shared = rotated(Array(down[model.keyValueRank...]), at: position)
      let up = times(prefix + "wkv_b", latent)
      var (key, mine, ask): ([Row], [Row], [Row]) = ([], [], [])
      for head in 0..<model.heads {
        let start = head * (plain + value)
        key.append(up[start..<start + plain] + shared)
        mine.append(Array(up[start + plain..<start + plain + value]))
        let first = head * (plain + rotary)
        ask.append(
          query[first..<first + plain]
            + rotated(Array(query[first + plain..<first + plain + rotary]), at: position))
      }
      keys.append(key)
      values.append(mine)
      queries.append(ask)
    }
    return rows.indices.map { position in
      var output: Row = []
      for head in 0..<model.heads {
        let scores = (0...position).map { other in
          zip(queries[position][head], keys[other][head]).reduce(0) { $0 + $1.0 * $1.1 } * scale
        }
        let weights = softmax(scores)
        output += (0..<value).map { index in
          (0...position).reduce(0) { $0 + weights[$1] * values[$1][head][index] }
        }
      }
      return zip(rows[position], times(prefix + "wo", output)).map(+)
    }
  }

  private func network(_ prefix: String, _ x: Row) -> Row {
    let gate = times(prefix + "w_gate", x).map { $0 / (1 + exp(-$0)) }
    return times(prefix + "w_down", zip(gate, times(prefix + "w_up", x)).map(*))
  }

  /// The output of a mixture for one row, with scores and selected experts.
  private func mixture(_ prefix: String, _ x: Row, router: Int) -> (Row, Row, [Int]) {
    let scores = times(prefix + "router", x).map { 1 / (1 + exp(-$0)) }
    var selected = [Int](repeating: 0, count: model.gate.topK)
    var scratch = Gate.Scratch(for: model.gate)
    model.gate.select(
      zip(scores, biases[router]).map { Float($0) + $1 }, into: &selected, scratch: &scratch)
    let sum = selected.reduce(0) { $0 + scores[$1] }
    var output = model.sharedExperts > 0 ? network(prefix + "es.", x) : x.map { _ in 0 }
    for expert in selected {
      let weight = scores[expert] / sum * Double(model.routeScale)
      output = zip(output, network("\(prefix)e\(expert).", x)).map { $0 + weight * $1 }
    }
    return (output, scores, selected)
  }

  /// The output of a layer for one sequence, with its balance loss.
  private func block(_ prefix: String, _ rows: [Row], router: Int?) -> ([Row], balance: Double) {
    let middle = attention(prefix, rows)
    guard let router else {
      return (middle.map { zip($0, network(prefix, norm(prefix + "ffn_norm", $0))).map(+) }, 0)
    }
    let experts = model.gate.experts
    var fractions = Row(repeating: 0, count: experts)
    var shares = Row(repeating: 0, count: experts)
    let output = middle.map { row -> Row in
      let (result, scores, selected) = mixture(
        prefix, norm(prefix + "ffn_norm", row), router: router)
      let all = scores.reduce(0, +)
      for expert in selected {
        fractions[expert] += Double(experts) / Double(model.gate.topK * rows.count)
      }
      for expert in 0..<experts { shares[expert] += scores[expert] / all / Double(rows.count) }
      return zip(row, result).map(+)
    }
    return (output, zip(fractions, shares).reduce(0) { $0 + $1.0 * $1.1 })
  }

  private func crossEntropy(_ rows: [Row], norm gain: String, _ targets: ArraySlice<Int32>)
    -> Double
  {
    zip(rows, targets).reduce(0) { sum, pair in
      sum - log(softmax(times("head", norm(gain, pair.0)))[Int(pair.1)])
    }
  }

  /// The total loss of a batch, including the sequence-wise balance loss.
  func loss(_ sequences: [[Int32]], balanceWeight: Double, predictionWeight: Double) -> Double {
    var (main, later, balance) = (0.0, 0.0, 0.0)
    let length = sequences[0].count - 1
    func embedded(_ token: Int32) -> Row {
      let table = weights["embed"] ?? []
      return Array(table[Int(token) * model.width..<(Int(token) + 1) * model.width])
    }
    for tokens in sequences {
      var rows = tokens[..<length].map(embedded)
      for layer in 0..<model.layers {
        let router = layer < model.denseLayers ? nil : layer - model.denseLayers
        let result = block("L\(layer).", rows, router: router)
        rows = result.0
        balance += result.balance
      }
      main += crossEntropy(rows, norm: "norm", tokens[1...])
      for module in 0..<model.predictionModules {
        let prefix = "M\(module)."
        let joined = (0..<length - 1 - module).map { position -> Row in
          let first = norm(prefix + "enorm", embedded(tokens[position + 1 + module]))
          let second = norm(prefix + "hnorm", rows[position])
          let both = model.joinOrder == .embeddingFirst ? first + second : second + first
          return times(prefix + "eh_proj", both)
        }
        let result = block(prefix, joined, router: model.expertLayers + module)
        rows = result.0
        balance += result.balance
        later +=
          crossEntropy(rows, norm: prefix + "out_norm", tokens[(2 + module)...])
          / Double(rows.count)
      }
    }
    let count = Double(sequences.count)
    let predicted = later / count / Double(max(model.predictionModules, 1))
    return main / count / Double(length) + predictionWeight * predicted
      + balanceWeight * balance / count
  }
}
