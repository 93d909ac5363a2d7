-- title: Network
-- question: What travels over NICs and NVLink, why, and how full are they?
-- column run: number of the run in this file
-- column scenario: name of the scenario
-- column schedule: pipeline schedule
-- column link: class of port; the same bytes leave one GPU's port and enter another's
-- column kind: why bytes travel: the dimension of parallelism that sends them
-- column gigabytes_per_gpu: 10^9 bytes of the step, mean over GPUs
-- column share: part of the bytes of this class of port
-- column utilisation: bytes of this kind / what the port could carry in the step
-- column peak_utilisation: all kinds together in the fullest fiftieth of the step
WITH total AS (
  SELECT run, link, SUM(bytes_per_gpu) AS bytes FROM traffic GROUP BY run, link
),
port AS (
  SELECT run, link, MAX(capacity_bytes_per_s) AS capacity FROM link GROUP BY run, link
),
peak AS (
  SELECT run, link, MAX(utilisation) AS utilisation, MAX(end_ps) / 1e12 AS step_s
  FROM link_load GROUP BY run, link
)
SELECT
  run.id AS run, run.scenario_name AS scenario, run.schedule, traffic.link, traffic.kind,
  traffic.bytes_per_gpu / 1e9 AS gigabytes_per_gpu,
  traffic.bytes_per_gpu / total.bytes AS share,
  traffic.bytes_per_gpu / (port.capacity * peak.step_s) AS utilisation,
  peak.utilisation AS peak_utilisation
FROM traffic
JOIN run ON run.id = traffic.run
JOIN total ON total.run = traffic.run AND total.link = traffic.link
JOIN port ON port.run = traffic.run AND port.link = traffic.link
JOIN peak ON peak.run = traffic.run AND peak.link = traffic.link
ORDER BY run.id, traffic.link, gigabytes_per_gpu DESC, traffic.kind;
