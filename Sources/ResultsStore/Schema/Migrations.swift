// Migrations that bring a file from an older program to the current schema, step by step.
//
// A table that never changed is created by its declaration. To change one, copy its old form into
// the step that created it, change the declaration, and add a step that migrates old files. Tests
// compare new files with files migrated from every version, and with a copy of the schema.

import Recording
import Routing

/// One step from a schema version to the next.
struct Migration {
  /// The date on which the step was written, as YYYY-MM-DD. Dates never decrease along the list.
  var date: String
  /// The SQL statements of the step.
  var sql: String

  init(_ date: String, _ sql: String...) {
    self.date = date
    self.sql = sql.joined(separator: ";\n")
  }
}

extension Schema {
  /// Every step, oldest first.
  static let migrations = [
    Migration(
      "2026-11-24", first, RunClock.table.creation, Assumption.table.creation,
      TrialParameter.table.creation),
    Migration("2026-11-25", ExpertLoad.table.creation),
    Migration("2026-11-25", MemoryPoint.table.creation),
    Migration("2026-11-25", Traffic.table.creation, firstLinks, LinkLoad.table.creation),
    Migration(
      "2026-11-25", RoutingTrace.table.creation, RoutingTrace.domainTable.creation,
      RoutingTrace.layerTable.creation, RoutingTrace.Step.table.creation,
      RoutingTrace.Decisions.table.creation),
    Migration("2026-11-25", LoadProfile.table.creation),
    Migration("2026-11-25", "ALTER TABLE link ADD COLUMN name TEXT"),
    Migration(
      "2026-11-27", "ALTER TABLE rank_time RENAME TO old_rank_time", RankTime.table.creation,
      members),
    Migration("2026-11-27", Setting.table.creation, questions),
    Migration(
      "2026-11-27", Study.valueTable.creation, Study.placementLayerTable.creation,
      Study.placementSlotTable.creation, Study.placementLoadTable.creation,
      Study.redundancyLevelTable.creation, Study.driftIntervalTable.creation),
    Migration(
      "2026-11-27", CellTime.table.creation, TrafficTime.table.creation,
      LayerLoad.table.creation),
    Migration(
      "2026-11-27", "ALTER TABLE metric RENAME TO old_metric", Metric.table.creation, statistics),
    Migration(
      "2026-11-27", "ALTER TABLE link RENAME TO old_link", LinkUse.table.creation, linkNumbers),
    Migration("2026-11-27", scaleUpPorts),
    Migration(
      "2026-11-28", RequestRecord.table.creation, PoolUse.table.creation,
      ServiceSample.table.creation, RunPhaseUse.table.creation, RunTime.table.creation,
      RunReplication.table.creation, RunStop.table.creation, Study.planRefusalTable.creation,
      Study.planCandidateTable.creation, Study.planChangeTable.creation,
      Study.planNoteTable.creation, AxisRecord.table.creation,
      DesignRecord.Range.table.creation),
    Migration("2026-11-28", PredictionError.table.creation),
  ]

  /// The tables of the first version that have changed since.
  private static let first = """
    CREATE TABLE run (
      id INTEGER PRIMARY KEY, scenario_name TEXT NOT NULL, scenario_text TEXT NOT NULL,
      scenario_sha256 TEXT NOT NULL, seed TEXT NOT NULL, program_version TEXT NOT NULL,
      schedule TEXT NOT NULL, fingerprint TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('complete'))
    ) STRICT;
    CREATE TABLE metric (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, position INTEGER NOT NULL,
      name TEXT NOT NULL, value REAL NOT NULL, unit TEXT NOT NULL, definition TEXT NOT NULL,
      PRIMARY KEY (run, position), UNIQUE (run, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE rank_time (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, position INTEGER NOT NULL,
      rank INTEGER NOT NULL, phase TEXT NOT NULL, activity TEXT NOT NULL,
      time_ps INTEGER NOT NULL CHECK (time_ps >= 0),
      PRIMARY KEY (run, position), UNIQUE (run, rank, phase, activity)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE memory (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, position INTEGER NOT NULL,
      rank INTEGER NOT NULL, kind TEXT NOT NULL, bytes REAL NOT NULL CHECK (bytes >= 0),
      PRIMARY KEY (run, position), UNIQUE (run, rank, kind)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE span (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, position INTEGER NOT NULL,
      rank INTEGER NOT NULL, stream TEXT NOT NULL, label TEXT NOT NULL, phase TEXT NOT NULL,
      stage INTEGER NOT NULL, microbatch INTEGER NOT NULL, start_ps INTEGER NOT NULL,
      end_ps INTEGER NOT NULL CHECK (end_ps >= start_ps),
      PRIMARY KEY (run, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE experiment (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
    CREATE TABLE trial (
      experiment INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      run INTEGER UNIQUE REFERENCES run (id) ON DELETE CASCADE,
      refusal TEXT,
      PRIMARY KEY (experiment, position),
      CHECK ((run IS NULL) <> (refusal IS NULL))
    ) STRICT, WITHOUT ROWID
    """

