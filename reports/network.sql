-- title: Network
-- question: What do NICs, NVLink and switches carry, why, and how busy are they?
-- for: all
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column schedule: pipeline schedule
-- column link: class of link; the same bytes cross links of several classes
-- column kind: purpose of the bytes: the dimension of parallelism
-- column gigabytes_per_gpu: 10^9 bytes of the step, mean over GPUs
-- column share: share of all bytes on this class of link
-- column utilisation: bytes of this kind / capacity of all links of the class over the step
-- column peak_utilisation: all kinds together, in the busiest of 50 intervals of the step
WITH total AS (
  SELECT run, link, SUM(bytes_per_gpu) AS bytes FROM traffic GROUP BY run, link
),
load AS (
  SELECT
    run, link, MAX(utilisation) AS peak,
    SUM(utilisation * (end_ps - start_ps)) / SUM(end_ps - start_ps) AS mean
  FROM link_load GROUP BY run, link
)
SELECT
  run.id AS run, run.scenario_name AS scenario, run.schedule, traffic.link, traffic.kind,
  traffic.bytes_per_gpu / 1e9 AS gigabytes_per_gpu,
  traffic.bytes_per_gpu / total.bytes AS share,
  load.mean * traffic.bytes_per_gpu / total.bytes AS utilisation,
  load.peak AS peak_utilisation
FROM traffic
JOIN run ON run.id = traffic.run
JOIN total ON total.run = traffic.run AND total.link = traffic.link
JOIN load ON load.run = traffic.run AND load.link = traffic.link
ORDER BY run.id, traffic.link, gigabytes_per_gpu DESC, traffic.kind;
