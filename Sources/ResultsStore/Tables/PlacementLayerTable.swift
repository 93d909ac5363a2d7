// The imbalance under an expert placement in each layer.

import Recording

extension Study {
  static let placementLayerTable = Table.list(
    "placement_layer", of: "experiment",
    "The most loaded GPU / mean under a placement of experts, and lower bounds on that ratio.",
    """
    layer INTEGER NOT NULL,
    imbalance_without_plan REAL,    -- NULL where the experts are not a multiple of the GPUs
    imbalance_eplb REAL NOT NULL,
    imbalance REAL NOT NULL,
    bound_largest_replica REAL NOT NULL,
    bound_node REAL,                -- NULL where groups may be spread over nodes
    doubled_slots_eplb INTEGER NOT NULL,
    doubled_slots INTEGER NOT NULL,
    remote_nodes_per_token REAL NOT NULL,
    """)
}
