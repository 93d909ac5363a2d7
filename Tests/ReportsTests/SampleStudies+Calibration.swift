// An invented calibration: a series that is used and one that is not.

import Recording

private let taken: RecordValue = [
  "file": "deepgemm.txt", "series": "gemm h100-sxm bf16", "rows": 5, "lines": "3-6, 9",
]

private let leftOut: RecordValue = [
  "place": "deepgemm.txt:7", "rows": 2, "verdict": "refused", "reason": "the time is not above 0",
]

private let file: RecordValue = [
  "file": "deepgemm.txt", "format": "DeepGEMM test output", "rows": 5,
  "taken": RecordValue.array([taken]), "left_out": RecordValue.array([leftOut]),
]

private let used: RecordValue = [
  "class": "gemm", "gpu": "h100-sxm", "kind": "bf16", "rows": 5, "shapes": 4,
  "prior": "borrowed, rung 1", "mean_offset": 0.115, "factor": 1.1219,
  "offset_deviation": 0.0306, "outliers": 1, "spread_before": 0.1655, "spread_after": 0.0764,
  "half_width_90_before": 0.3502, "half_width_90_after": 0.1712, "tail_scale": 1.1,
  "tail_degrees": 2.5, "used": true, "refused_because": RecordValue.null,
]

private let unused: RecordValue = [
  "class": "grouped", "gpu": "h100-sxm", "kind": "masked", "rows": 2, "shapes": 2,
  "prior": "own rows", "mean_offset": -0.02, "factor": 0.9802, "offset_deviation": 0.02,
  "outliers": 0, "spread_before": 0.03, "spread_after": 0.03, "half_width_90_before": 0.07,
  "half_width_90_after": 0.07, "tail_scale": RecordValue.null, "tail_degrees": RecordValue.null,
  "used": false,
  "refused_because": "2 shapes: an offset needs three",
]

private let clock: RecordValue = ["gpu": "h100-sxm", "offset": 0.021, "deviation": 0.009]

let sampleCalibration: RecordValue = [
  "files": RecordValue.array([file]), "series": RecordValue.array([used, unused]),
  "clocks": RecordValue.array([clock]),
]
