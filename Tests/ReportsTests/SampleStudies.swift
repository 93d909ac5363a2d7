// A small invented study of each kind: rows with and without the values that may be missing.

import Recording

/// An invented study of a kind.
func sampleStudy(_ kind: Study.Kind) -> Study {
  let values: RecordValue =
    switch kind {
    case .kernels: sampleKernels
    case .inferenceKernels: sampleInferenceKernels
    case .inferenceGrid: sampleGrid
    case .servingCurves: sampleCurves
    case .hardware: sampleHardware
    case .models: sampleModels
    case .stacks: sampleStacks
    case .facts: sampleFacts
    case .fact: sampleFact
    case .schedules: sampleSchedules
    case .schedule: sampleSchedule
    case .placement: samplePlacement
    case .evaluation: sampleEvaluation
    case .redundancy: sampleRedundancy
    case .drift: sampleDrift
    case .plan: samplePlan
    case .engineRun: sampleEngineRun
    case .engineComparison: sampleEngineComparison
    case .generation: sampleGeneration
    case .traceStatistics: sampleTrace
    case .traceScaling: sampleScaling
    case .scalingValidation: sampleValidation
    case .calibration: sampleCalibration
    case .accuracy: sampleAccuracy
    case .kernelErrors: sampleKernelErrors
    }
  return Study(kind, values)
}

private func rows(_ rows: RecordValue...) -> RecordValue { .array(rows) }

private let sampleKernelErrors: RecordValue = [
  "classes": rows(
    [
      "class": "gemm", "left_out": "a row", "series": 2, "rows": 40, "median": 0.0275,
      "p90": 0.094, "half_width": 0.0981, "inside_50": 0.525, "inside_80": 0.8,
      "inside_90": 0.925, "inside_95": 0.95,
    ])
]

private let sampleKernels: RecordValue = [
  "kernels": rows(
    [
      "layer": "moe", "pass": "forward", "part": "mlp", "kernel": "up", "class": "grouped",
      "precision": "fp8", "shape": "8 x [512, 4096, 7168]", "groups": 8, "m": 512, "n": 4096,
      "k": 7168, "flops": 2.4051816e11, "bytes": 2.5e8, "sms": 112, "time_s": 3.0371e-4,
      "bound_by": "compute", "efficiency": 0.41, "source": "gemm.grouped",
    ],
    [
      "layer": "moe", "part": "exchange", "kernel": "dispatch", "sms": 20, "time_s": 0.00125,
      "bound_by": "network", "source": "ep.normal",
    ],
    [
      "layer": "dense", "pass": "backward", "part": "attention", "kernel": "gather",
      "bytes": 1.5e6, "sms": 0, "time_s": 2e-6, "bound_by": "network",
      "source": "ring over links",
    ]),
  "sources": sampleSources,
]

private let sampleInferenceKernels: RecordValue = [
  "sequences": 64,
  "kernels": rows(
    [
      "layer": "moe", "part": "mlp", "kernel": "up", "shape": "[64, 4096, 7168]",
      "time_s": 4.5e-5, "bound_by": "memory", "source": "gemm.grouped",
    ],
    [
      "layer": "moe", "part": "exchange", "kernel": "combine", "shape": "64 tokens",
      "time_s": 0.0003, "bound_by": "network", "source": "ep.ll",
    ],
    [
      "layer": "head", "part": "mlp", "kernel": "logits", "shape": "[64, 129280, 7168]",
      "time_s": 0.00061, "bound_by": "memory", "source": "gemm.dense",
    ]),
  "sources": sampleSources,
]

