-- title: Inference
-- question: What is the throughput of an inference step, and how many sequences fit?
-- for: inference_step
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column gpu_count: GPUs that share the experts
-- column step_time_s: seconds of one step
-- column tpot_s: seconds between two tokens of a sequence; empty for prefill
-- column tokens_per_s_per_gpu: throughput per GPU: new tokens in decode, prompt tokens in prefill
-- column tokens_per_s_per_node: throughput per GPU x GPUs per node
-- column exposed_ratio: time that compute waits for exchanges / step time, mean over GPUs
-- column imbalance_cost_s: step time - step time with equally loaded GPUs
-- column kv_gib_per_sequence: KV cache of one sequence, 2^30 bytes
-- column kv_room_gib: memory left for the KV cache, 2^30 bytes
-- column largest_batch: most sequences of this context that fit on the GPUs of an attention group
SELECT
  run.id AS run, run.scenario_name AS scenario,
  CAST(MAX(value) FILTER (WHERE name = 'gpu_count') AS INTEGER) AS gpu_count,
  MAX(value) FILTER (WHERE name = 'step_time_s') AS step_time_s,
  MAX(value) FILTER (WHERE name = 'tpot_s') AS tpot_s,
  MAX(value) FILTER (WHERE name = 'tokens_per_s_per_gpu') AS tokens_per_s_per_gpu,
  MAX(value) FILTER (WHERE name = 'tokens_per_s_per_node') AS tokens_per_s_per_node,
  MAX(value) FILTER (WHERE name = 'exposed_communication_ratio') AS exposed_ratio,
  MAX(value) FILTER (WHERE name = 'imbalance_cost_s') AS imbalance_cost_s,
  MAX(value) FILTER (WHERE name = 'kv_bytes_per_sequence') / 1073741824.0
    AS kv_gib_per_sequence,
  MAX(value) FILTER (WHERE name = 'kv_cache_room_bytes') / 1073741824.0 AS kv_room_gib,
  CAST(MAX(value) FILTER (WHERE name = 'largest_batch') AS INTEGER) AS largest_batch
FROM figure
JOIN run ON run.id = figure.run
GROUP BY run.id
HAVING COUNT(*) FILTER (WHERE name = 'tokens_per_s_per_gpu') > 0
ORDER BY run.id;
