// What a run sent, to rows and back.

import GRDB
import Recording
import Units

extension ResultsStore {
  static func insertNetwork(_ use: NetworkUse, run: Int64, into database: Database) throws {
    var traffic = try BulkInsert(database, table: "traffic", columnCount: 5)
    defer { traffic.finish() }
    for (position, row) in use.traffic.enumerated() {
      traffic.bind(run)
      traffic.bind(position)
      traffic.bind(row.kind.rawValue)
      traffic.bind(row.link.rawValue)
      traffic.bind(row.bytesPerGPU.value)
      try traffic.insert()
    }
    var link = try BulkInsert(database, table: "link", columnCount: 9)
    defer { link.finish() }
    for (position, row) in use.links.enumerated() {
      link.bind(run)
      link.bind(position)
      link.bind(row.rank)
      link.bind(row.member)
      link.bind(row.gpus)
      link.bind(row.link.rawValue)
      link.bind(row.bytes.value)
      link.bind(row.capacity.value)
      if let name = row.name { link.bind(name) } else { link.bindNull() }
      try link.insert()
    }
    var load = try BulkInsert(database, table: "link_load", columnCount: 6)
    defer { load.finish() }
    for (position, row) in use.loads.enumerated() {
      load.bind(run)
      load.bind(position)
      load.bind(row.link.rawValue)
      load.bind(row.start.picoseconds)
      load.bind(row.end.picoseconds)
      load.bind(row.utilisation)
      try load.insert()
    }
  }

  /// What a run sent, in the order of the record; empty in files that had no place for it.
  func networkUse(of run: RunID) throws(StoreProblem) -> NetworkUse {
    let table = try query("SELECT 1 FROM sqlite_schema WHERE name = 'link_load'")
    guard !table.rows.isEmpty else { return NetworkUse() }
    let name = try column("name", of: "link", or: "NULL")
    let member = try column("member", of: "link", or: "0")
    let gpus = try column("gpus", of: "link", or: "1")
    return NetworkUse(
      traffic: try rows("kind, link, bytes_per_gpu", of: "traffic", run.rawValue) {
        row throws(StoreProblem) in
        Traffic(
          kind: try row.named(TrafficKind.self), link: try row.named(PortClass.self),
          bytesPerGPU: Bytes(try row.real()))
      },
      links: try rows(
        "rank, \(member), \(gpus), link, bytes, capacity_bytes_per_s, \(name)", of: "link",
        run.rawValue
      ) { row throws(StoreProblem) in
        LinkUse(
          rank: Int(try row.integer()), member: Int(try row.integer()),
          gpus: Int(try row.integer()), link: try row.named(PortClass.self),
          bytes: Bytes(try row.real()), capacity: BytesPerSecond(try row.real()),
          name: row.optionalText())
      },
      loads: try rows("link, start_ps, end_ps, utilisation", of: "link_load", run.rawValue) {
        row throws(StoreProblem) in
        LinkLoad(
          link: try row.named(PortClass.self), start: SimTime(picoseconds: try row.integer()),
          end: SimTime(picoseconds: try row.integer()), utilisation: try row.real())
      })
  }
}
