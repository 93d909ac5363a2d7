// An inference sweep as a record: one row per point and variant.

import Recording
import Serving

extension InferenceSweep {
  /// Every batch at every context, as a record.
  ///
  /// - Parameters:
  ///   - batches: sequences on each GPU.
  ///   - contexts: tokens of each sequence.
  ///   - progress: called after each step with the number of those done and of all.
  package func study(
    batches: [Int], contexts: [Int], progress: (Int, Int) -> Void = { _, _ in }
  ) -> Study {
    let points = run(batches: batches, contexts: contexts, progress: progress)
    let rows = points.flatMap { point in
      zip(Self.variants(phase), point.results).map { variant, result -> RecordValue in
        [
          "phase": phase.rawValue, "context_tokens": point.context,
          "batch_sequences": point.batch, "variant": variant.name,
          "microbatches": variant.microbatches, "mtp_acceptance": variant.mtpAcceptance,
          "expert_parallel": variant.expertParallel,
          "redundant_experts": variant.redundantExperts, "fits": result != nil,
          "steps": result?.steps, "time_s": result?.time,
          "step_time_s": result.map { $0.time / Double($0.steps) },
          "tpot_s": result?.timePerOutputToken,
          "tokens_per_s_per_node": result?.tokensPerSecondPerNode,
          "exposed_communication_ratio": result?.exposedShare,
        ]
      }
    }
    return Study(
      .inferenceGrid,
      [
        "phase": phase.rawValue, "chunk_tokens": chunk, "sigma_ln": Self.sigma, "points": rows,
      ])
  }
}
