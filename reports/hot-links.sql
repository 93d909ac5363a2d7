-- title: Hot links
-- question: Which links carry most, for what they can carry?
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column place: 1 for the fullest link of the run; the first ten are shown
-- column rank: the rank whose port or share of a switch link it is; a listed link's number
-- column member: the simulated GPU of the rank, from 0
-- column gpus: GPUs that it stands for, each with such a link
-- column link: class of link
-- column name: name of a switch link in its topology, or the places that a listed one joins
-- column gigabytes: 10^9 bytes of the step
-- column gigabytes_per_s: 10^9 bytes a second that it can carry
-- column utilisation: bytes / what it could carry in the step
WITH use AS (
  SELECT
    link.run, link.rank, link.member, link.gpus, link.link, link.name, link.bytes,
    link.capacity_bytes_per_s AS capacity,
    link.bytes / link.capacity_bytes_per_s / step.value AS utilisation
  FROM link
  JOIN metric AS step ON step.run = link.run AND step.name = 'step_time_s'
),
ranked AS (
  SELECT
    *, ROW_NUMBER() OVER (PARTITION BY run ORDER BY utilisation DESC, rank, member, link) AS place
  FROM use
)
SELECT
  run.id AS run, run.scenario_name AS scenario, ranked.place, ranked.rank, ranked.member,
  ranked.gpus, ranked.link, ranked.name, ranked.bytes / 1e9 AS gigabytes,
  ranked.capacity / 1e9 AS gigabytes_per_s, ranked.utilisation
FROM ranked
JOIN run ON run.id = ranked.run
WHERE ranked.place <= 10
ORDER BY run.id, ranked.place;