private func samplePoint(batch: Int, variant: String, rate: Double?) -> RecordValue {
  [
    "phase": "decode", "context_tokens": 1024, "batch_sequences": batch, "variant": variant,
    "microbatches": variant == "plain" ? 1 : 2, "mtp_acceptance": nil as Double?,
    "expert_parallel": 144, "redundant_experts": 32, "fits": rate != nil,
    "steps": rate.map { _ in 1 }, "time_s": rate.map { 64 / $0 },
    "step_time_s": rate.map { 64 / $0 }, "tpot_s": rate.map { 64 / $0 },
    "tokens_per_s_per_node": rate, "exposed_communication_ratio": rate.map { _ in 0.25 },
  ]
}

private let sampleGrid: RecordValue = [
  "phase": "decode", "chunk_tokens": nil as Int?, "sigma_ln": 0.35,
  "points": rows(
    samplePoint(batch: 8, variant: "plain", rate: 1234.5),
    samplePoint(batch: 8, variant: "overlap", rate: 2000),
    samplePoint(batch: 256, variant: "plain", rate: 20_480.25),
    samplePoint(batch: 256, variant: "overlap", rate: nil)),
]

private let sampleCurves: RecordValue = [
  "speed": rows(
    [
      "requests": 100, "cpu_s": 0.5, "requests_per_cpu_s": 200.0, "peak_memory_bytes": 40_000_000,
    ],
    [
      "requests": 1000, "cpu_s": 4.0, "requests_per_cpu_s": 250.0, "peak_memory_bytes": 45_500_000,
    ]),
  "points": rows(
    [
      "unit": "pair", "requests_per_s": 12.5, "batch_sequences": nil as Int?, "requests": 750.0,
      "output_tokens_per_s": 6250.0, "output_tokens_per_s_per_node": 240.5, "ttft_p50_s": 0.4125,
      "ttft_p99_s": 2.5, "tpot_p50_s": 0.02, "tpot_p99_s": 0.031, "prefill_busy_ratio": 0.5,
      "decode_busy_ratio": 0.995, "queue_grows": true,
    ],
    [
      "unit": "host", "requests_per_s": nil as Double?, "batch_sequences": 8, "requests": 32.0,
      "output_tokens_per_s": 480.0, "output_tokens_per_s_per_node": 480.0, "ttft_p50_s": 0.1,
      "ttft_p99_s": 0.2, "tpot_p50_s": 0.015, "tpot_p99_s": nil as Double?,
      "prefill_busy_ratio": 0.99, "decode_busy_ratio": nil as Double?, "queue_grows": false,
    ]),
  "arrivals_s": 60, "requests_per_user": 4,
  "units": rows(["unit": "pair", "attention_groups": 144, "scenario": "name: pair\nseed: 1\n"]),
]

private let sampleHardware: RecordValue = [
  "gpus": rows(
    [
      "name": "g1", "sms": 132, "bf16_peak_flops_per_s": 9.894e14,
      "fp8_peak_flops_per_s": 1.9789e15, "memory_bytes": 8.589934592e10,
      "memory_bandwidth_bytes_per_s": 3.35e12, "nvlink_bytes_per_s": 4.5e11, "tdp_w": 700.0,
      "price_usd_per_gpu_hour": 2.0,
      "sources": ["sms": "a.sheet", "tdp": "a.sheet", "price": "an estimate"] as RecordValue,
    ],
    [
      "name": "g2", "sms": 78, "bf16_peak_flops_per_s": 1.48e14,
      "fp8_peak_flops_per_s": nil as Double?, "memory_bytes": 1.03079215104e11,
      "memory_bandwidth_bytes_per_s": 4e12, "nvlink_bytes_per_s": 4.5e11, "tdp_w": 400.0,
      "price_usd_per_gpu_hour": 1.25, "sources": ["tdp": "a price list"] as RecordValue,
    ]),
  "nodes": rows([
    "name": "n1", "gpu": "g1", "gpus_per_node": 8, "nics_per_node": 4,
    "nodes_per_domain": 2, "nodes_per_rack": 3, "nic_bytes_per_s": 5e10,
    "nvlink_latency_s": 1.5e-6, "network_latency_s": 5e-6,
    "sources": ["nic": "a manual"] as RecordValue,
  ]),
  "topologies": rows([
    "name": "tree", "summary": "two layers", "counts": sampleCounts, "largest": sampleCounts,
    "source": "a paper",
  ]),
  "sources": sampleSources,
]

