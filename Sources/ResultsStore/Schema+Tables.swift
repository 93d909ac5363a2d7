// The tables of the first version. The comments inside travel with the file: `sqlite3 results.db
// .schema` shows them. Wall-clock facts stand in run_clock alone, so that all other rows of a
// repeated run are equal to the byte.

extension Schema {
  static let firstTables = """
    CREATE TABLE run (
      id INTEGER PRIMARY KEY,
      scenario_name TEXT NOT NULL,
      scenario_text TEXT NOT NULL,    -- with every override as a trailing comment line
      scenario_sha256 TEXT NOT NULL,  -- of scenario_text, hexadecimal
      seed TEXT NOT NULL,             -- decimal; unsigned 64 bits do not fit in INTEGER
      program_version TEXT NOT NULL,
      schedule TEXT NOT NULL,         -- empty where there is none
      fingerprint TEXT NOT NULL,      -- hash over the executed events, hexadecimal
      status TEXT NOT NULL CHECK (status IN ('complete'))
    ) STRICT;

    CREATE TABLE run_clock (
      run INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
      started_at TEXT NOT NULL,       -- ISO 8601, UTC
      wall_s REAL NOT NULL
    ) STRICT;

    CREATE TABLE metric (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      name TEXT NOT NULL,
      value REAL NOT NULL,
      unit TEXT NOT NULL,             -- 1 for ratios
      definition TEXT NOT NULL,
      PRIMARY KEY (run, position),
      UNIQUE (run, name)
    ) STRICT, WITHOUT ROWID;

    -- Where each rank's time went. The rows of a rank sum to the step time, to the picosecond.
    CREATE TABLE rank_time (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      phase TEXT NOT NULL,
      activity TEXT NOT NULL,
      time_ps INTEGER NOT NULL CHECK (time_ps >= 0),
      PRIMARY KEY (run, position),
      UNIQUE (run, rank, phase, activity)
    ) STRICT, WITHOUT ROWID;

    -- Memory of each rank at the instant when its total is largest.
    CREATE TABLE memory (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      kind TEXT NOT NULL,
      bytes REAL NOT NULL CHECK (bytes >= 0),
      PRIMARY KEY (run, position),
      UNIQUE (run, rank, kind)
    ) STRICT, WITHOUT ROWID;

    -- The timeline: one row for each operation on a stream of a rank.
    CREATE TABLE span (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      stream TEXT NOT NULL,
      label TEXT NOT NULL,
      phase TEXT NOT NULL,
      stage INTEGER NOT NULL,
      microbatch INTEGER NOT NULL,
      start_ps INTEGER NOT NULL,
      end_ps INTEGER NOT NULL CHECK (end_ps >= start_ps),
      PRIMARY KEY (run, position)
    ) STRICT, WITHOUT ROWID;

    -- What the run assumed where nothing is published.
    CREATE TABLE assumption (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      text TEXT NOT NULL,
      PRIMARY KEY (run, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE experiment (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL
    ) STRICT;

    -- A trial has its run, or the reason why there is none.
    CREATE TABLE trial (
      experiment INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      run INTEGER UNIQUE REFERENCES run (id) ON DELETE CASCADE,
      refusal TEXT,
      PRIMARY KEY (experiment, position),
      CHECK ((run IS NULL) <> (refusal IS NULL))
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE trial_parameter (
      experiment INTEGER NOT NULL,
      trial INTEGER NOT NULL,
      position INTEGER NOT NULL,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (experiment, trial, position),
      FOREIGN KEY (experiment, trial) REFERENCES trial (experiment, position) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;

    """

  /// Counters of the timeline beside its bars in `span`.
  static let memoryTimeTable = """
    -- Memory in use on a rank from an instant to the rank's next one.
    CREATE TABLE memory_time (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      time_ps INTEGER NOT NULL,
      bytes REAL NOT NULL CHECK (bytes >= 0),
      PRIMARY KEY (run, position)
    ) STRICT, WITHOUT ROWID;

    """
}
