// The candidates of plans that a rule refused, counted by rule.

import Recording

extension Study {
  static let planRefusalTable = Table.list(
    "plan_refusal", of: "experiment",
    "How many candidates of a plan each rule refused, with the first one of them.",
    """
    rule TEXT NOT NULL,
    refused INTEGER NOT NULL,       -- candidates
    example TEXT NOT NULL,
    reason TEXT NOT NULL,
    """, "UNIQUE (experiment, rule)")
}
