// DeepSeekMoE: every token uses the shared experts, and the routed experts that the router selects
// for it (arXiv 2401.06066; DeepSeek-V3 report, section 2.1.2). Tokens are gathered by expert, each
// expert is computed by one worker, and the outputs are summed per token in the order of its
// experts.
//
// Legend of shapes: T tokens, d width, k experts per token, f hidden elements of an expert, F
// hidden elements of the shared experts; slots as in Router.

/// The activations that a mixture saves for backward.
final class MixtureActivations {
  /// The routing decisions of the layer. Layers that share this memory replace it in turn.
  var router: RouterActivations
  /// Gate and up projections of the experts `[T k, 2 f]`.
  ///
  /// Gathered tokens and activations are not saved: they are cheap to recompute in temporary memory
  /// that stays in the cache.
  let gateUp: Matrix
  /// Activations of the shared experts `[T, 2 F]` and `[T, F]`.
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
  let context: LayerContext
  let router: Router

  private var shared: FeedForward? { slots.shared.map { FeedForward(slots: $0, context: context) } }

  /// `out += mixture(x)`, both `[T, d]`.
  func forward(_ x: Matrix, into out: Matrix, saving saved: MixtureActivations) {
    router.forward(x, saving: saved.router)
    shared?.forward(x, into: out, gateUp: saved.sharedGateUp, act: saved.sharedAct)
    let returned = context.scratch.slots.matrix(saved.gateUp.rows, x.columns)
    let linear = context.linear.sequential
    let width = context.model.expertWidth
    context.workers.run(slots.experts.count) { expert in
      let rows = rows(of: expert, saved)
      guard !rows.isEmpty else { return }
      let weights = slots.experts[expert]
      let gateUp = saved.gateUp.rows(rows)
      withTemporaryMatrices(rows.count, columns: [x.columns, width]) { memory in
        let (dispatched, act) = (memory[0], memory[1])
        gather(x, rows, into: dispatched, saved)
        linear.forward(dispatched, context.weights.matrix(weights.gateUp), into: gateUp)
        GatedActivation.forward(gateUp, into: act)
        linear.forward(act, context.weights.matrix(weights.down), into: returned.rows(rows))
      }
    }
    combine(returned, into: out, saved, weights: saved.router.weights)
  }

  private func rows(of expert: Int, _ saved: MixtureActivations) -> Range<Int> {
    saved.router.offsets[expert]..<saved.router.offsets[expert + 1]
  }

  /// Copies the tokens of an expert's slots, one row per slot.
  private func gather(
    _ x: Matrix, _ slots: Range<Int>, into y: Matrix, _ saved: MixtureActivations
  ) {
    let tokens = saved.router.tokens
    for (row, slot) in slots.enumerated() {
      y.row(row).update(from: x.row(Int(tokens[slot])), count: x.columns)
    }
  }

  /// Adds the rows of each token's slots to `out`, in the order of its experts and multiplied by
  /// `weights`, if any.
  private func combine(
    _ returned: Matrix, into out: Matrix, _ saved: MixtureActivations, weights: [Float]?
  ) {
    let (visits, slots) = (context.model.gate.topK, saved.router.slots)
    let width = out.columns
    context.workers.run(out.rows, by: 64) { tokens in
      for token in tokens {
        let (first, sum) = (token * visits, out.row(token))
        // Summed in registers, so the row of the token is read and written only once.
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

  /// The gradients of all weights and, in `dx`, of the input.
  ///
  /// The outputs of the experts are not needed: the gradient of a slot's weight is the dot product
  /// of the activation and the gradient that w_down passes back to it.
  ///
  /// - Parameters:
  ///   - dout, x, dx: `[T, d]`.
  func backward(_ dout: Matrix, _ x: Matrix, into dx: Matrix, saved: MixtureActivations) {
    let dslots = context.scratch.slotWeights.matrix(1, saved.gateUp.rows).start
    let ddispatched = context.scratch.slots.matrix(saved.gateUp.rows, x.columns)
    context.workers.run(slots.experts.count) { expert in
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
      gateUp: context.gradients.matrix(weights.gateUp), down: context.gradients.matrix(weights.down)
    )
    guard !rows.isEmpty else {
      gradients.gateUp.clear()
      gradients.down.clear()
      return
    }
    let (width, linear) = (context.model.expertWidth, context.linear.sequential)
    withTemporaryMatrices(
      rows.count, columns: [x.columns, x.columns, width, width, 2 * width]
    ) { memory in
      let (dispatched, dreturned) = (memory[0], memory[1])
      let (dact, weighted, dgateUp) = (memory[2], memory[3], memory[4])
      gather(dout, rows, into: dreturned, saved)
      linear.backwardInput(dreturned, context.weights.matrix(weights.down), into: dact)
      saved.router.slotWeights.withUnsafeBufferPointer { slotWeights in
        GatedActivation.backward(
          dact, saved.gateUp.rows(rows), weights: slotWeights[rows], into: dgateUp,
          weighted: weighted, dweights: dslots + rows.lowerBound)
      }
      linear.backwardWeight(dreturned, weighted, into: gradients.down)
      linear.backwardInput(
        dgateUp, context.weights.matrix(weights.gateUp), into: ddispatched.rows(rows))
      gather(x, rows, into: dispatched, saved)
      linear.backwardWeight(dgateUp, dispatched, into: gradients.gateUp)
    }
  }
}
