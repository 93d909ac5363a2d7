// The benefit of replanning on drifting traffic, by replanning interval.

import Recording

extension Study {
  static let driftIntervalTable = Table.list(
    "drift_interval", of: "experiment",
    "The gain and the cost of planning again at each interval, on traffic that drifts.",
    """
    every_minutes INTEGER,          -- NULL where the first plan stays
    imbalance REAL NOT NULL,
    lost_to_oracle_share REAL NOT NULL,
    saved_against_never_share REAL NOT NULL,
    moved_experts INTEGER NOT NULL,
    moved_bytes REAL NOT NULL,
    move_time_s REAL NOT NULL,
    """)
}
