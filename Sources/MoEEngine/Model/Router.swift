// Which experts each token visits and with what weight, and the gradient of that choice.
//
// The choice itself is Routing's gate. The selection bias has no gradient: it moves after each step
// (arXiv 2408.15664). The balance loss is that of the DeepSeek-V3 report, section 2.1.2, equations
// 17 to 20, over each sequence or over the whole batch.
// Legend of shapes: T tokens, E experts, k experts of a token; slots are the T k visits, ordered by
// expert and then by token.

import Routing

/// The loss that asks for balanced experts: weight x sum of f_i P_i.
public struct BalanceLoss: Hashable, Sendable {
  /// Tokens over which loads are counted together.
  public enum Scope: Hashable, Sendable {
    case sequence
    case batch
  }

  /// Its weight in the total loss.
  public var weight: Double
  /// What the loads of its sum are counted over.
  public var scope = Scope.sequence
}

/// What a router decided for a batch.
final class RouterActivations {
  /// Sigmoid scores without bias `[T, E]`.
  let scores: Matrix
  private let memory: FloatBuffer
  /// Chosen experts `[T, k]`, best first.
  var experts: [Int32]
  /// Their normalised, scaled weights `[T, k]`.
  var weights: [Float]
  /// The slot of each visit `[T, k]`.
  var slots: [Int32]
  /// The token and the weight of each slot `[T k]`.
  var tokens: [Int32]
  var slotWeights: [Float]
  /// First slot of each expert, and the end of the last: `[E + 1]`.
  var offsets: [Int]
  /// The balance loss without its weight.
  var balance = 0.0

  init(_ gate: Gate, tokens count: Int) {
    memory = FloatBuffer(count * gate.experts)
    scores = memory.matrix(count, gate.experts)
    experts = Array(repeating: 0, count: count * gate.topK)
    weights = Array(repeating: 0, count: count * gate.topK)
    slots = Array(repeating: 0, count: count * gate.topK)
    tokens = Array(repeating: 0, count: count * gate.topK)
    slotWeights = Array(repeating: 0, count: count * gate.topK)
    offsets = Array(repeating: 0, count: gate.experts + 1)
  }

  /// Tokens of an expert.
  func load(_ expert: Int) -> Int { offsets[expert + 1] - offsets[expert] }
}

/// The router of one layer.
struct Router {
  let slot: Slot
  let pass: Pass
  /// Selection bias `[E]`.
  let bias: UnsafeMutablePointer<Float>

  private var gate: Gate { pass.model.gate }

  /// Scores, choices, weights, slots and the balance loss of normalised tokens `[T, d]`.
  ///
  /// The product is always in Float32: the published recipe keeps the gate out of FP8.
  func forward(_ x: Matrix, saving saved: RouterActivations) {
    pass.workers.multiply(x, pass.weights.matrix(slot), transposing: .second, into: saved.scores)
    let blockTokens = 64
    let chosen = UnsafeMutableBufferPointer<Int32>.allocate(capacity: x.rows * gate.topK)
    defer { chosen.deallocate() }
    pass.workers.run(x.rows, by: blockTokens) { rows in
      var choices = [Float](repeating: 0, count: gate.experts)
      var selected = [Int](repeating: 0, count: gate.topK)
      var scratch = Gate.Scratch(for: gate)
      for row in rows {
        score(saved.scores.row(row), choices: &choices)
        gate.select(choices, into: &selected, scratch: &scratch)
        for rank in 0..<gate.topK { chosen[row * gate.topK + rank] = Int32(selected[rank]) }
      }
    }
    saved.experts = Array(chosen)
    weigh(saved, tokens: x.rows)
    arrange(saved, tokens: x.rows)
    saved.balance = balance(saved, tokens: x.rows)
  }

  /// Logits become scores in place; choices are scores plus bias.
  private func score(_ row: UnsafeMutablePointer<Float>, choices: inout [Float]) {
    choices.withUnsafeMutableBufferPointer { choices in
      guard let choices = choices.baseAddress else { return }
      forEachLanes(gate.experts) {
        let value = sigmoid(row.lanes($0))
        row.set(value, $0)
        choices.set(value + bias.lanes($0), $0)
      } tail: {
        let value = sigmoid(row.tail($0, gate.experts))
        row.setTail(value, $0, gate.experts)
        choices.setTail(value + bias.tail($0, gate.experts), $0, gate.experts)
      }
    }
  }

  private func weigh(_ saved: RouterActivations, tokens: Int) {
    // Local names: an array of a class is looked up, and its access checked, at every element.
    let (experts, scale) = (saved.experts, pass.model.routeScale)
    var weights = saved.weights
    for token in 0..<tokens {
      let scores = saved.scores.row(token)
      let visits = token * gate.topK..<(token + 1) * gate.topK
      var sum: Float = 1e-20
      for visit in visits { sum += scores[Int(experts[visit])] }
      for visit in visits { weights[visit] = scores[Int(experts[visit])] / sum * scale }
    }
    saved.weights = weights
  }

