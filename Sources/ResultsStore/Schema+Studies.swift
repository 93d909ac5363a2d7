// The step of the schema that adds studies: experiments that are not made of runs.

extension Schema {
  static let studyTables = """
    -- What was asked of a study, and what holds for all of it. Names with is_ are 0 or 1.
    CREATE TABLE study_value (
      experiment INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      name TEXT NOT NULL,
      value ANY,
      PRIMARY KEY (experiment, position),
      UNIQUE (experiment, name)
    ) STRICT, WITHOUT ROWID;

    -- What a placement of experts is worth: largest GPU load over the mean, and lower bounds on it.
    CREATE TABLE placement_layer (
      experiment INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      layer INTEGER NOT NULL,
      imbalance_without_plan REAL,    -- NULL where the GPUs do not divide the experts
      imbalance_eplb REAL NOT NULL,
      imbalance REAL NOT NULL,
      bound_largest_replica REAL NOT NULL,
      bound_node REAL,                -- NULL where groups need not stay whole
      doubled_slots_eplb INTEGER NOT NULL,
      doubled_slots INTEGER NOT NULL,
      remote_nodes_per_token REAL NOT NULL,
      PRIMARY KEY (experiment, position)
    ) STRICT, WITHOUT ROWID;

    -- The expert of each slot, and which of its replicas; slots of a GPU follow each other.
    CREATE TABLE placement_slot (
      experiment INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      layer INTEGER NOT NULL,
      slot INTEGER NOT NULL,
      expert INTEGER NOT NULL CHECK (expert BETWEEN 0 AND 65535),
      replica INTEGER NOT NULL,
      PRIMARY KEY (experiment, position)
    ) STRICT, WITHOUT ROWID;

    -- Load of each GPU over the mean of its layer, before planning and after.
    CREATE TABLE placement_load (
      experiment INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      layer INTEGER NOT NULL,
      gpu INTEGER NOT NULL,
      load_before REAL NOT NULL,
      load REAL NOT NULL,
      PRIMARY KEY (experiment, position)
    ) STRICT, WITHOUT ROWID;

    -- What numbers of redundant experts cost in memory and bring in balance.
    CREATE TABLE redundancy_level (
      experiment INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      redundant_experts INTEGER NOT NULL,
      slots_per_gpu INTEGER NOT NULL,
      expert_bytes_per_gpu REAL NOT NULL,
      imbalance_eplb REAL NOT NULL,
      imbalance REAL NOT NULL,
      bound REAL NOT NULL,
      is_pareto INTEGER NOT NULL CHECK (is_pareto IN (0, 1)),
      PRIMARY KEY (experiment, position)
    ) STRICT, WITHOUT ROWID;

    -- What planning again after some minutes brings and costs, on traffic that drifts.
    CREATE TABLE drift_interval (
      experiment INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      every_minutes INTEGER,          -- NULL where the first plan stays
      imbalance REAL NOT NULL,
      lost_to_oracle_share REAL NOT NULL,
      saved_against_never_share REAL NOT NULL,
      moved_experts INTEGER NOT NULL,
      moved_bytes REAL NOT NULL,
      move_time_s REAL NOT NULL,
      PRIMARY KEY (experiment, position)
    ) STRICT, WITHOUT ROWID;

    """
}
