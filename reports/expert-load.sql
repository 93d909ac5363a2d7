-- title: Expert load
-- question: How uneven are the experts of each layer, and the GPUs that hold them?
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column layer: the layer among those with experts, from 0; empty for balanced loads and inference
-- column mean_rows: token-expert pairs of an expert in the step, mean over the layer
-- column expert_max_over_mean: the fullest expert / mean
-- column expert_min_over_mean: the emptiest expert / mean
-- column fullest_expert: the first expert with most pairs
-- column gpu_max_over_mean: pairs of the fullest GPU of the expert group / mean, over the step
-- column fullest_gpu: the first GPU with most pairs
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
    MAX(expert) FILTER (WHERE place = 1) AS fullest
  FROM expert GROUP BY run, layer
),
by_gpu AS (
  SELECT
    run, layer, AVG(rows) AS mean, MAX(rows) AS most,
    MAX(gpu) FILTER (WHERE place = 1) AS fullest
  FROM gpu GROUP BY run, layer
)
SELECT
  run.id AS run, run.scenario_name AS scenario, by_expert.layer, by_expert.mean AS mean_rows,
  by_expert.most / by_expert.mean AS expert_max_over_mean,
  by_expert.least / by_expert.mean AS expert_min_over_mean,
  by_expert.fullest AS fullest_expert, by_gpu.most / by_gpu.mean AS gpu_max_over_mean,
  by_gpu.fullest AS fullest_gpu
FROM run
LEFT JOIN by_expert ON by_expert.run = run.id
LEFT JOIN by_gpu ON by_gpu.run = run.id AND by_gpu.layer = by_expert.layer
ORDER BY run.id, by_expert.layer;
