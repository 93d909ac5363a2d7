// The named scalar values of studies.

import Recording

extension Study {
  static let valueTable = Table.list(
    "study_value", of: "experiment",
    "What was asked of a study, and what holds for all of it. Names with is_ are 0 or 1.",
    """
    name TEXT NOT NULL,
    value ANY,
    """, "UNIQUE (experiment, name)")
}
