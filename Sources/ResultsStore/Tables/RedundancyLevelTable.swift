// The cost and benefit of redundant experts, by their number.

import Recording

extension Study {
  static let redundancyLevelTable = Table.list(
    "redundancy_level", of: "experiment",
    "The cost in memory and the gain in balance of each number of redundant experts.",
    """
    redundant_experts INTEGER NOT NULL,
    slots_per_gpu INTEGER NOT NULL,
    expert_bytes_per_gpu REAL NOT NULL,
    imbalance_eplb REAL NOT NULL,
    imbalance REAL NOT NULL,
    bound REAL NOT NULL,
    is_pareto INTEGER NOT NULL CHECK (is_pareto IN (0, 1)),
    """)
}