private let sampleCounts: RecordValue = [
  "endpoints": 2048, "switches": 96, "links": 2048, "cost_usd": 6.512e6,
  "cost_per_endpoint_usd": 3179.6875,
]

private let sampleStacks: RecordValue = [
  "values": rows(
    [
      "stack": "megatron", "for": "training", "key": "gap", "value": 0.5, "unit": "us",
      "source": "khost.graph.node_gap",
    ]), "sources": sampleSources,
]

private let sampleModels: RecordValue = [
  "models": rows([
    "name": "m1", "layers": 61, "hidden": 7168, "parameters": 671_026_419_200,
    "active_parameters": 37_550_000_000, "active_parameters_without_embedding": 36_620_000_000,
    "mtp_modules": 1, "mtp_parameters": 11_610_000_000,
    "training_flops_per_token_causal_4096": 2.5e11,
    "training_flops_per_token_full_4096": 2.75e11, "kv_bytes_per_token": 70_272,
    "kv_bytes_per_token_fp8": 35_136, "kv_bytes_per_token_fp8_tile": 40_016,
    "weight_format": "mxfp4", "weights_covered": "experts", "source": "a configuration",
    "sources": [RecordValue](),
  ])
]

private let sampleSchedules: RecordValue = [
  "legend": "0-9 forward, . idle",
  "schedules": rows(
    [
      "name": "one", "aliases": ["1", "uno"], "title": "First", "constraints": "P >= 1",
      "memory": "P - r", "source": "a paper", "closed_form_bubble": "(P-1)(F+B)",
      "drawing_p4_m8": ["r0 |01|", "r1 |.0|"],
    ],
    [
      "name": "two", "aliases": [String](), "title": "Second", "constraints": "P even",
      "memory": "2x", "source": "another", "closed_form_bubble": nil as String?,
      "drawing_p4_m8": ["r0 |0a|"],
    ]),
]

private let sampleSchedule: RecordValue = [
  "schedule": "one", "stages": 2, "microbatches": 4, "makespan": 15.5, "busy": [12.0, 12.5],
  "idle": [3.5, 3.0], "bubble_ratio": 0.2096774193548387, "bubble_ratio_max": 0.22580645161,
  "span_bubble_ratio": 0.1, "bubble_over_ideal": 0.2653061224489796,
  "peak_activations": [2, 1], "peak_activations_freed_at_b": [2, 1], "weight_copies": 1,
  "order_sha256": "00ff",
]

private let sampleEvaluation: RecordValue = [
  "policy": "given", "replicas": 4, "gpus": 2, "is_hierarchical": true, "whole_group_layers": 1,
  "closed_share": nil as Double?, "groups": 2, "nodes": 1, "top_k": 2, "group_limit": 1,
  "seed": "1",
  "layers": rows([
    "layer": 0, "imbalance_without_plan": nil as Double?, "imbalance_eplb": 1.5,
    "imbalance": 1.5, "bound_largest_replica": 0.75, "bound_node": 1.0, "doubled_slots_eplb": 0,
    "doubled_slots": 0, "remote_nodes_per_token": 0.5,
  ]),
]

