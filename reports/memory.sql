-- title: Memory
-- question: What fills the memory, on the worst rank and over all ranks?
-- for: all
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column schedule: pipeline schedule
-- column kind: use of the memory; unused kinds are left out, the total comes last
-- column worst_rank: the first rank with the largest total
-- column worst_rank_gib: memory of that rank at the instant of its peak, 2^30 bytes
-- column least_gib: memory of this kind on the rank with the least, 2^30 bytes
-- column most_gib: memory of this kind on the rank with the most, 2^30 bytes
WITH
part AS (
  SELECT run, rank, kind, bytes, 0 AS is_total FROM memory
  UNION ALL
  SELECT run, rank, 'total', SUM(bytes), 1 FROM memory GROUP BY run, rank
),
worst AS (
  SELECT run, rank FROM (
    SELECT
      run, rank, ROW_NUMBER() OVER (PARTITION BY run ORDER BY bytes DESC, rank) AS place
    FROM part WHERE is_total
  ) WHERE place = 1
),
size AS (SELECT run, COUNT(DISTINCT rank) AS rank_count FROM memory GROUP BY run)
SELECT
  run.id AS run, run.scenario_name AS scenario, run.schedule, part.kind,
  worst.rank AS worst_rank,
  SUM(part.bytes) FILTER (WHERE part.rank = worst.rank) / 1073741824.0 AS worst_rank_gib,
  -- A rank without a row uses none of this kind.
  CASE WHEN COUNT(*) < size.rank_count THEN 0.0 ELSE MIN(part.bytes) / 1073741824.0 END
    AS least_gib,
  MAX(part.bytes) / 1073741824.0 AS most_gib
FROM part
JOIN run ON run.id = part.run
JOIN worst ON worst.run = part.run
JOIN size ON size.run = part.run
GROUP BY part.run, part.is_total, part.kind
HAVING MAX(part.bytes) > 0
ORDER BY run.id, part.is_total, worst_rank_gib DESC, part.kind;
