// The step of the schema that adds load profiles: what a trace became when it was scaled up.

extension Schema {
  static let loadProfiles = """
    CREATE TABLE load_profile (
      id INTEGER PRIMARY KEY,
      trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
      layers INTEGER NOT NULL,
      -- Notes say what is measured, fitted, published and assumed; then the shares of each layer
      -- and domain in 65,536ths, experts across.
      profile TEXT NOT NULL
    ) STRICT;

    """
}