private let samplePlacement: RecordValue = [
  "policy": "best", "replicas": 4, "gpus": 2, "is_hierarchical": false, "whole_group_layers": 0,
  "closed_share": 0.125, "groups": 3, "nodes": 2, "top_k": 2, "group_limit": 3,
  "seed": "18446744073709551615",
  "layers": rows(
    [
      "layer": 0, "imbalance_without_plan": 1.25, "imbalance_eplb": 1.0625, "imbalance": 1.03125,
      "bound_largest_replica": 0.75, "bound_node": nil as Double?, "doubled_slots_eplb": 1,
      "doubled_slots": 0, "remote_nodes_per_token": 0.5,
    ],
    [
      "layer": 1, "imbalance_without_plan": 1.5, "imbalance_eplb": 1.25, "imbalance": 1.125,
      "bound_largest_replica": 1.0, "bound_node": nil as Double?, "doubled_slots_eplb": 2,
      "doubled_slots": 1, "remote_nodes_per_token": 0.25,
    ]),
  "slots": .array(
    [(0, 0, 2, 0), (0, 1, 0, 1), (0, 2, 1, 0), (0, 3, 0, 0), (1, 0, 0, 0), (1, 1, 1, 0)].map {
      ["layer": $0.0, "slot": $0.1, "expert": $0.2, "replica": $0.3]
    }) as RecordValue,
  "gpu_loads": .array(
    [(0, 0, 1.25, 1.03125), (0, 1, 0.75, 0.96875), (1, 0, 1.5, 1.125), (1, 1, 0.5, 0.875)].map {
      ["layer": $0.0, "gpu": $0.1, "load_before": $0.2, "load": $0.3]
    }) as RecordValue,
]

private func sampleLevel(_ redundant: Int, best: Double, isPareto: Bool) -> RecordValue {
  [
    "redundant_experts": redundant, "slots_per_gpu": 8 + redundant / 32,
    "expert_bytes_per_gpu": 2.5e10 * Double(8 + redundant / 32), "imbalance_eplb": best + 0.125,
    "imbalance": best, "bound": 1.0, "is_pareto": isPareto,
  ]
}

private let sampleRedundancy: RecordValue = [
  "groups": 8, "nodes": 4, "gpus": 32, "expert_bytes": 4.4e7,
  "levels": rows(
    sampleLevel(0, best: 1.5, isPareto: true), sampleLevel(32, best: 1.125, isPareto: true),
    sampleLevel(64, best: 1.25, isPareto: false)),
]

private let sampleDrift: RecordValue = [
  "oracle_imbalance": 1.0625,
  "origin": "synthetic traffic of a sentence that is long enough to be wrapped where the terminal"
    + " of most people ends",
  "replicas": 288, "groups": 8, "nodes": 4, "gpus": 32, "minutes": 60, "window_minutes": 10,
  "threshold": 1.02, "expert_bytes": 4.4e7,
  "intervals": rows(
    [
      "every_minutes": nil as Int?, "imbalance": 1.25, "lost_to_oracle_share": 0.1875,
      "saved_against_never_share": 0.0, "moved_experts": 0, "moved_bytes": 0.0,
      "move_time_s": 0.0,
    ],
    [
      "every_minutes": 10, "imbalance": 1.125, "lost_to_oracle_share": 0.0625,
      "saved_against_never_share": 0.125, "moved_experts": 12, "moved_bytes": 5.3e8,
      "move_time_s": 0.0106,
    ]),
]

private let sampleSources: RecordValue = .array([
  [
    "id": "a.sheet", "value": 132, "unit": "SM", "conditions": "a GPU", "citation": "A sheet, p. 1",
    "as_of": "2026-01-02", "use": "input", "verification": "primary",
  ],
  [
    "id": "a.table", "value": "3 rows", "unit": "", "conditions": "a kernel | another",
    "citation": "A paper, Table 2; a README", "as_of": "2026-01-02", "use": "calibration",
    "verification": "secondary",
  ],
])

private let sampleFacts: RecordValue = [
  "facts": .array(
    zip(["Sheets", "Tables"], sampleSources.items).map { group, fact in
      .object([("group", .text(group))] + fact.members)
    }) as RecordValue
]

private let sampleFact: RecordValue = .object(
  sampleFacts["facts"].items[1].members + [
    ("verification_meaning", .text("read elsewhere")),
    ("used_by", .array([.text("a table"), .text("a constant")])),
  ])
