-- title: Cheapest run for each deadline
-- question: Which run is the cheapest that ends within so many days?
-- for: training_step
-- column deadline_days: the earliest deadline for which this run is the cheapest
-- column until_days: the deadline from which a cheaper run ends in time; empty for the cheapest
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column parameters: what the trial of an experiment sets
-- column gpu_count: GPUs of the layout
-- column cost_usd: GPU-hours x the price of a GPU-hour
WITH setting AS (
  SELECT experiment, trial, group_concat(key || '=' || value, ' ') AS parameters
  FROM (SELECT * FROM trial_parameter ORDER BY experiment, trial, position)
  GROUP BY experiment, trial
),
step AS (
  -- A run is the cheapest from its own days on if all runs that end by then cost more.
  SELECT * FROM gpu_hours AS own
  WHERE days IS NOT NULL AND cost_usd IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM gpu_hours AS other
    WHERE other.days <= own.days AND (
      other.cost_usd < own.cost_usd
      OR other.cost_usd = own.cost_usd AND (other.days, other.run) < (own.days, own.run))
  )
)
SELECT
  step.days AS deadline_days, LEAD(step.days) OVER (ORDER BY step.days) AS until_days, step.run,
  step.scenario, setting.parameters, CAST(step.gpu_count AS INTEGER) AS gpu_count, step.cost_usd
FROM step
LEFT JOIN trial ON trial.run = step.run
LEFT JOIN setting ON setting.experiment = trial.experiment AND setting.trial = trial.position
ORDER BY deadline_days;
