// The step of the schema that says how many GPUs a row stands for.

extension Schema {
  static let members = """
    ALTER TABLE memory ADD COLUMN gpus INTEGER NOT NULL DEFAULT 1; -- of the rank; none needs more
    ALTER TABLE span ADD COLUMN member INTEGER NOT NULL DEFAULT 0; -- the GPU of the rank

    DROP VIEW bubble_ratio;

    -- Where the time of each simulated GPU went. Its rows sum to the step time, to the picosecond.
    ALTER TABLE rank_time RENAME TO old_rank_time;
    CREATE TABLE rank_time (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      member INTEGER NOT NULL,        -- the simulated GPU of the rank, from 0
      gpus INTEGER NOT NULL CHECK (gpus > 0), -- that it stands for
      phase TEXT NOT NULL,
      activity TEXT NOT NULL,
      time_ps INTEGER NOT NULL CHECK (time_ps >= 0),
      PRIMARY KEY (run, position),
      UNIQUE (run, rank, member, phase, activity)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO rank_time
    SELECT run, position, rank, 0, 1, phase, activity, time_ps FROM old_rank_time;
    DROP TABLE old_rank_time;

    -- Every port that carried something, and the links between switches or a GPU's share of them.
    ALTER TABLE link RENAME TO old_link;
    CREATE TABLE link (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      rank INTEGER NOT NULL,          -- of a link between switches its number in its class
      member INTEGER NOT NULL,
      gpus INTEGER NOT NULL CHECK (gpus > 0), -- with such a port or share
      link TEXT NOT NULL,
      bytes REAL NOT NULL CHECK (bytes >= 0),
      capacity_bytes_per_s REAL NOT NULL CHECK (capacity_bytes_per_s > 0),
      name TEXT,                      -- in the topology; NULL for ports and shares
      PRIMARY KEY (run, position),
      UNIQUE (run, rank, member, link)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO link
    SELECT run, position, rank, 0, 1, link, bytes, capacity_bytes_per_s, name FROM old_link;
    DROP TABLE old_link;

    -- Idle time, simulated and by the published formula; causes are means over GPUs.
    CREATE VIEW bubble_ratio AS
    WITH figure AS (
      SELECT
        run,
        MAX(value) FILTER (WHERE name = 'bubble_ratio') AS bubble_ratio,
        MAX(value) FILTER (WHERE name = 'bubble_ratio_max') AS bubble_ratio_max,
        MAX(value) FILTER (WHERE name = 'bubble_s') AS bubble_s,
        MAX(value) FILTER (WHERE name = 'closed_form_bubble_ratio') AS closed_form_bubble_ratio,
        MAX(value) FILTER (WHERE name = 'closed_form_bubble_s') AS closed_form_bubble_s,
        MAX(value) FILTER (WHERE name = 'exposed_communication_ratio')
          AS exposed_communication_ratio
      FROM metric GROUP BY run
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
    LEFT JOIN figure ON figure.run = run.id
    LEFT JOIN cause ON cause.run = run.id
    LEFT JOIN size ON size.run = run.id;

    """
}
