// The names of the text domains of a routing trace.

import Routing

extension RoutingTrace {
  static let domainTable = Table(
    "routing_trace_domain",
    """
    CREATE TABLE routing_trace_domain (
      trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
      domain INTEGER NOT NULL,
      name TEXT NOT NULL,
      PRIMARY KEY (trace, domain)
    ) STRICT, WITHOUT ROWID
    """)
}
