// An invented comparison with published figures: a count, a step that is missed, a used kernel, and
// a figure without a simulation.

import Recording

private func row(
  _ group: String, _ kind: String, _ what: String, published: Double, simulated: Double,
  _ interval: (low: Double, high: Double, score: Double)? = nil, error: Double,
  inside: String?, used: String? = nil
) -> RecordValue {
  [
    "group": group, "kind": kind, "what": what, "unit": "s", "published": published,
    "last_digit": 0.01, "simulated": simulated, "low": interval?.low, "high": interval?.high,
    "error_ln": error, "inside": inside, "score": interval?.score, "used": used,
    "fact": "a.table", "scenario": kind == "steps" ? "tiny" : nil as String?,
    "citation": "A paper | Table 2",
  ]
}

private func line(_ name: String, rows: Int, used: Int, counted: Int) -> RecordValue {
  let isJudged = counted > 0
  return [
    "of": name, "rows": rows, "used": used, "inside": 0, "counted": counted,
    "coverage": isJudged ? 0 : nil as Double?, "coverage_low": isJudged ? 0 : nil as Double?,
    "coverage_high": isJudged ? 0.975 : nil as Double?, "median_error": 0.1178,
    "mean_error": 0.1178, "p90_error": 0.1178, "bias": -0.1178,
    "median_half_width": isJudged ? 0.05 : nil as Double?,
    "mean_score": isJudged ? 1.2 : nil as Double?,
  ]
}

/// The invented comparison.
let sampleAccuracy: RecordValue = [
  "rows": [
    row(
      "B  Counts", "counts", "parameters", published: 1_234_567, simulated: 1_234_567, error: 0,
      inside: "yes"),
    row(
      "O  Steps", "steps", "a step", published: 1.8, simulated: 1.6, (1.52, 1.68, 1.2),
      error: -0.1178, inside: "no"),
    row(
      "O  Steps", "kernels", "a product", published: 2, simulated: 2.02, error: 0.00995,
      inside: nil, used: "a rate"),
  ] as [RecordValue],
  "not_simulated": [
    ["fact": "b.words", "published": "fast", "reason": "in words", "citation": "A talk"]
  ] as [RecordValue],
  "summary": [
    line("B  Counts", rows: 1, used: 0, counted: 0), line("O  Steps", rows: 2, used: 1, counted: 1),
  ],
]
