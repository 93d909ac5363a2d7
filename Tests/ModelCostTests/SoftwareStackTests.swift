// The hosts of software stacks: values, their sources, and draws of them.

import Cluster
import Testing

@testable import ModelCost

@Suite("Software stacks")
struct SoftwareStackTests {
  @Test("each stack's values set its host, in units that its list prints")
  func stacks() {
    for stack in SoftwareStack.allCases {
      #expect(stack.host.gap > 0, "\(stack)")
      #expect(stack.values.allSatisfy { $0.number > 0 && !$0.source.facts.isEmpty }, "\(stack)")
      #expect(Set(stack.values.map(\.key)).count == stack.values.count)
      let gap = stack.values.first { $0.key == "gap" }
      #expect(abs((gap?.number ?? 0) * 1e-6 - stack.host.gap) < 1e-18)
    }
    #expect(!SoftwareStack.deepseek.host.launchesLayers)
    #expect(SoftwareStack.megatron.host.launchesLayers)
    // 10.7 ms, a third of it forward, with graphs a tenth.
    var host = SoftwareStack.megatron.host
    #expect(abs(host.expertLaunch(isForward: true) - 10.7e-3 / 3) < 1e-12)
    host.usesGraphs = true
    #expect(abs(host.expertLaunch(isForward: false) - 10.7e-3 * 2 / 30) < 1e-12)
    #expect(abs(host.denseLaunch(isForward: false) - 50 * 8e-6 * 2 / 10) < 1e-12)
  }

  @Test("a draw keeps what costs nothing, and the optimizer's factor within its range")
  func draws() {
    #expect(HostCosts.none.drawn(PredictionDraw(seed: 1, number: 0)) == .none)
    let host = SoftwareStack.megatron.host
    let factors = (0..<200).map {
      host.drawn(PredictionDraw(seed: 1, number: $0)).optimizerFactor
    }
    #expect(factors.allSatisfy { 1.3 <= $0 && $0 <= 2.2 })
    #expect((factors.min() ?? 9) < 1.35 && (factors.max() ?? 0) > 2.1)
  }
}
