-- title: Runs that no other run beats
-- question: Which runs are not beaten in time and in dollars at once?
-- for: training_step, training_run, service
-- needs: p99 of TTFT and of TPOT, which outputs of one token lack, and dollars per output token
-- column run: number of the run in this file; of replications, the first
-- column scenario: name of the scenario
-- column parameters: what the trial of an experiment sets
-- column gpu_count: GPUs of the layout
-- column days: training: length of the whole run; of a step, without interruption
-- column cost_usd: training: GPU-hours x the price of a GPU-hour
-- column gpu_hours: training: GPU-hours of the whole run
-- column ttft_p99_s: service: first token - arrival, 99th percentile
-- column tpot_p99_s: service: (last - first token) / (tokens - 1) of a request, 99th percentile
-- column usd_per_million: service: price of the GPU-hours held per 10^6 output tokens
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
    MAX(value) FILTER (WHERE name IN ('cost_usd', 'run_cost_usd')) AS cost_usd,
    MAX(value) FILTER (WHERE name IN ('gpu_hours', 'run_gpu_hours')) AS gpu_hours,
    NULL AS ttft_s, NULL AS tpot_s, NULL AS usd_per_million
  FROM run JOIN metric ON metric.run = run.id AND scope = 'all' AND statistic = 'value'
  WHERE question IN ('training_step', 'training_run')
  GROUP BY run.id HAVING days IS NOT NULL AND cost_usd IS NOT NULL
  UNION ALL
  SELECT
    run.id, run.question, run.scenario_name,
    MAX(value) FILTER (WHERE name = 'gpu_count' AND statistic = 'value'), NULL, NULL, NULL,
    MAX(value) FILTER (WHERE name = 'ttft_s' AND statistic = 'p99') AS ttft,
    MAX(value) FILTER (WHERE name = 'request_tpot_s' AND statistic = 'p99') AS tpot,
    MAX(value) FILTER (WHERE name = 'usd_per_million_output_tokens' AND statistic = 'value')
      AS usd
  FROM run JOIN metric ON metric.run = run.id AND scope = 'all'
  WHERE question = 'service'
  GROUP BY run.id HAVING ttft IS NOT NULL AND tpot IS NOT NULL AND usd IS NOT NULL
),
outcome AS (
  -- Replications of a point are one outcome: otherwise the luckiest seed would win.
  SELECT
    MIN(single.run) AS run, question, scenario, parameters, MAX(gpu_count) AS gpu_count,
    AVG(days) AS days, AVG(cost_usd) AS cost_usd, AVG(gpu_hours) AS gpu_hours,
    AVG(ttft_s) AS ttft_s, AVG(tpot_s) AS tpot_s, AVG(usd_per_million) AS usd_per_million
  FROM single
  LEFT JOIN trial ON trial.run = single.run
  LEFT JOIN setting ON setting.experiment = trial.experiment AND setting.trial = trial.position
  GROUP BY
    question, scenario, trial.experiment, parameters,
    CASE WHEN trial.experiment IS NULL THEN single.run END
)
SELECT
  own.run, own.scenario, own.parameters, CAST(own.gpu_count AS INTEGER) AS gpu_count, own.days,
  own.cost_usd, own.gpu_hours, own.ttft_s AS ttft_p99_s, own.tpot_s AS tpot_p99_s,
  own.usd_per_million
FROM outcome AS own
WHERE NOT EXISTS (
  -- Among runs of one kind. Equal runs stay together; one better value and none worse beats.
  SELECT 1 FROM outcome AS other
  WHERE other.question = own.question AND CASE own.question
    WHEN 'service' THEN
      other.ttft_s <= own.ttft_s AND other.tpot_s <= own.tpot_s
      AND other.usd_per_million <= own.usd_per_million
      AND (
        other.ttft_s < own.ttft_s OR other.tpot_s < own.tpot_s
        OR other.usd_per_million < own.usd_per_million)
    ELSE
      other.days <= own.days AND other.cost_usd <= own.cost_usd
      AND (other.days < own.days OR other.cost_usd < own.cost_usd)
    END
)
ORDER BY own.question, own.days, own.cost_usd, own.usd_per_million, own.run;
