// The engine against the golden vectors of a PyTorch reference, within their tolerances.

import Foundation
import Testing

@testable import MoEEngine

@Suite("The engine matches the PyTorch reference")
struct GoldenTests {
  let model: GoldenModel
  let expected: GoldenResults

  init() throws {
    model = try GoldenModel.load()
    expected = try GoldenResults.load()
  }

  private func expectClose(
    _ mine: [Float], _ theirs: [Double], relative: Double, absolute: Double, _ what: String
  ) {
    #expect(mine.count == theirs.count, "\(what)")
    let wrong = zip(mine, theirs).filter { mine, theirs in
      !(abs(Double(mine) - theirs) <= max(absolute, relative * abs(theirs)))
    }
    #expect(wrong.isEmpty, "\(what): \(wrong.count) of \(mine.count), first \(wrong.prefix(3))")
  }

  @Test("losses, logits and hidden states")
  func forward() {
    let pass = model.pass(model.transformer)

    pass.forward(model.tokens.flatMap { $0 })

    expectClose(pass.logits, expected.logits, relative: 0, absolute: 1e-4, "logits")
    expectClose(
      pass.predictionLogits(0), expected.mtp_logits[0], relative: 0, absolute: 1e-4, "MTP logits")
    let (width, length) = (model.config.dim, model.tokens[0].count - 1)
    for (layer, theirs) in expected.hidden_after_layer_last_token.enumerated() {
      let hidden = pass.hidden(afterLayer: layer)
      let last = model.tokens.indices.flatMap { (sequence: Int) -> [Float] in
        let end = (sequence + 1) * length * width
        return Array(hidden[end - width..<end])
      }
      expectClose(last, theirs, relative: 1e-4, absolute: 1e-4, "hidden state \(layer)")
    }
    let losses = pass.losses()
    #expect(abs(losses.main - expected.loss_main) < 1e-5)
    #expect(abs(losses.predictions[0] - expected.loss_mtp[0]) < 1e-5)
    #expect(abs(losses.balance - expected.aux_sum) < 1e-5)
    #expect(abs(losses.total - expected.loss_total) < 1e-5)
  }

