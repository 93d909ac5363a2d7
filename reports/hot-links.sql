-- title: Hot links
-- question: Which links are closest to saturation?
-- for: all
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column place: rank by utilisation, from 1; the first ten links of a run are shown
-- column rank: the rank that owns the port or the share of the links between switches
-- column member: the simulated GPU of the rank, from 0
-- column gpus: number of GPUs that it represents, each with such a link
-- column link: class of link
-- column number: number of a link between switches in its class; empty for ports and shares
-- column name: its name in the topology, or its two endpoints; empty for ports and shares
-- column gigabytes: 10^9 bytes that it carries in the step
-- column gigabytes_per_s: 10^9 bytes/s that it can carry
-- column utilisation: bytes / the most that it could carry in the step
WITH use AS (
  SELECT
    link.run, link.rank, link.member, link.gpus, link.link, link.number, link.name, link.bytes,
    link.capacity_bytes_per_s AS capacity,
    link.bytes / link.capacity_bytes_per_s / step.value AS utilisation
  FROM link
  JOIN figure AS step ON step.run = link.run AND step.name = 'step_time_s'
),
ranked AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY run ORDER BY utilisation DESC, COALESCE(rank, number), member, link
    ) AS place
  FROM use
)
SELECT
  run.id AS run, run.scenario_name AS scenario, ranked.place, ranked.rank, ranked.member,
  ranked.gpus, ranked.link, ranked.number, ranked.name, ranked.bytes / 1e9 AS gigabytes,
  ranked.capacity / 1e9 AS gigabytes_per_s, ranked.utilisation
FROM ranked
JOIN run ON run.id = ranked.run
WHERE ranked.place <= 10
ORDER BY run.id, ranked.place;
