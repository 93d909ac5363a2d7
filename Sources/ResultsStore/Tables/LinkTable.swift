// The bytes carried by each link.

import Recording

extension LinkUse: TableRow {
  static let table = Table.list(
    "link",
    """
    Every link that carried something: a port of a GPU or its share of the links between switches,
    which have rank and member, or a link of the network itself, which has number and name.
    """,
    """
    rank INTEGER,
    member INTEGER,                 -- the simulated GPU of the rank, from 0
    number INTEGER,                 -- in its class, from 0
    gpus INTEGER NOT NULL CHECK (gpus > 0), -- GPUs with such a port or share; else 1
    link TEXT NOT NULL,             -- class of link
    bytes REAL NOT NULL CHECK (bytes >= 0),
    capacity_bytes_per_s REAL NOT NULL CHECK (capacity_bytes_per_s > 0),
    name TEXT,                      -- in the topology, or the places that it joins
    """, "UNIQUE (run, rank, member, link)", "UNIQUE (run, number, link)",
    "CHECK ((rank IS NULL) = (member IS NULL))", "CHECK ((rank IS NULL) = (number IS NOT NULL))",
    "CHECK ((number IS NULL) = (name IS NULL))")

  func bind(to row: inout RowBinder) {
    switch owner {
    case .gpu(let rank, let member, let gpus):
      row.add(rank, member, nil as Int?, gpus, link, bytes, capacity, nil as String?)
    case .network(let number, let name):
      row.add(nil as Int?, nil as Int?, number, 1, link, bytes, capacity, name)
    }
  }

  init(from row: inout StoredRow) throws(StoreProblem) {
    let name: String? = try row.get("name")
    // Older files store the number of a named link in `rank`.
    let rank: Int? = try row.get("rank")
    let number: Int? = try row.get("number")
    let owner: LinkOwner =
      if let name {
        .network(number: number ?? rank ?? 0, name: name)
      } else {
        .gpu(
          rank: rank ?? 0, member: try row.get("member", in: StoredRow.ranks, older: 0),
          gpus: try row.get("gpus", older: 1))
      }
    try self.init(
      owner, link: row.get("link"), bytes: row.get("bytes"),
      capacity: row.get("capacity_bytes_per_s"))
  }
}