  @Test("experts, weights, balance loss and bias update")
  func routing() throws {
    let transformer = model.transformer
    let pass = model.pass(transformer)

    pass.forward(model.tokens.flatMap { $0 })
    pass.updateBiases(step: model.config.bias_u)

    for (router, name) in GoldenModel.routers.enumerated() {
      let theirs = try #require(expected.routing[name])
      let mine = pass.routers[router]
      let visits = theirs.idx.count * model.config.topk
      // The reference lists the experts of a token in no particular order.
      for token in theirs.idx.indices {
        let range = token * model.config.topk..<(token + 1) * model.config.topk
        let pairs = range.map { (Int(mine.experts[$0]), mine.weights[$0]) }.sorted { $0.0 < $1.0 }
        let others = zip(theirs.idx[token], theirs.weights[token]).sorted { $0.0 < $1.0 }
        #expect(pairs.map(\.0) == others.map(\.0), "\(name) token \(token)")
        for (a, b) in zip(pairs, others) { #expect(abs(a.1 - b.1) <= 1e-5) }
      }
      for token in 0..<4 {
        expectClose(
          (0..<model.config.experts).map { mine.scores.row(token)[$0] },
          theirs.scores_first4[token].map(Double.init), relative: 1e-5, absolute: 1e-6, "scores")
      }
      #expect(mine.loads == theirs.counts)
      #expect(mine.loads.reduce(0, +) == visits)
      #expect(abs(mine.balance - theirs.aux) < 1e-5)
      #expect(abs(pass.maximalViolations[router] - theirs.maxvio) < 1e-12)
      let bias = (0..<model.config.experts).map { transformer.bias(router)[$0] }
      expectClose(
        bias, theirs.new_bias.map(Double.init), relative: 0, absolute: 1e-7, "new bias of \(name)")
    }
  }

  @Test("the gradients of all weights", arguments: [false, true])
  func gradients(recomputes: Bool) throws {
    let pass = model.pass(model.transformer, recomputes: recomputes)

    pass.forward(model.tokens.flatMap { $0 })
    _ = pass.losses()
    pass.backward()

    for entry in pass.transformer.layout.entries {
      let theirs = try #require(expected.grads[entry.name])
      expectClose(
        pass.gradients[entry.offset..<entry.offset + entry.count], theirs, relative: 1e-3,
        absolute: 2e-5, entry.name)
    }
    #expect(pass.transformer.layout.entries.count == expected.grads.count)
  }

  @Test("one AdamW step and the losses after it")
  func step() throws {
    let transformer = model.transformer
    let pass = model.pass(transformer)
    let optimizer = AdamW(transformer.layout, AdamWSettings(learningRate: 0.001))

    pass.forward(model.tokens.flatMap { $0 })
    _ = pass.losses()
    pass.backward()
    let norm = optimizer.step(transformer.parameters, pass.gradients)

    #expect(abs(norm / expected.grad_norm - 1) < 1e-5)
    for entry in transformer.layout.entries {
      let theirs = try #require(expected.adamw_after[entry.name])
      let mine = transformer.parameters[entry.offset..<entry.offset + entry.count]
      expectClose(
        Array(mine.prefix(4)), theirs.first4, relative: 1e-5, absolute: 1e-5, entry.name)
      let sum = mine.reduce(0.0) { $0 + Double($1) }
      let square = mine.reduce(0.0) { $0 + Double($1) * Double($1) }
      // The update of a weight with a gradient near zero may differ by up to the learning rate.
      #expect(abs(sum - theirs.sum) < 1e-5 * Double(entry.count) + 1e-4, "\(entry.name)")
      #expect(abs(square.squareRoot() - theirs.l2) < 1e-4, "\(entry.name)")
    }
    pass.updateBiases(step: 0)
    pass.forward(model.tokens.flatMap { $0 })
    let after = pass.losses()
    #expect(abs(after.main - expected.loss_after_step.main) < 1e-4)
    #expect(abs(after.predictions[0] - expected.loss_after_step.mtp[0]) < 1e-4)
  }

  @Test("YaRN's frequencies and softmax scale")
  func rotary() {
    let rotary = model.configuration.rotary
    let frequencies = rotary.frequencies(width: model.config.d_rope)

    #expect(zip(frequencies, expected.rope_freqs).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
    let scale = rotary.softmaxScale(headWidth: model.config.d_nope + model.config.d_rope)
    #expect(abs(scale / expected.softmax_scale - 1) < 1e-12)
  }
}

@Suite("YaRN reproduces the frequencies of DeepSeek-V3")
struct YaRNTests {
  struct Golden: Decodable {
    var dim, original: Int
    var base, factor, beta_fast, beta_slow, mscale, softmax_scale: Double
    var freqs, plain: [Double]
  }

  @Test("to twelve digits")
  func golden() throws {
    let golden: Golden = try fixture("yarn_v3")
    let yarn = RotaryEmbedding.YaRN(
      factor: golden.factor, originalLength: golden.original, betaFast: golden.beta_fast,
      betaSlow: golden.beta_slow)
    let rotary = RotaryEmbedding(base: golden.base, yarn: yarn)

    let plain = RotaryEmbedding(base: golden.base).frequencies(width: golden.dim)
    let frequencies = rotary.frequencies(width: golden.dim)

    #expect(plain.count == golden.plain.count && frequencies.count == golden.freqs.count)
    #expect(zip(plain, golden.plain).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
    #expect(zip(frequencies, golden.freqs).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
    #expect(abs(rotary.attentionFactor / golden.mscale - 1) < 1e-12)
    // 128 elements without and 64 with rotary embedding (DeepSeek-V3 report, section 4.2).
    #expect(abs(rotary.softmaxScale(headWidth: 192) / golden.softmax_scale - 1) < 1e-12)
  }
}
