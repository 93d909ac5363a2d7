// The step of the schema that adds what a step consists of, summed: with rank_time and memory the
// metrics follow from it.

extension Schema {
  static let sums = """
    -- Cells of a kind on each simulated GPU: how many, from the start of each to its end in all
    -- together, the start of the first and the end of the last.
    CREATE TABLE cell_time (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      member INTEGER NOT NULL,
      gpus INTEGER NOT NULL CHECK (gpus > 0), -- that it stands for
      kind TEXT NOT NULL,
      cells INTEGER NOT NULL CHECK (cells > 0),
      time_ps INTEGER NOT NULL CHECK (time_ps >= 0),
      start_ps INTEGER NOT NULL,
      end_ps INTEGER NOT NULL CHECK (end_ps >= start_ps),
      PRIMARY KEY (run, position),
      UNIQUE (run, rank, member, kind)
    ) STRICT, WITHOUT ROWID;

    -- Exchanges of a kind of each simulated GPU: how many, and how long they take in all from when
    -- all GPUs that start one together are there.
    CREATE TABLE traffic_time (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      member INTEGER NOT NULL,
      gpus INTEGER NOT NULL CHECK (gpus > 0), -- that it stands for
      kind TEXT NOT NULL,
      exchanges INTEGER NOT NULL CHECK (exchanges > 0),
      time_ps INTEGER NOT NULL CHECK (time_ps >= 0),
      PRIMARY KEY (run, position),
      UNIQUE (run, rank, member, kind)
    ) STRICT, WITHOUT ROWID;

    -- Rows of the fullest GPU of an expert group over the mean, mean over microbatches; the same on
    -- the past loads that experts were placed for, NULL where there are none.
    CREATE TABLE layer_load (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      layer INTEGER NOT NULL,
      max_over_mean REAL NOT NULL,
      planned_max_over_mean REAL,
      PRIMARY KEY (run, position),
      UNIQUE (run, layer)
    ) STRICT, WITHOUT ROWID;

    """
}
