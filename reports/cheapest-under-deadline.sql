-- title: Cheapest run for each deadline
-- question: Which run is the cheapest that ends within so many days?
-- for: training_step, training_run
-- column deadline_days: the earliest deadline for which this run is the cheapest
-- column until_days: the deadline from which a cheaper run ends in time; empty for the cheapest
-- column run: number of the run in this file; of replications, the first
-- column scenario: name of the scenario
-- column parameters: what the trial of an experiment sets
-- column gpu_count: GPUs of the layout
-- column cost_usd: GPU-hours x the price of a GPU-hour
WITH setting AS (
  SELECT
    experiment, trial,
    group_concat(key || '=' || value, ' ') FILTER (WHERE key <> 'replication') AS parameters
  FROM (SELECT * FROM trial_parameter ORDER BY experiment, trial, position)
  GROUP BY experiment, trial
),
single AS (
  SELECT
    run.id AS run, run.question, run.scenario_name AS scenario,
    MAX(value) FILTER (WHERE name = 'gpu_count') AS gpu_count,
    MAX(value) FILTER (WHERE name IN ('days', 'run_days')) AS days,
    MAX(value) FILTER (WHERE name IN ('cost_usd', 'run_cost_usd')) AS cost_usd
  FROM run JOIN figure ON figure.run = run.id
  WHERE question IN ('training_step', 'training_run')
  GROUP BY run.id HAVING days IS NOT NULL AND cost_usd IS NOT NULL
),
outcome AS (
  -- Replications of a point are one outcome: otherwise the luckiest seed would win.
  SELECT
    MIN(single.run) AS run, question, scenario, parameters, MAX(gpu_count) AS gpu_count,
    AVG(days) AS days, AVG(cost_usd) AS cost_usd
  FROM single
  LEFT JOIN trial ON trial.run = single.run
  LEFT JOIN setting ON setting.experiment = trial.experiment AND setting.trial = trial.position
  GROUP BY
    question, scenario, trial.experiment, parameters,
    CASE WHEN trial.experiment IS NULL THEN single.run END
),
own AS (
  -- A run is the cheapest from its own days on if all of its kind that end by then cost more.
  SELECT * FROM outcome AS first
  WHERE NOT EXISTS (
    SELECT 1 FROM outcome AS other
    WHERE other.question = first.question AND other.days <= first.days AND (
      other.cost_usd < first.cost_usd
      OR other.cost_usd = first.cost_usd AND (other.days, other.run) < (first.days, first.run))
  )
)
SELECT
  own.days AS deadline_days,
  LEAD(own.days) OVER (PARTITION BY own.question ORDER BY own.days) AS until_days, own.run,
  own.scenario, own.parameters, CAST(own.gpu_count AS INTEGER) AS gpu_count, own.cost_usd
FROM own
ORDER BY own.question, deadline_days;
