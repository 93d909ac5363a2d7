-- title: Schedule comparison
-- question: Which pipeline schedule is best for these sizes, and what memory does it cost?
-- for: training_step
-- column experiment: number of the experiment; empty for a standalone run
-- column scenario: name of the scenario; empty if the trial was refused
-- column settings: the trial's other settings, if the experiment is a grid
-- column schedule: pipeline schedule
-- column run: number of the run in this file
-- column step_time_s: seconds of one training step
-- column to_fastest: step time / the fastest of the same experiment, GPUs and tokens per step
-- column bubble_ratio: time outside cells and optimizer / step time, mean over GPUs
-- column gpu_hours: GPUs x step time x the run's tokens / tokens per step
-- column peak_memory_gib: largest memory in use on any rank, 2^30 bytes
-- column activations_gib: largest activation memory on any rank, 2^30 bytes
-- column weight_copies: copies of each stage's weights that the schedule keeps
-- column refusal: why the schedule does not support these sizes
SELECT
  experiment, scenario,
  (
    SELECT group_concat(setting, ' ') FROM (
      SELECT key || '=' || value AS setting FROM trial_parameter AS p
      WHERE p.experiment = comparison.experiment AND p.trial = comparison.trial
        AND p.key NOT LIKE '%.schedule'
      ORDER BY p.position
    )
  ) AS settings,
  schedule, run, step_time_s, relative_to_fastest AS to_fastest,
  bubble_ratio, gpu_hours, peak_memory_bytes / 1073741824.0 AS peak_memory_gib,
  peak_activation_bytes / 1073741824.0 AS activations_gib,
  CAST(weight_copies AS INTEGER) AS weight_copies, refusal
FROM schedule_comparison AS comparison
WHERE schedule <> ''
ORDER BY experiment IS NULL, experiment, step_time_s IS NULL, step_time_s, trial, run;
