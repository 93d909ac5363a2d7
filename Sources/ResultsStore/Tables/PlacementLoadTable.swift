// The load of each GPU under a placement.

import Recording

extension Study {
  static let placementLoadTable = Table.list(
    "placement_load", of: "experiment",
    "Load of each GPU / mean of its layer, before planning and after.",
    """
    layer INTEGER NOT NULL,
    gpu INTEGER NOT NULL,
    load_before REAL NOT NULL,
    load REAL NOT NULL,
    """)
}
