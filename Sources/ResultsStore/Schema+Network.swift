// Tables of what a run sent over its network.

extension Schema {
  static let networkTables = """
    -- Bytes by purpose and class of port, mean over all GPUs.
    CREATE TABLE traffic (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      kind TEXT NOT NULL,
      link TEXT NOT NULL,
      bytes_per_gpu REAL NOT NULL CHECK (bytes_per_gpu >= 0),
      PRIMARY KEY (run, position),
      UNIQUE (run, kind, link)
    ) STRICT, WITHOUT ROWID;

    -- Every port that carried something; of a rank's GPU, or of each GPU at fidelity every-gpu.
    CREATE TABLE link (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      link TEXT NOT NULL,
      bytes REAL NOT NULL CHECK (bytes >= 0),
      capacity_bytes_per_s REAL NOT NULL CHECK (capacity_bytes_per_s > 0),
      PRIMARY KEY (run, position),
      UNIQUE (run, rank, link)
    ) STRICT, WITHOUT ROWID;

    -- How full the ports of a class were, in equal intervals of the step.
    CREATE TABLE link_load (
      run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      link TEXT NOT NULL,
      start_ps INTEGER NOT NULL,
      end_ps INTEGER NOT NULL CHECK (end_ps > start_ps),
      utilisation REAL NOT NULL CHECK (utilisation >= 0),
      PRIMARY KEY (run, position),
      UNIQUE (run, link, start_ps)
    ) STRICT, WITHOUT ROWID;

    """

  static let linkNames = """
    -- What a link between switches is called in its topology; NULL for ports and shares of links.
    ALTER TABLE link ADD COLUMN name TEXT;

    """
}
