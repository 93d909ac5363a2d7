// The views of the first version: one row per run, for people who read the file with sqlite3.

extension Schema {
  static let firstViews = """
    -- What the step and the whole run cost.
    CREATE VIEW gpu_hours AS
    SELECT
      run.id AS run, run.scenario_name AS scenario, run.schedule,
      MAX(value) FILTER (WHERE name = 'gpu_count') AS gpu_count,
      MAX(value) FILTER (WHERE name = 'step_time_s') AS step_time_s,
      MAX(value) FILTER (WHERE name = 'tokens_per_step') AS tokens_per_step,
      MAX(value) FILTER (WHERE name = 'tokens_per_day') AS tokens_per_day,
      MAX(value) FILTER (WHERE name = 'gpu_hours_per_trillion_tokens')
        AS gpu_hours_per_trillion_tokens,
      MAX(value) FILTER (WHERE name = 'gpu_hours') AS gpu_hours,
      MAX(value) FILTER (WHERE name = 'closed_form_gpu_hours') AS closed_form_gpu_hours,
      MAX(value) FILTER (WHERE name = 'days') AS days,
      MAX(value) FILTER (WHERE name = 'cost_usd') AS cost_usd
    FROM run LEFT JOIN metric ON metric.run = run.id
    GROUP BY run.id;

    -- Idle time, simulated and by the published formula; causes are means over ranks.
    CREATE VIEW bubble_ratio AS
    SELECT
      run.id AS run, run.scenario_name AS scenario, run.schedule,
      MAX(value) FILTER (WHERE name = 'bubble_ratio') AS bubble_ratio,
      MAX(value) FILTER (WHERE name = 'bubble_ratio_max') AS bubble_ratio_max,
      MAX(value) FILTER (WHERE name = 'bubble_s') AS bubble_s,
      MAX(value) FILTER (WHERE name = 'closed_form_bubble_ratio') AS closed_form_bubble_ratio,
      MAX(value) FILTER (WHERE name = 'closed_form_bubble_s') AS closed_form_bubble_s,
      MAX(value) FILTER (WHERE name = 'exposed_communication_ratio')
        AS exposed_communication_ratio,
      cause.schedule_s, cause.stage_imbalance_s, cause.pipeline_transfer_s
    FROM run
    LEFT JOIN metric ON metric.run = run.id
    LEFT JOIN (
      SELECT
        run,
        SUM(time_ps) FILTER (WHERE activity = 'schedule')
          / 1e12 / COUNT(DISTINCT rank) AS schedule_s,
        SUM(time_ps) FILTER (WHERE activity = 'stage_imbalance')
          / 1e12 / COUNT(DISTINCT rank) AS stage_imbalance_s,
        SUM(time_ps) FILTER (WHERE activity = 'pipeline_transfer')
          / 1e12 / COUNT(DISTINCT rank) AS pipeline_transfer_s
      FROM rank_time GROUP BY run
    ) AS cause ON cause.run = run.id
    GROUP BY run.id;

    -- Every run, and every trial that was refused, beside the fastest run that answers the same
    -- question: the same experiment, GPUs and tokens per step.
    CREATE VIEW schedule_comparison AS
    WITH member AS (
      SELECT
        trial.experiment, experiment.name AS experiment_name, trial.position AS trial, trial.run,
        run.scenario_name AS scenario, trial.refusal,
        COALESCE(
          run.schedule,
          (
            SELECT value FROM trial_parameter AS p
            WHERE p.experiment = trial.experiment AND p.trial = trial.position
              AND (p.key = 'schedule' OR p.key LIKE '%.schedule')
            ORDER BY p.position LIMIT 1
          )) AS schedule
      FROM trial
      JOIN experiment ON experiment.id = trial.experiment
      LEFT JOIN run ON run.id = trial.run
      UNION ALL
      SELECT NULL, NULL, NULL, run.id, run.scenario_name, NULL, run.schedule
      FROM run WHERE NOT EXISTS (SELECT 1 FROM trial WHERE trial.run = run.id)
    ),
    figure AS (
      SELECT
        run,
        MAX(value) FILTER (WHERE name = 'gpu_count') AS gpu_count,
        MAX(value) FILTER (WHERE name = 'tokens_per_step') AS tokens_per_step,
        MAX(value) FILTER (WHERE name = 'step_time_s') AS step_time_s,
        MAX(value) FILTER (WHERE name = 'bubble_ratio') AS bubble_ratio,
        MAX(value) FILTER (WHERE name = 'peak_memory_bytes') AS peak_memory_bytes,
        MAX(value) FILTER (WHERE name = 'peak_activation_bytes') AS peak_activation_bytes,
        MAX(value) FILTER (WHERE name = 'weight_copies') AS weight_copies,
        MAX(value) FILTER (WHERE name = 'gpu_hours') AS gpu_hours
      FROM metric GROUP BY run
    )
    SELECT
      member.experiment, member.experiment_name, member.trial, member.run, member.scenario,
      member.schedule, figure.step_time_s,
      figure.step_time_s / MIN(figure.step_time_s) OVER (
        PARTITION BY member.experiment, figure.gpu_count, figure.tokens_per_step
      ) AS relative_to_fastest,
      figure.bubble_ratio, figure.peak_memory_bytes, figure.peak_activation_bytes,
      figure.weight_copies, figure.gpu_hours, member.refusal
    FROM member LEFT JOIN figure ON figure.run = member.run;

    """
}
