// The router: selects the experts of each token and their weights, forward and backward.
//
// The selection itself is Routing's gate. The selection bias has no gradient: it is updated after
// each step (arXiv 2408.15664). The balance loss follows equations 17 to 20 of the DeepSeek-V3
// report, section 2.1.2, for each sequence or for the whole batch.
//
// Legend of shapes: T tokens, E experts, k experts per token. A token and one of its experts form a
// visit; slots are the T k visits sorted by expert, then by token.

import Routing

/// The auxiliary loss for load balance: weight x sum of f_i P_i.
package struct BalanceLoss: Hashable, Sendable {
  /// The tokens whose loads are to be balanced.
  package enum Scope: Hashable, Sendable {
    case sequence
    case batch
  }

  /// Weight in the total loss.
  package var weight: Double
  /// Whether sequences or batches are to be balanced.
  package var scope = Scope.sequence
}

/// The routing decisions for a batch.
final class RouterActivations {
  /// Sigmoid scores without bias `[T, E]`.
  let scores: Matrix
  private let memory: FloatBuffer
  /// Selected experts `[T, k]`, best first.
  var experts: [Int32]
  /// Their normalised and scaled weights `[T, k]`.
  var weights: [Float]
  /// The slot of each visit `[T, k]`.
  var slots: [Int32]
  /// The token and the weight of each slot `[T k]`.
  var tokens: [Int32]
  var slotWeights: [Float]
  /// First slot of each expert, then the number of slots: `[E + 1]`.
  var offsets: [Int]
  /// The balance loss, unweighted.
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

  /// Tokens routed to each expert.
  var loads: [Int] { (1..<offsets.count).map { offsets[$0] - offsets[$0 - 1] } }
}

/// The router of one layer.
struct Router {
  let slot: Slot
  let context: LayerContext
  /// Selection bias `[E]`.
  let bias: UnsafeMutablePointer<Float>

  private var gate: Gate { context.model.gate }

  /// Routes normalised tokens `[T, d]`.
  ///
  /// The product is always in Float32: the published recipe does not use FP8 in the gate.
  func forward(_ x: Matrix, saving saved: RouterActivations) {
    context.workers.multiply(
      x, context.weights.matrix(slot), transposing: .second, into: saved.scores)
    let blockTokens = 64
    let chosen = UnsafeMutableBufferPointer<Int32>.allocate(capacity: x.rows * gate.topK)
    defer { chosen.deallocate() }
    context.workers.run(x.rows, by: blockTokens) { rows in
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
    assignWeights(saved, tokens: x.rows)
    sortByExpert(saved, tokens: x.rows)
    saved.balance = balance(saved, tokens: x.rows)
  }

  /// Replaces a row of logits by scores; `choices` receives scores plus bias.
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

  private func assignWeights(_ saved: RouterActivations, tokens: Int) {
    // Local copies: every element access to an array property of a class has an exclusivity check.
    let (experts, scale) = (saved.experts, context.model.routeScale)
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

  /// Assigns a slot to every visit: a stable counting sort by expert.
  private func sortByExpert(_ saved: RouterActivations, tokens: Int) {
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

  /// The number of consecutive tokens that share one balance loss.
  private func span(of tokens: Int) -> Int {
    context.balance.scope == .batch ? tokens : context.shape.length
  }

  /// f of `count` tokens, starting at `first`: E / (k count) x loads, `[E]`.
  private func fractions(_ saved: RouterActivations, from first: Int, count: Int) -> [Float] {
    var fractions = [Float](repeating: 0, count: gate.experts)
    let experts = saved.experts
    let share = Float(gate.experts) / Float(gate.topK * count)
    for visit in first * gate.topK..<(first + count) * gate.topK {
      fractions[Int(experts[visit])] += share
    }
    return fractions
  }

  /// The mean over spans of the sum of f_i P_i, where P_i is the mean of s_i / sum s.
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

  /// The gradient of the router's weights; adds the gradient of its input to `dx`.
  ///
  /// Let W be the sum of a token's selected scores and S the sum of all its scores. From
  /// w_j = scale s_j / W follows ds_j = scale (dw_j - sum_i dw_i s_i / W) / W. The balance loss
  /// adds weight / T (f_m / S - sum_i f_i s_i / S^2) to ds_m.
  ///
  /// - Parameters:
  ///   - dslots: gradient of the slots' weights `[T k]`.
  ///   - x, dx: `[T, d]`.
  func backward(
    _ dslots: UnsafeMutablePointer<Float>, _ x: Matrix, into dx: Matrix,
    saved: RouterActivations
  ) {
    let dlogits = context.scratch.logits.matrix(x.rows, gate.experts)
    let count = span(of: x.rows)
    for first in stride(from: 0, to: x.rows, by: count) {
      var fractions = fractions(saved, from: first, count: count)
      fractions.withUnsafeMutableBufferPointer { fractions in
        guard let fractions = fractions.baseAddress else { return }
        context.workers.run(count, by: 64) { rows in
          for row in rows {
            backward(token: first + row, fractions, of: x.rows, dslots, dlogits, saved)
          }
        }
      }
    }
    let (weight, gradient) = (context.weights.matrix(slot), context.gradients.matrix(slot))
    context.workers.multiply(dlogits, weight, into: dx, accumulate: true)
    context.workers.multiply(dlogits, x, transposing: .first, into: gradient)
  }

  private func backward(
    token: Int, _ fractions: UnsafeMutablePointer<Float>, of tokens: Int,
    _ dslots: UnsafeMutablePointer<Float>, _ dlogits: Matrix, _ saved: RouterActivations
  ) {
    let (scores, slopes) = (saved.scores.row(token), dlogits.row(token))
    let all = sum(of: scores)
    let share = Float(context.balance.weight) / Float(tokens) / all
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
      slopes[Int(experts[visit])] += context.model.routeScale * slope / chosen
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
