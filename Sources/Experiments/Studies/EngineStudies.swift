// Engine results as records: a training run, a comparison of training variants, a generated text,
// and the validation of trace scaling.

import MoEEngine
import Recording

extension Study {
  /// A training run, evaluated on held-out text before and after.
  package static func engineRun(
    _ trainer: Trainer, steps: Int, before: HeldOutReport, after: HeldOutReport
  ) -> Study {
    let settings = trainer.settings
    let domains = trainer.sampler.corpus.domains.enumerated().map { index, name -> RecordValue in
      [
        "domain": name, "held_out_loss_before_nats": before.losses[index],
        "held_out_loss_after_nats": after.losses[index],
      ]
    }
    let layers = after.maximalViolations.indices.map { router -> RecordValue in
      [
        "layer": "L\(settings.model.denseLayers + router)",
        "max_violation_before": before.maximalViolations[router],
        "max_violation_after": after.maximalViolations[router],
      ]
    }
    return Study(
      .engineRun,
      [
        "preset": settings.name, "weights": trainer.transformer.layout.count,
        "seed": Int(bitPattern: UInt(settings.seed)), "steps": steps,
        "tokens_per_step": settings.shape.tokens, "balance": settings.balance.rawValue,
        "precision": settings.precision.rawValue, "domains": domains, "layers": layers,
      ])
  }

  /// Training variants on the same text, seeds and steps.
  ///
  /// - Precondition: every seed has a trial of the baseline.
  package static func engineComparison(
    _ trials: [EngineTrial], of preset: Preset, steps: Int
  ) -> Study {
    let variants = EngineComparison.rows(trials).map { row -> RecordValue in
      [
        "balance": row.variant.balance.rawValue, "precision": row.variant.precision.rawValue,
        "held_out_loss_nats": row.heldOutLoss.mean,
        "held_out_loss_nats_range": row.heldOutLoss.range,
        "max_violation": row.maximalViolation.mean,
        "max_violation_range": row.maximalViolation.range,
        "loss_error_ratio": row.lossError.mean, "loss_error_ratio_range": row.lossError.range,
      ]
    }
    let runs = trials.map { trial -> RecordValue in
      [
        "balance": trial.variant.balance.rawValue, "precision": trial.variant.precision.rawValue,
        "seed": Int(bitPattern: UInt(trial.seed)),
        "held_out_losses_before_nats": trial.before.losses,
        "held_out_losses_after_nats": trial.after.losses,
        "max_violations_after": trial.after.maximalViolations,
      ]
    }
    return Study(
      .engineComparison,
      ["preset": preset.rawValue, "steps": steps, "variants": variants, "trials": runs])
  }

  /// A prompt with the engine's continuation, decoded as UTF-8.
  package static func generation(
    _ generation: Generation, of prompt: String, drafts: Bool
  ) -> Study {
    let bytes = generation.tokens.map { UInt8($0) }
    return Study(
      .generation,
      [
        "text": prompt + String(decoding: bytes, as: UTF8.self),
        "tokens": generation.tokens.count, "passes": generation.passes,
        "drafts": generation.drafts, "accepted": generation.accepted, "is_drafted": drafts,
      ])
  }

  /// Outcomes of a validation of trace scaling, one per seed.
  package static func scalingValidation(
    _ outcomes: [ScalingValidation.Outcome], layers: Int, steps: Int, domains: [String]
  ) -> Study {
    let seeds = outcomes.map { outcome -> RecordValue in
      [
        "engine_small": outcome.small.record, "fitted_small": outcome.fitted.record,
        "engine_large": outcome.large.record, "predicted_large": outcome.predicted.record,
        "held_out_sigmas_ln": outcome.heldOutSigmas,
      ]
    }
    let (small, large) = ScalingValidation.experts
    return Study(
      .scalingValidation,
      [
        "experts_small": small, "experts_large": large, "layers": layers, "steps": steps,
        "domains": domains, "seeds": seeds,
      ])
  }
}

extension ScalingStatistics {
  fileprivate var record: RecordValue {
    [
      "sigma_ln": sigma, "mutual_information_bits": information, "nodes_per_token": nodes,
      "imbalance": unplanned, "imbalance_eplb": planned, "imbalance_fresh": fresh,
      "imbalance_stale": stale, "domain_sigmas_ln": domainSigmas,
    ]
  }
}
