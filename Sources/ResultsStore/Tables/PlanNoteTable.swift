// Remarks of plans.

import Recording

extension Study {
  static let planNoteTable = Table.list(
    "plan_note", of: "experiment", "Remarks of a plan: what binds, what the search did.",
    """
    text TEXT NOT NULL,
    """)
}
