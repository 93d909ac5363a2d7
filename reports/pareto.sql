-- title: Runs that no other run beats
-- question: Which runs are not beaten in days and in dollars at once?
-- for: training_step
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column parameters: what the trial of an experiment sets
-- column gpu_count: GPUs of the layout
-- column days: length of the whole run without interruption
-- column cost_usd: GPU-hours x the price of a GPU-hour
-- column gpu_hours: GPU-hours of the whole run
WITH setting AS (
  SELECT experiment, trial, group_concat(key || '=' || value, ' ') AS parameters
  FROM (SELECT * FROM trial_parameter ORDER BY experiment, trial, position)
  GROUP BY experiment, trial
)
SELECT
  own.run, own.scenario, setting.parameters, CAST(own.gpu_count AS INTEGER) AS gpu_count, own.days,
  own.cost_usd, own.gpu_hours
FROM gpu_hours AS own
LEFT JOIN trial ON trial.run = own.run
LEFT JOIN setting ON setting.experiment = trial.experiment AND setting.trial = trial.position
WHERE own.days IS NOT NULL AND own.cost_usd IS NOT NULL AND NOT EXISTS (
  -- Equal runs stay together; one better value and none worse beats.
  SELECT 1 FROM gpu_hours AS other
  WHERE other.days <= own.days AND other.cost_usd <= own.cost_usd
    AND (other.days < own.days OR other.cost_usd < own.cost_usd)
)
ORDER BY own.days, own.cost_usd, own.run;
