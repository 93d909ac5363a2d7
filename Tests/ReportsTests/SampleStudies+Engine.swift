// Invented studies of the engine and its traces.

import Recording

let sampleEngineRun: RecordValue = [
  "preset": "tiny", "weights": 64_000, "seed": -1, "steps": 3, "tokens_per_step": 256,
  "balance": "loss-free", "precision": "fp32",
  "domains": [
    ["domain": "code", "held_out_loss_before_nats": 5.5625, "held_out_loss_after_nats": 2.75],
    ["domain": "prose", "held_out_loss_before_nats": 5.5, "held_out_loss_after_nats": 3.125],
  ] as [RecordValue],
  "layers": [
    ["layer": "L1", "max_violation_before": 1.5, "max_violation_after": 0.25]
  ] as [RecordValue],
]

private func sampleVariant(_ precision: String, error: Double) -> RecordValue {
  [
    "balance": "loss-free", "precision": precision, "held_out_loss_nats": 2.5,
    "held_out_loss_nats_range": 0.125, "max_violation": 0.5, "max_violation_range": 0.25,
    "loss_error_ratio": error, "loss_error_ratio_range": error / 4,
  ]
}

private func sampleTrial(_ precision: String, seed: Int) -> RecordValue {
  [
    "balance": "loss-free", "precision": precision, "seed": seed,
    "held_out_losses_before_nats": [5.5, 5.625], "held_out_losses_after_nats": [2.5, 2.75],
    "max_violations_after": [0.5],
  ]
}

let sampleEngineComparison: RecordValue = [
  "preset": "tiny", "steps": 3,
  "variants": [sampleVariant("bf16", error: 0), sampleVariant("fp8", error: 0.0025)],
  "trials": ["bf16", "fp8"].flatMap { name in [1, 2].map { sampleTrial(name, seed: $0) } },
]

let sampleGeneration: RecordValue = [
  "text": "def f(x):\n  return", "tokens": 16, "passes": 10, "drafts": 9, "accepted": 6,
  "is_drafted": true,
]

let sampleTrace: RecordValue = [
  "trace_sha256": "ab12", "preset": "tiny", "seed": "18446744073709551615", "trained_steps": 4,
  "balance": "loss-free", "corpus_sha256": "cd34", "program_version": "0.1.0",
  "command": "dsv3sim moe trace", "traced_steps": 2, "tokens": 512, "nodes": 2, "gpus": 4,
  "experts": 4, "groups": 2, "top_k": 2, "group_limit": 1, "drafts": 8, "accepted_drafts": 5,
  "mtp_acceptance": 0.625,
  "layers": [
    [
      "layer": "L1", "rows": 512, "max_over_mean": 1.5, "sigma_ln": 0.375, "max_violation": 0.5,
      "batch_max_violation": 0.75, "mutual_information_bits": 0.125, "neighbour_jaccard": 0.25,
      "nodes_per_token": 1.0, "gpus_per_token": 1.75, "mean_gate_score": 0.5,
      "domains": [
        ["domain": "code", "max_over_mean": 2.0, "sigma_ln": 0.5, "visits": [2, 1, 1, 4]],
        ["domain": "prose", "max_over_mean": 1.25, "sigma_ln": 0.25, "visits": [5, 3, 4, 4]],
      ] as [RecordValue],
    ]
  ] as [RecordValue],
]

let sampleScaling: RecordValue = [
  "fits": [
    [
      "layer": "L1", "measured_sigma_ln": 0.5, "target_sigma_ln": 0.59, "sigma_ln": 0.5875,
      "measured_neighbour_jaccard": 0.25, "neighbour_jaccard": 0.2421875,
      "domain_strength": 1.25, "context_strength": 0.75,
    ]
  ] as [RecordValue],
  "layers": [0, 1].map { number -> RecordValue in
    [
      "number": number, "sigma_ln": 0.59, "max_violation": 0.75,
      "mutual_information_bits": 0.0625, "nodes_per_token": 3.5, "gpus_per_token": 6.25,
    ]
  },
  "notes": ["measured: one layer", "assumed: the other"],
]

private func sampleStatistics(_ sigma: Double) -> RecordValue {
  [
    "sigma_ln": sigma, "mutual_information_bits": 0.125, "nodes_per_token": 3.5,
    "imbalance": 1 + sigma, "imbalance_eplb": 1.0625, "imbalance_fresh": 1.03125,
    "imbalance_stale": 1.25, "domain_sigmas_ln": [sigma, sigma / 2],
  ]
}

let sampleValidation: RecordValue = [
  "experts_small": 32, "experts_large": 64, "layers": 1, "steps": 300,
  "domains": ["code", "prose"],
  "seeds": [0.5, 0.625].map { sigma -> RecordValue in
    [
      "engine_small": sampleStatistics(sigma), "fitted_small": sampleStatistics(sigma + 0.125),
      "engine_large": sampleStatistics(sigma), "predicted_large": sampleStatistics(sigma * 2),
      "held_out_sigmas_ln": [sigma, sigma],
    ]
  },
]
