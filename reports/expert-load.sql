-- title: Expert load
-- question: How uneven are the experts of each layer, and the GPUs that hold them?
-- for: all
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column layer: index among layers with experts, from 0; empty for balanced loads and inference
-- column mean_rows: token-expert pairs of an expert in the step, mean over the layer
-- column expert_max_over_mean: the most loaded expert / mean
-- column expert_min_over_mean: the least loaded expert / mean
-- column most_loaded_expert: the first expert with the most pairs
-- column gpu_max_over_mean: pairs of the most loaded GPU of the expert group / mean, over the step
-- column most_loaded_gpu: the first GPU with the most pairs
WITH
expert AS (
  SELECT
    run, layer, expert, rows,
    ROW_NUMBER() OVER (PARTITION BY run, layer ORDER BY rows DESC, expert) AS place
  FROM expert_load
),
gpu AS (
  SELECT
    run, layer, gpu, SUM(rows) AS rows,
    ROW_NUMBER() OVER (PARTITION BY run, layer ORDER BY SUM(rows) DESC, gpu) AS place
  FROM expert_load GROUP BY run, layer, gpu
),
by_expert AS (
  SELECT
    run, layer, AVG(rows) AS mean, MAX(rows) AS most, MIN(rows) AS least,
    MAX(expert) FILTER (WHERE place = 1) AS most_loaded
  FROM expert GROUP BY run, layer
),
by_gpu AS (
  SELECT
    run, layer, AVG(rows) AS mean, MAX(rows) AS most,
    MAX(gpu) FILTER (WHERE place = 1) AS most_loaded
  FROM gpu GROUP BY run, layer
)
SELECT
  run.id AS run, run.scenario_name AS scenario, by_expert.layer, by_expert.mean AS mean_rows,
  by_expert.most / by_expert.mean AS expert_max_over_mean,
  by_expert.least / by_expert.mean AS expert_min_over_mean,
  by_expert.most_loaded AS most_loaded_expert, by_gpu.most / by_gpu.mean AS gpu_max_over_mean,
  by_gpu.most_loaded AS most_loaded_gpu
FROM run
LEFT JOIN by_expert ON by_expert.run = run.id
LEFT JOIN by_gpu ON by_gpu.run = run.id AND by_gpu.layer = by_expert.layer
ORDER BY run.id, by_expert.layer;