  /// Gives every visit its slot: a counting sort by expert that keeps the order of tokens.
  private func arrange(_ saved: RouterActivations, tokens: Int) {
    var next = [Int](repeating: 0, count: gate.experts + 1)
    let visits = 0..<tokens * gate.topK
    let (experts, weights) = (saved.experts, saved.weights)
    for visit in visits { next[Int(experts[visit]) + 1] += 1 }
    for expert in 0..<gate.experts { next[expert + 1] += next[expert] }
    saved.offsets = next
    var (slots, owners, slotWeights) = (saved.slots, saved.tokens, saved.slotWeights)
    for visit in visits {
      let expert = Int(experts[visit])
      let slot = next[expert]
      next[expert] += 1
      slots[visit] = Int32(slot)
      owners[slot] = Int32(visit / gate.topK)
      slotWeights[slot] = weights[visit]
    }
    (saved.slots, saved.tokens, saved.slotWeights) = (slots, owners, slotWeights)
  }

  /// Tokens whose loads are counted together.
  private func span(of tokens: Int) -> Int {
    pass.balance.scope == .batch ? tokens : pass.shape.length
  }

  /// f of the tokens from `first` on: E / (k n) x visits, `[E]`.
  private func fractions(_ saved: RouterActivations, from first: Int, count: Int) -> [Float] {
    var fractions = [Float](repeating: 0, count: gate.experts)
    let experts = saved.experts
    let share = Float(gate.experts) / Float(gate.topK * count)
    for visit in first * gate.topK..<(first + count) * gate.topK {
      fractions[Int(experts[visit])] += share
    }
    return fractions
  }

  /// The mean over spans of sum f_i P_i, where P_i is the mean of s_i / sum s.
  private func balance(_ saved: RouterActivations, tokens: Int) -> Double {
    let count = span(of: tokens)
    var total = 0.0
    for first in stride(from: 0, to: tokens, by: count) {
      var fractions = fractions(saved, from: first, count: count)
      fractions.withUnsafeMutableBufferPointer { fractions in
        guard let fractions = fractions.baseAddress else { return }
        for token in first..<first + count {
          let scores = saved.scores.row(token)
          let sum = sum(of: scores)
          total += Double(dot(fractions, scores, gate.experts) / sum)
        }
      }
    }
    return total / Double(tokens)
  }

  private func sum(of row: UnsafeMutablePointer<Float>) -> Float {
    var sum = Lanes(repeating: 0)
    forEachLanes(gate.experts) {
      sum += row.lanes($0)
    } tail: {
      sum += row.tail($0, gate.experts)
    }
    return sum.laneSum
  }

  /// The gradient of the router's weights, and that of its input added to `dx`.
  ///
  /// With W the sum of a token's chosen scores: dw_j = scale s_j / W gives
  /// ds_j = scale (dw_j - sum_i dw_i s_i / W) / W. The balance loss gives
  /// ds_m += weight / T (f_m / S - sum_i f_i s_i / S^2), S the sum of all scores of the token.
  ///
  /// - Parameters:
  ///   - x, dx: `[T, d]`.
  ///   - dslots: gradient of the slots' weights `[T k]`.
  func backward(
    _ dslots: UnsafeMutablePointer<Float>, _ x: Matrix, into dx: Matrix,
    saved: RouterActivations
  ) {
    let dlogits = pass.scratch.logits.matrix(x.rows, gate.experts)
    let count = span(of: x.rows)
    for first in stride(from: 0, to: x.rows, by: count) {
      var fractions = fractions(saved, from: first, count: count)
      fractions.withUnsafeMutableBufferPointer { fractions in
        guard let fractions = fractions.baseAddress else { return }
        pass.workers.run(count, by: 64) { rows in
          for row in rows {
            backward(token: first + row, fractions, of: x.rows, dslots, dlogits, saved)
          }
        }
      }
    }
    let (weight, gradient) = (pass.weights.matrix(slot), pass.gradients.matrix(slot))
    pass.workers.multiply(dlogits, weight, into: dx, accumulate: true)
    pass.workers.multiply(dlogits, x, transposing: .first, into: gradient)
  }

  private func backward(
    token: Int, _ fractions: UnsafeMutablePointer<Float>, of tokens: Int,
    _ dslots: UnsafeMutablePointer<Float>, _ dlogits: Matrix, _ saved: RouterActivations
  ) {
    let (scores, slopes) = (saved.scores.row(token), dlogits.row(token))
    let all = sum(of: scores)
    let share = Float(pass.balance.weight) / Float(tokens) / all
    let mean = dot(fractions, scores, gate.experts) / all
    let visits = token * gate.topK..<(token + 1) * gate.topK
    let (experts, slots) = (saved.experts, saved.slots)
    forEachLanes(gate.experts) {
      slopes.set(share * (fractions.lanes($0) - mean), $0)
    } tail: {
      slopes.setTail(share * (fractions.tail($0, gate.experts) - mean), $0, gate.experts)
    }
    var chosen: Float = 1e-20
    var weighted: Float = 0
    for visit in visits {
      let score = scores[Int(experts[visit])]
      chosen += score
      weighted += dslots[Int(slots[visit])] * score
    }
    for visit in visits {
      let slope = dslots[Int(slots[visit])] - weighted / chosen
      slopes[Int(experts[visit])] += pass.model.routeScale * slope / chosen
    }
    forEachLanes(gate.experts) {
      let score = scores.lanes($0)
      slopes.set(slopes.lanes($0) * score * (1 - score), $0)
    } tail: {
      let score = scores.tail($0, gate.experts)
      slopes.setTail(slopes.tail($0, gate.experts) * score * (1 - score), $0, gate.experts)
    }
  }
}
