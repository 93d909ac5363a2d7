// DeepSeekMoE: shared experts for every token, routed experts for those that the router sends
// (arXiv 2401.06066; DeepSeek-V3 report, section 2.1.2). Tokens are gathered by expert, each expert
// runs its own products on a worker, and results are summed per token in the order of its choices.
// Legend of shapes: T tokens, d width, k experts of a token, f hidden elements of an expert, F
// those of the shared experts; slots as in Router.

/// What a mixture keeps between forward and backward.
final class MixtureActivations {
  /// What the layer's router decided; another layer's where layers share this memory in turn.
  var router: RouterActivations
  /// Experts' insides `[T k, 2 f]`. What is cheap to make again - gathered tokens, activations -
  /// lives in memory of an expert's own size instead, which stays in the cache.
  let gateUp: Matrix
  /// The shared experts' insides `[T, 2 F]` and `[T, F]`.
  let sharedGateUp: Matrix
  let sharedAct: Matrix
  private let memory: [FloatBuffer]

  init(_ model: ModelConfiguration, tokens: Int, router: RouterActivations) {
    self.router = router
    var memory: [FloatBuffer] = []
    func matrix(_ rows: Int, _ columns: Int) -> Matrix {
      let buffer = FloatBuffer(rows * columns)
      memory.append(buffer)
      return buffer.matrix(rows, columns)
    }
    let slots = tokens * model.gate.topK
    let shared = model.sharedExperts * model.expertWidth
    gateUp = matrix(slots, 2 * model.expertWidth)
    sharedGateUp = matrix(tokens, 2 * shared)
    sharedAct = matrix(tokens, shared)
    self.memory = memory
  }
}

/// The mixture of experts of one layer.
struct Mixture {
  let slots: MixtureSlots
  let pass: Pass
  let router: Router

  private var shared: FeedForward? { slots.shared.map { FeedForward(slots: $0, pass: pass) } }

  /// `out += mixture(x)`, both `[T, d]`.
  func forward(_ x: Matrix, into out: Matrix, saving saved: MixtureActivations) {
    router.forward(x, saving: saved.router)
    shared?.forward(x, into: out, gateUp: saved.sharedGateUp, act: saved.sharedAct)
    let returned = pass.scratch.slots.matrix(saved.gateUp.rows, x.columns)
    let linear = pass.linear.inside
    let width = pass.model.expertWidth
    pass.workers.run(slots.experts.count) { expert in
      let rows = rows(of: expert, saved)
      guard !rows.isEmpty else { return }
      let weights = slots.experts[expert]
      let gateUp = saved.gateUp.rows(rows)
      withTemporaryMatrices(rows.count, columns: [x.columns, width]) { memory in
        let (dispatched, act) = (memory[0], memory[1])
        gather(x, rows, into: dispatched, saved)
        linear.forward(dispatched, pass.weights.matrix(weights.gateUp), into: gateUp)
        GatedActivation.forward(gateUp, into: act)
        linear.forward(act, pass.weights.matrix(weights.down), into: returned.rows(rows))
      }
    }
    combine(returned, into: out, saved, weights: saved.router.weights)
  }

  private func rows(of expert: Int, _ saved: MixtureActivations) -> Range<Int> {
    saved.router.offsets[expert]..<saved.router.offsets[expert + 1]
  }

  /// The tokens of an expert's slots, a row each.
  private func gather(
    _ x: Matrix, _ slots: Range<Int>, into y: Matrix, _ saved: MixtureActivations
  ) {
    let tokens = saved.router.tokens
    for (row, slot) in slots.enumerated() {
      y.row(row).update(from: x.row(Int(tokens[slot])), count: x.columns)
    }
  }

  /// `out += sum over a token's visits of weight x row`, in the order of its choices; weights of 1
  /// where there are none.
  private func combine(
    _ returned: Matrix, into out: Matrix, _ saved: MixtureActivations, weights: [Float]?
  ) {
    let (visits, slots) = (pass.model.gate.topK, saved.router.slots)
    let width = out.columns
    pass.workers.run(out.rows, by: 64) { tokens in
      for token in tokens {
        let (first, sum) = (token * visits, out.row(token))
        // A token's vectors are summed in registers: its row is read and written once.
        forEachLanes(width) { place in
          var lanes = sum.lanes(place)
          for visit in first..<first + visits {
            lanes += (weights?[visit] ?? 1) * returned.row(Int(slots[visit])).lanes(place)
          }
          sum.set(lanes, place)
        } tail: { place in
          var lanes = sum.tail(place, width)
          for visit in first..<first + visits {
            lanes +=
              (weights?[visit] ?? 1) * returned.row(Int(slots[visit])).tail(place, width)
          }
          sum.setTail(lanes, place, width)
        }
      }
    }
  }

  /// Gradients of all weights, and `dx`.
  ///
  /// The weight of a visit multiplies behind w_down, so its gradient is the scalar product of the
  /// activation with the gradient that comes through w_down: experts' outputs need not be kept.
  ///
  /// - Parameters:
  ///   - dout, x, dx: `[T, d]`.
  func backward(_ dout: Matrix, _ x: Matrix, into dx: Matrix, saved: MixtureActivations) {
    let dslots = pass.scratch.slotWeights.matrix(1, saved.gateUp.rows).start
    let ddispatched = pass.scratch.slots.matrix(saved.gateUp.rows, x.columns)
    pass.workers.run(slots.experts.count) { expert in
      backward(expert, dout, x, into: ddispatched, dslots, saved)
    }
    if let shared {
      shared.backward(dout, x, gateUp: saved.sharedGateUp, act: saved.sharedAct, into: dx)
    } else {
      dx.clear()
    }
    combine(ddispatched, into: dx, saved, weights: nil)
    router.backward(dslots, x, into: dx, saved: saved.router)
  }

  private func backward(
    _ expert: Int, _ dout: Matrix, _ x: Matrix, into ddispatched: Matrix,
    _ dslots: UnsafeMutablePointer<Float>, _ saved: MixtureActivations
  ) {
    let rows = rows(of: expert, saved)
    let weights = slots.experts[expert]
    let gradients = (
      gateUp: pass.gradients.matrix(weights.gateUp), down: pass.gradients.matrix(weights.down)
    )
    guard !rows.isEmpty else {
      gradients.gateUp.clear()
      gradients.down.clear()
      return
    }
    let (width, linear) = (pass.model.expertWidth, pass.linear.inside)
    withTemporaryMatrices(
      rows.count, columns: [x.columns, x.columns, width, width, 2 * width]
    ) { memory in
      let (dispatched, dreturned) = (memory[0], memory[1])
      let (dact, weighted, dgateUp) = (memory[2], memory[3], memory[4])
      gather(dout, rows, into: dreturned, saved)
      linear.backwardInput(dreturned, pass.weights.matrix(weights.down), into: dact)
      saved.router.slotWeights.withUnsafeBufferPointer { slotWeights in
        GatedActivation.backward(
          dact, saved.gateUp.rows(rows), weights: slotWeights[rows], into: dgateUp,
          weighted: weighted, dweights: dslots + rows.lowerBound)
      }
      linear.backwardWeight(dreturned, weighted, into: gradients.down)
      linear.backwardInput(
        dgateUp, pass.weights.matrix(weights.gateUp), into: ddispatched.rows(rows))
      gather(x, rows, into: dispatched, saved)
      linear.backwardWeight(dgateUp, dispatched, into: gradients.gateUp)
    }
  }
}
