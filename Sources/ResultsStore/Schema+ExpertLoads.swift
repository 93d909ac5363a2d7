// The step of the schema that adds the loads of experts, and their part in the bubble.

extension Schema {
  static let expertLoads = """
    -- Token-expert pairs of each expert in a step of one expert group; empty for balanced loads.
    CREATE TABLE expert_load (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      layer INTEGER NOT NULL,         -- among the layers with experts, from 0
      expert INTEGER NOT NULL,
      gpu INTEGER NOT NULL,           -- of the expert group, from 0
      rows INTEGER NOT NULL CHECK (rows >= 0),
      PRIMARY KEY (run, position),
      UNIQUE (run, layer, expert)
    ) STRICT, WITHOUT ROWID;

    DROP VIEW bubble_ratio;
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
      cause.schedule_s, cause.stage_imbalance_s, cause.expert_imbalance_s,
      cause.pipeline_transfer_s
    FROM run
    LEFT JOIN metric ON metric.run = run.id
    LEFT JOIN (
      SELECT
        run,
        SUM(time_ps) FILTER (WHERE activity = 'schedule')
          / 1e12 / COUNT(DISTINCT rank) AS schedule_s,
        SUM(time_ps) FILTER (WHERE activity = 'stage_imbalance')
          / 1e12 / COUNT(DISTINCT rank) AS stage_imbalance_s,
        SUM(time_ps) FILTER (WHERE phase = 'bubble' AND activity = 'expert_imbalance')
          / 1e12 / COUNT(DISTINCT rank) AS expert_imbalance_s,
        SUM(time_ps) FILTER (WHERE activity = 'pipeline_transfer')
          / 1e12 / COUNT(DISTINCT rank) AS pipeline_transfer_s
      FROM rank_time GROUP BY run
    ) AS cause ON cause.run = run.id
    GROUP BY run.id;

    """
}
