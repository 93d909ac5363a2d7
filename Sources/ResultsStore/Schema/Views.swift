// The views of a results file, for use with sqlite3 and for the reports. To change one, change it
// here: existing files are updated on the next write.

extension Schema {
  /// Every view; a view may use the ones before it.
  static let views: [Table] = [
    figure, gpuHours, bubbleRatio, scheduleComparison, requestMilliseconds, plan,
  ]

  private static let figure = Table(
    "figure",
    """
    CREATE VIEW figure AS
    -- The figures of whole runs, one value for each name.
    SELECT run, name, value FROM metric WHERE scope = 'all' AND statistic = 'value'
    """)

  private static let plan = Table(
    "plan",
    """
    CREATE VIEW plan AS
    -- Every plan, with what became of its candidates, and the best one.
    WITH asked AS (
      SELECT
        experiment, MAX(value) FILTER (WHERE name = 'question') AS question,
        MAX(value) FILTER (WHERE name = 'objective') AS objective,
        MAX(value) FILTER (WHERE name = 'objective_unit') AS unit,
        MAX(value) FILTER (WHERE name = 'space') AS space,
        MAX(value) FILTER (WHERE name = 'refused') AS refused,
        MAX(value) FILTER (WHERE name = 'pruned') AS pruned,
        MAX(value) FILTER (WHERE name = 'failed') AS failed,
        MAX(value) FILTER (WHERE name = 'simulated') AS simulated
      FROM study_value GROUP BY experiment
    )
    SELECT
      asked.*, best.candidate AS best, best.value AS best_value, best.bound AS best_bound,
      best.options AS best_options
    FROM experiment
    JOIN asked ON asked.experiment = experiment.id
    LEFT JOIN plan_candidate AS best ON best.experiment = experiment.id AND best.place = 1
    WHERE experiment.kind = 'plan'
    """)

  private static let requestMilliseconds = Table(
    "request_ms",
    """
    CREATE VIEW request_ms AS
    -- Requests with the names and units of other tools: itl_ms is (last - first) / (tokens - 1).
    SELECT
      run, position AS request, class, status AS terminal_status, reason, input_length,
      output_length, arrival_ps / 1e9 AS arrival_time_ms, first_admit_ps / 1e9 AS first_admit_ms,
      first_token_ps / 1e9 AS first_token_ms, last_token_ps / 1e9 AS last_token_ms,
      (first_token_ps - arrival_ps) / 1e9 AS ttft_ms,
      CASE WHEN status = 'finished' THEN (last_token_ps - arrival_ps) / 1e9 END AS e2e_latency_ms,
      CASE WHEN tokens > 1 THEN (last_token_ps - first_token_ps) / 1e9 / (tokens - 1) END AS itl_ms,
      cached_tokens, preemptions, retries, prefill_instance AS prefill_worker_idx,
      decode_instance AS decode_worker_idx
    FROM request
    """)

  private static let gpuHours = Table(
    "gpu_hours",
    """
    CREATE VIEW gpu_hours AS
    -- What the step and the whole run cost.
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
    FROM run LEFT JOIN figure ON figure.run = run.id
    GROUP BY run.id
    """)

  private static let bubbleRatio = Table(
    "bubble_ratio",
    """
    CREATE VIEW bubble_ratio AS
    -- Idle time, simulated and by the published formula; causes are means over GPUs.
    WITH number AS (
      SELECT
        run,
        MAX(value) FILTER (WHERE name = 'bubble_ratio') AS bubble_ratio,
        MAX(value) FILTER (WHERE name = 'bubble_ratio_max') AS bubble_ratio_max,
        MAX(value) FILTER (WHERE name = 'bubble_s') AS bubble_s,
        MAX(value) FILTER (WHERE name = 'closed_form_bubble_ratio') AS closed_form_bubble_ratio,
        MAX(value) FILTER (WHERE name = 'closed_form_bubble_s') AS closed_form_bubble_s,
        MAX(value) FILTER (WHERE name = 'exposed_communication_ratio')
          AS exposed_communication_ratio
      FROM figure GROUP BY run
    ),
    size AS (
      SELECT run, SUM(gpus) AS gpus
      FROM (SELECT DISTINCT run, rank, member, gpus FROM rank_time) GROUP BY run
    ),
    cause AS (
      SELECT
        run,
        SUM(gpus * (time_ps / 1e12)) FILTER (WHERE activity = 'schedule') AS schedule_s,
        SUM(gpus * (time_ps / 1e12)) FILTER (WHERE activity = 'stage_imbalance')
          AS stage_imbalance_s,
        SUM(gpus * (time_ps / 1e12))
          FILTER (WHERE phase = 'bubble' AND activity = 'expert_imbalance') AS expert_imbalance_s,
        SUM(gpus * (time_ps / 1e12)) FILTER (WHERE activity = 'pipeline_transfer')
          AS pipeline_transfer_s
      FROM rank_time GROUP BY run
    )
    SELECT
      run.id AS run, run.scenario_name AS scenario, run.schedule, bubble_ratio, bubble_ratio_max,
      bubble_s, closed_form_bubble_ratio, closed_form_bubble_s, exposed_communication_ratio,
      schedule_s / size.gpus AS schedule_s, stage_imbalance_s / size.gpus AS stage_imbalance_s,
      expert_imbalance_s / size.gpus AS expert_imbalance_s,
      pipeline_transfer_s / size.gpus AS pipeline_transfer_s
    FROM run
    LEFT JOIN number ON number.run = run.id
    LEFT JOIN cause ON cause.run = run.id
    LEFT JOIN size ON size.run = run.id
    """)

  private static let scheduleComparison = Table(
    "schedule_comparison",
    """
    CREATE VIEW schedule_comparison AS
    -- Every run, and every trial that was refused, beside the fastest run that answers the same
    -- question: the same experiment, GPUs and tokens per step.
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
    number AS (
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
      FROM figure GROUP BY run
    )
    SELECT
      member.experiment, member.experiment_name, member.trial, member.run, member.scenario,
      member.schedule, number.step_time_s,
      number.step_time_s / MIN(number.step_time_s) OVER (
        PARTITION BY member.experiment, number.gpu_count, number.tokens_per_step
      ) AS relative_to_fastest,
      number.bubble_ratio, number.peak_memory_bytes, number.peak_activation_bytes,
      number.weight_copies, number.gpu_hours, member.refusal
    FROM member LEFT JOIN number ON number.run = member.run
    """)
}
