-- title: Training runs
-- question: What does a whole training run cost by phase, and where does its time go?
-- for: training_run
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column phase: phase of the run; all for the whole run
-- column steps: steps of the phase
-- column tokens: tokens of all its steps
-- column step_s: seconds of a step without failures, mean
-- column days: wall-clock days without the queue, mean over replications
-- column gpu_hours: GPU-hours of job and spares, mean over replications
-- column gpu_hours_low: lower end of the 95 % interval of that mean
-- column gpu_hours_high: upper end
-- column productive: share of the time in steps that were never undone
-- column lost: share in steps that were undone, or cut off
-- column saves: share in which training stood still for saves
-- column down: share from failures until training went on, without lost work
WITH part AS (
  SELECT
    run, phase, SUM(seconds) FILTER (WHERE category <> 'queue') AS granted_s,
    SUM(seconds) FILTER (WHERE category = 'productive') AS productive_s,
    SUM(seconds) FILTER (WHERE category = 'lost_work') AS lost_s,
    SUM(seconds) FILTER (WHERE category = 'checkpoint_save') AS save_s,
    SUM(seconds) FILTER (
      WHERE category IN (
        'detection', 'rescheduling', 'waiting', 'load', 'communicator_init', 'warm_up')
    ) AS down_s
  FROM run_category GROUP BY run, phase
),
row AS (
  SELECT
    p.run, p.position, p.phase, p.steps, p.tokens, p.step_s, p.wall_s, p.gpu_hours,
    p.gpu_hours_low, p.gpu_hours_high, part.granted_s, part.productive_s, part.lost_s,
    part.save_s, part.down_s
  FROM run_phase AS p LEFT JOIN part ON part.run = p.run AND part.phase = p.phase
  UNION ALL
  SELECT
    p.run, MAX(p.position) + 1, 'all', SUM(p.steps), SUM(p.tokens),
    SUM(p.steps * p.step_s) / SUM(p.steps), SUM(p.wall_s),
    (SELECT value FROM metric WHERE run = p.run AND name = 'run_gpu_hours' AND statistic = 'value'),
    (SELECT value FROM metric WHERE run = p.run AND name = 'run_gpu_hours' AND statistic = 'low'),
    (SELECT value FROM metric WHERE run = p.run AND name = 'run_gpu_hours' AND statistic = 'high'),
    SUM(part.granted_s), SUM(part.productive_s), SUM(part.lost_s), SUM(part.save_s),
    SUM(part.down_s)
  FROM run_phase AS p LEFT JOIN part ON part.run = p.run AND part.phase = p.phase
  GROUP BY p.run
)
SELECT
  row.run, run.scenario_name AS scenario, phase, steps, tokens, step_s, wall_s / 86400 AS days,
  gpu_hours, gpu_hours_low, gpu_hours_high, productive_s / granted_s AS productive,
  COALESCE(lost_s, 0) / granted_s AS lost, COALESCE(save_s, 0) / granted_s AS saves,
  COALESCE(down_s, 0) / granted_s AS down
FROM row JOIN run ON run.id = row.run
ORDER BY row.run, position;
