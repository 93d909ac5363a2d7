-- title: Cheapest service for each bound on latency
-- question: Which service is the cheapest whose TPOT stays within a bound for 99 % of requests?
-- for: service
-- needs: p99 of TPOT, which outputs of one token lack, and dollars per output token
-- column bound_s: the tightest bound for which this service is the cheapest: its 99th percentile
-- column until_s: the bound from which a cheaper one stays within it; empty for the cheapest
-- column run: number of the run in this file; of replications, the first
-- column scenario: name of the scenario
-- column parameters: what the trial of an experiment sets
-- column gpu_count: GPUs of the layout
-- column usd_per_million: price of the GPU-hours held per 10^6 output tokens
-- column ttft_p99_s: first token - arrival, 99th percentile
-- column output_per_gpu: output tokens / GPU-seconds held
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
    MAX(value) FILTER (WHERE name = 'gpu_count' AND statistic = 'value') AS gpu_count,
    MAX(value) FILTER (WHERE name = 'ttft_s' AND statistic = 'p99') AS ttft_s,
    MAX(value) FILTER (WHERE name = 'request_tpot_s' AND statistic = 'p99') AS tpot_s,
    MAX(value) FILTER (WHERE name = 'usd_per_million_output_tokens' AND statistic = 'value')
      AS usd,
    MAX(value) FILTER (WHERE name = 'output_tokens_per_s_per_gpu' AND statistic = 'value')
      AS output_per_gpu
  FROM run JOIN metric ON metric.run = run.id AND scope = 'all'
  WHERE question = 'service'
  GROUP BY run.id HAVING tpot_s IS NOT NULL AND usd IS NOT NULL
),
outcome AS (
  -- Replications of a point are one outcome: otherwise the luckiest seed would win.
  SELECT
    MIN(single.run) AS run, question, scenario, parameters, MAX(gpu_count) AS gpu_count,
    AVG(ttft_s) AS ttft_s, AVG(tpot_s) AS tpot_s, AVG(usd) AS usd,
    AVG(output_per_gpu) AS output_per_gpu
  FROM single
  LEFT JOIN trial ON trial.run = single.run
  LEFT JOIN setting ON setting.experiment = trial.experiment AND setting.trial = trial.position
  GROUP BY
    question, scenario, trial.experiment, parameters,
    CASE WHEN trial.experiment IS NULL THEN single.run END
),
own AS (
  SELECT * FROM outcome AS first
  WHERE NOT EXISTS (
    SELECT 1 FROM outcome AS other
    WHERE other.tpot_s <= first.tpot_s AND (
      other.usd < first.usd
      OR other.usd = first.usd AND (other.tpot_s, other.run) < (first.tpot_s, first.run))
  )
)
SELECT
  own.tpot_s AS bound_s, LEAD(own.tpot_s) OVER (ORDER BY own.tpot_s) AS until_s, own.run,
  own.scenario, own.parameters, CAST(own.gpu_count AS INTEGER) AS gpu_count,
  own.usd AS usd_per_million, own.ttft_s AS ttft_p99_s, own.output_per_gpu
FROM own
ORDER BY bound_s;
