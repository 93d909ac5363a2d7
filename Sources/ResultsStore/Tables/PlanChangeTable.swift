// What changed inputs do to the best candidate of a plan.

import Recording

extension Study {
  static let planChangeTable = Table.list(
    "plan_change", of: "experiment",
    "What a changed input does to a plan; values are those of the plan's objective.",
    """
    input TEXT NOT NULL,
    amount TEXT NOT NULL,
    elasticity REAL,                -- d ln(objective) / d ln(input); NULL for steps
    fixed REAL,                     -- of the same candidate
    replanned REAL,                 -- of the candidate that is then best
    candidate TEXT,
    """)
}
