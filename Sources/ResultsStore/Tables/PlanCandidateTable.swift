// The candidates of plans that no rule refused.

import Recording

extension Study {
  static let planCandidateTable = Table.list(
    "plan_candidate", of: "experiment",
    "Every candidate of a plan that no rule refused; values are those of the plan's objective.",
    """
    place INTEGER,                  -- among the best, from 1
    candidate TEXT NOT NULL,
    options TEXT NOT NULL,          -- that make the scenario this candidate, for dsv3sim run
    fate TEXT NOT NULL CHECK (fate IN ('pruned', 'failed', 'simulated')),
    value REAL,                     -- NULL unless simulated
    low REAL,
    high REAL,
    bound REAL CHECK (bound <= value), -- proven
    bounded_by TEXT,
    note TEXT,                      -- why it is not the best, or why it failed
    """, "UNIQUE (experiment, candidate)")
}
