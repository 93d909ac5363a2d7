-- title: Where the time went
-- question: What does a GPU do during the step, and what does it wait for?
-- for: all
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column schedule: pipeline schedule
-- column phase: part of the step
-- column activity: activity of the compute stream in that phase, or the cause of its wait
-- column mean_s: seconds of the step, mean over GPUs
-- column share: mean_s / step time
-- column least_s: seconds on the GPU with the least
-- column most_s: seconds on the GPU with the most
WITH
member AS (
  SELECT run, gpus, SUM(time_ps) AS step_ps FROM rank_time GROUP BY run, rank, member, gpus
),
size AS (
  SELECT
    run, COUNT(*) AS member_count, SUM(gpus) AS gpus, SUM(gpus * (step_ps / 1e12)) AS total_s
  FROM member GROUP BY run
)
SELECT
  run.id AS run, run.scenario_name AS scenario, run.schedule, rank_time.phase, rank_time.activity,
  SUM(rank_time.gpus * (rank_time.time_ps / 1e12)) / size.gpus AS mean_s,
  SUM(rank_time.gpus * (rank_time.time_ps / 1e12)) / size.total_s AS share,
  -- A GPU without a row spends no time there.
  CASE WHEN COUNT(*) < size.member_count THEN 0.0 ELSE MIN(rank_time.time_ps) / 1e12 END
    AS least_s,
  MAX(rank_time.time_ps) / 1e12 AS most_s
FROM rank_time
JOIN run ON run.id = rank_time.run
JOIN size ON size.run = rank_time.run
GROUP BY rank_time.run, rank_time.phase, rank_time.activity
ORDER BY run.id, mean_s DESC, rank_time.phase, rank_time.activity;
