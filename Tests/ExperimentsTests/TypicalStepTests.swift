// The steps that stand for those of a pool when intervals are made.

import ModelCost
import Recording
import Routing
import Service
import Serving
import Testing

@testable import Experiments

@Suite("Typical steps of a pool")
struct TypicalStepTests {
  @Test("one of a pipeline with drafts has the sequences of one of its batches")
  func sequences() throws {
    let step = InferenceSpec(
      phase: .decode, batch: 1, context: 1, layout: InferenceLayout(tensor: 8, pipeline: 4),
      redundantExperts: 0, microbatches: 1, kvCache: .bf16, formats: ProductFormats(.bf16),
      mtpAcceptance: 0.5, communicationSMs: 0, routing: RoutingSpec(.uniform, seed: 1),
      planner: .inOrder, kernelRelease: .april2025)
    let pool = PoolSpec(
      role: .decode, units: 1, step: step, scheduler: SchedulerSpec(policy: .vllm, seats: 256))
    // A second of 100 steps of four batches, each of 10 sequences that keep 1.5 tokens a step.
    var use = PoolUse(name: "decode", gpusPerUnit: 32, units: 1)
    use.steps = 100
    use.busyGPUSeconds = 32
    use.outputTokens = 100 * 4 * 15
    use.usedTokenSeconds = 4 * 10 * 2000

    let typical = try #require(pool.typicalSteps(use, prompts: 9).first)

    #expect(typical.spec.batch == 10)
    #expect(typical.spec.context == 2000)
    #expect(typical.count == 400)
  }
}
