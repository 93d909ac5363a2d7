// The products of a training step against closed-form operation counts.

import Testing

@testable import MoEEngine

@Suite("The products of a training step")
struct StepProductsTests {
  @Test(
    "take six operations per weight and token, plus attention", arguments: Preset.allCases)
  func operations(preset: Preset) {
    let (model, shape) = (preset.model, preset.shape)
    let layout = ParameterLayout(model)
    // Each token uses all matrices except the embedding and the experts not selected for it.
    let used = layout.entries.filter { !$0.isGain && $0.name != "embed" }.reduce(0.0) {
      let isExpert = $1.name.contains(".e") && !$1.name.contains(".es.") && !$1.name.contains("eh_")
      let share = isExpert ? Double(model.gate.topK) / Double(model.gate.experts) : 1
      // The prediction module has one position less per sequence, and uses the head again.
      let isModule = $1.name.hasPrefix("M")
      let tokens = Double(isModule ? shape.tokens - shape.sequences : shape.tokens)
      let head = $1.name == "head" ? Double(shape.tokens - shape.sequences) : 0
      return $0 + Double($1.count) * (share * tokens + head)
    }
    func attention(_ length: Int) -> Double {
      // Blocks of 64 queries attend to the keys up to their own end.
      let seen = stride(from: 0, to: length, by: 64).reduce(0) {
        let end = min($1 + 64, length)
        return $0 + (end - $1) * end
      }
      return 6.0
        * Double(shape.sequences * model.heads * seen * (model.headWidth + model.valueWidth))
    }
    let expected =
      6 * used + Double(model.layers) * attention(shape.length) + attention(shape.length - 1)

    let products = StepProducts(model, shape)

    #expect(abs(products.operations / expected - 1) < 1e-12)
  }

  @Test("can be computed on their own for timing")
  func standalone() {
    for product in StepProducts(SmallRun.settings.model, SmallRun.settings.shape).products {
      let standalone = StandaloneProduct(product)

      standalone.run(times: 1)

      #expect(standalone.result == Float(product.k))
    }
  }
}
