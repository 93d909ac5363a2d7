-- title: Bubble ratio
-- question: How much of the step are GPUs idle, why, and what does the published formula say?
-- for: training_step
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column schedule: pipeline schedule
-- column bubble_ratio: time outside cells and optimizer / step time, mean over GPUs
-- column bubble_ratio_max: the same ratio over the GPUs of the worst rank
-- column closed_form_ratio: published bubble / published step time
-- column bubble_s: seconds outside cells and optimizer, mean over GPUs
-- column closed_form_s: seconds by the published formula on this run's mean cell durations
-- column schedule_s: of bubble_s, the part imposed by the order of the schedule
-- column stage_imbalance_s: of bubble_s, waiting for stages with more work
-- column expert_imbalance_s: of bubble_s, waiting that balanced expert loads would avoid
-- column transfer_s: of bubble_s, waiting for activations in transit between stages
-- column exposed_ratio: time that compute waits for exchanges in cells / step time, mean over GPUs
SELECT
  run, scenario, schedule, bubble_ratio, bubble_ratio_max,
  closed_form_bubble_ratio AS closed_form_ratio, bubble_s, closed_form_bubble_s AS closed_form_s,
  schedule_s, stage_imbalance_s, expert_imbalance_s, pipeline_transfer_s AS transfer_s,
  exposed_communication_ratio AS exposed_ratio
FROM bubble_ratio
-- An inference step has no pipeline and no bubble.
WHERE bubble_ratio IS NOT NULL
ORDER BY run;
