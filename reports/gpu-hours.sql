-- title: GPU-hours
-- question: What do the step and the whole run cost in GPU-hours, days and dollars?
-- for: training_step
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column schedule: pipeline schedule
-- column gpu_count: GPUs of the layout
-- column step_time_s: seconds of one training step
-- column tokens_per_day: tokens per step / step time, over 24 hours without interruption
-- column gpu_hours_per_trillion_tokens: GPUs x step time x 1e12 / tokens per step
-- column gpu_hours: the same for the tokens of the whole run
-- column closed_form_gpu_hours: GPU-hours of the whole run by the published formula
-- column days: length of the whole run without interruption
-- column cost_usd: GPU-hours x the price of a GPU-hour
SELECT
  run, scenario, schedule, CAST(gpu_count AS INTEGER) AS gpu_count, step_time_s, tokens_per_day,
  gpu_hours_per_trillion_tokens, gpu_hours, closed_form_gpu_hours, days, cost_usd
FROM gpu_hours
-- An inference step is not part of a run with a token budget.
WHERE gpu_hours IS NOT NULL
ORDER BY run;
