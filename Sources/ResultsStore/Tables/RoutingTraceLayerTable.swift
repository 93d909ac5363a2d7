// The names of the layers of a routing trace.

import Routing

extension RoutingTrace {
  static let layerTable = Table(
    "routing_trace_layer",
    """
    CREATE TABLE routing_trace_layer (
      trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
      layer INTEGER NOT NULL,
      name TEXT NOT NULL,             -- L3 in the main model, M0 of a prediction module
      PRIMARY KEY (trace, layer)
    ) STRICT, WITHOUT ROWID
    """)
}
