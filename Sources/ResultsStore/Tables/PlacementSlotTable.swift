// The expert in each slot of a placement.

import Recording

extension Study {
  static let placementSlotTable = Table.list(
    "placement_slot", of: "experiment",
    "The expert in each slot, and which of its replicas; the slots of a GPU are consecutive.",
    """
    layer INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    expert INTEGER NOT NULL CHECK (expert BETWEEN 0 AND 65535),
    replica INTEGER NOT NULL,
    """)
}
