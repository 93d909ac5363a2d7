// Typical steps of a pool, whose spreads stand for those of all: steps with prompts and steps that
// only decode, apart, because engines run them with other kernels.

import ModelCost
import Numerics
import Recording
import Service
import Serving

/// A step that stands for some of a pool's.
struct TypicalStep {
  var spec: InferenceSpec
  /// How many it stands for.
  var count: Double
}

extension PoolSpec {
  /// Steps with the tokens, sequences and contexts of the mean over the pool's.
  ///
  /// - Parameters:
  ///   - use: what the pool did in the service, at least a step.
  ///   - prompts: of the whole service.
  func typicalSteps(_ use: PoolUse, prompts: Int) -> [TypicalStep] {
    let steps = Double(use.steps * instancesPerUnit)
    let withPrompts = stepsWithPrompts(use, steps, prompts)
    var result: [TypicalStep] = []
    if withPrompts > 0 {
      let tokens = Double(use.computedPromptTokens) / withPrompts
      var typical = typical(.prefill, batch: 1, context: tokens)
      if role == .colocated { typical.decoding = sequences(use, steps) }
      result.append(TypicalStep(spec: typical, count: withPrompts))
    }
    if role != .prefill, steps > withPrompts {
      let decodes = sequences(use, steps)
      result.append(
        TypicalStep(
          spec: typical(.decode, batch: decodes.sequences, context: Double(decodes.context)),
          count: steps - withPrompts))
    }
    return result
  }

  /// How many steps of attention groups have prompts: those of a colocated pool if prompts, or what
  /// a step computes of them, come at random.
  private func stepsWithPrompts(_ use: PoolUse, _ steps: Double, _ prompts: Int) -> Double {
    switch role {
    case .prefill: return steps
    case .decode: return 0
    case .colocated:
      let parts = max(
        Double(prompts), Double(use.computedPromptTokens) / Double(scheduler.tokenBudget))
      return use.computedPromptTokens > 0 ? steps * (1 - exponential(-parts / steps)) : 0
    }
  }

  /// The sequences that decode in a step of a group.
  private func sequences(_ use: PoolUse, _ steps: Double) -> DecodeRows {
    let count = max(1, Double(use.outputTokens) / (steps * step.acceptedTokens))
    let held = use.usedTokenSeconds * Double(use.gpusPerUnit) / max(use.busyGPUSeconds, 1e-9)
    return DecodeRows(
      sequences: Int(count), queries: 1 + (step.mtpAcceptance == nil ? 0 : step.draftLength),
      context: max(1, Int(held / Double(instancesPerUnit) / count)))
  }

  private func typical(
    _ phase: InferenceSpec.Phase, batch: Int, context: Double
  ) -> InferenceSpec {
    var typical = step
    typical.phase = phase
    (typical.batch, typical.context, typical.cachedPrefix) = (batch, max(1, Int(context)), 0)
    // As steps of the service, which have no empty microbatch.
    if batch < typical.microbatches { typical.microbatches = 1 }
    if phase != step.phase { typical.communicationSMs = phase.usualCommunicationSMs }
    return typical
  }
}
