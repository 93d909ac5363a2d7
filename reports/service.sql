-- title: Services
-- question: What did a service do under its load: latency, throughput, cost?
-- for: service
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column arrived: requests that arrived
-- column finished: requests whose tokens were all shown
-- column requests_per_s: finished requests that arrived in the window / window
-- column goodput_per_s: requests inside all bounds of their class / window; empty without bounds
-- column ttft_p50_s: first token - arrival, median
-- column ttft_p99_s: first token - arrival, 99th percentile
-- column tpot_p50_s: (last - first token) / (tokens - 1) of a request, median
-- column tpot_p99_s: (last - first token) / (tokens - 1) of a request, 99th percentile
-- column output_per_gpu: output tokens / GPU-seconds held
-- column utilisation: GPU-seconds of running steps / GPU-seconds held
-- column usd_per_million: price of the GPU-hours held per 10^6 output tokens
SELECT
  run.id AS run, run.scenario_name AS scenario,
  CAST(
    MAX(value) FILTER (WHERE name = 'requests_arrived' AND statistic = 'value') AS INTEGER
  ) AS arrived,
  CAST(
    MAX(value) FILTER (WHERE name = 'requests_finished' AND statistic = 'value') AS INTEGER
  ) AS finished,
  MAX(value) FILTER (WHERE name = 'requests_per_s' AND statistic = 'value') AS requests_per_s,
  MAX(value) FILTER (WHERE name = 'goodput_requests_per_s' AND statistic = 'value')
    AS goodput_per_s,
  MAX(value) FILTER (WHERE name = 'ttft_s' AND statistic = 'p50') AS ttft_p50_s,
  MAX(value) FILTER (WHERE name = 'ttft_s' AND statistic = 'p99') AS ttft_p99_s,
  MAX(value) FILTER (WHERE name = 'request_tpot_s' AND statistic = 'p50') AS tpot_p50_s,
  MAX(value) FILTER (WHERE name = 'request_tpot_s' AND statistic = 'p99') AS tpot_p99_s,
  MAX(value) FILTER (WHERE name = 'output_tokens_per_s_per_gpu' AND statistic = 'value')
    AS output_per_gpu,
  MAX(value) FILTER (WHERE name = 'utilisation' AND statistic = 'value') AS utilisation,
  MAX(value) FILTER (WHERE name = 'usd_per_million_output_tokens' AND statistic = 'value')
    AS usd_per_million
FROM metric
JOIN run ON run.id = metric.run
WHERE scope = 'all'
GROUP BY run.id
HAVING COUNT(*) FILTER (WHERE name = 'requests_arrived') > 0
ORDER BY run.id;