  private static let firstLinks = """
    CREATE TABLE link (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, position INTEGER NOT NULL,
      rank INTEGER NOT NULL, link TEXT NOT NULL, bytes REAL NOT NULL CHECK (bytes >= 0),
      capacity_bytes_per_s REAL NOT NULL CHECK (capacity_bytes_per_s > 0),
      PRIMARY KEY (run, position), UNIQUE (run, rank, link)
    ) STRICT, WITHOUT ROWID
    """

  /// Adds the number of GPUs that a row represents.
  private static let members = """
    INSERT INTO rank_time
    SELECT run, position, rank, 0, 1, phase, activity, time_ps FROM old_rank_time;
    DROP TABLE old_rank_time;
    ALTER TABLE memory ADD COLUMN gpus INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE span ADD COLUMN member INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE link RENAME TO old_link;
    CREATE TABLE link (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, position INTEGER NOT NULL,
      rank INTEGER NOT NULL, member INTEGER NOT NULL, gpus INTEGER NOT NULL CHECK (gpus > 0),
      link TEXT NOT NULL, bytes REAL NOT NULL CHECK (bytes >= 0),
      capacity_bytes_per_s REAL NOT NULL CHECK (capacity_bytes_per_s > 0), name TEXT,
      PRIMARY KEY (run, position), UNIQUE (run, rank, member, link)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO link
    SELECT run, position, rank, 0, 1, link, bytes, capacity_bytes_per_s, name FROM old_link;
    DROP TABLE old_link
    """

  /// Adds the question of each run, so far implied by the name of its step-time metric, and the
  /// hash that identifies an interrupted experiment.
  private static let questions = """
    ALTER TABLE run ADD COLUMN question TEXT NOT NULL DEFAULT 'training_step';
    UPDATE run SET question = 'inference_step' WHERE EXISTS (
      SELECT 1 FROM metric WHERE metric.run = run.id AND metric.name = 'inference_step_time_s'
    );
    UPDATE metric SET name = 'step_time_s' WHERE name = 'inference_step_time_s';
    ALTER TABLE experiment ADD COLUMN kind TEXT NOT NULL DEFAULT 'compare';
    ALTER TABLE experiment ADD COLUMN sha256 TEXT;
    ALTER TABLE experiment ADD COLUMN trial_count INTEGER;
    ALTER TABLE experiment ADD COLUMN runs_before INTEGER NOT NULL DEFAULT 0;
    UPDATE experiment SET runs_before = COALESCE(
      (SELECT MIN(run) - 1 FROM trial WHERE trial.experiment = experiment.id), 0);
    CREATE UNIQUE INDEX experiment_sha256 ON experiment (sha256);
    ALTER TABLE trial ADD COLUMN is_broken INTEGER NOT NULL DEFAULT 0 CHECK (is_broken IN (0, 1))
    """

  /// Adds figures of ranks and pools, and percentiles.
  private static let statistics = """
    INSERT INTO metric
    SELECT run, position, name, 'all', 'value', value, unit, definition FROM old_metric;
    DROP TABLE old_metric
    """

  /// Names the ports of the scale-up fabric after what they are: NVLink is one such fabric.
  private static let scaleUpPorts = """
    UPDATE traffic SET link = replace(link, 'nvlink_', 'scale_up_');
    UPDATE link SET link = replace(link, 'nvlink_', 'scale_up_');
    UPDATE link_load SET link = replace(link, 'nvlink_', 'scale_up_')
    """

  /// Adds a number for each link between switches, which was stored in `rank` before.
  private static let linkNumbers = """
    INSERT INTO link
    SELECT
      run, position, CASE WHEN name IS NULL THEN rank END, CASE WHEN name IS NULL THEN member END,
      CASE WHEN name IS NOT NULL THEN rank END, gpus, link, bytes, capacity_bytes_per_s, name
    FROM old_link;
    DROP TABLE old_link
    """
}
