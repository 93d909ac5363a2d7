// What a run sent, to rows and back.

import GRDB
import Recording
import Units

extension ResultsStore {
  static func insertNetwork(_ use: NetworkUse, run: Int64, into database: Database) throws {
    try BulkInsert.fill("traffic", of: run, use.traffic, database) {
      try $0.insert($1.kind.rawValue, $1.link.rawValue, $1.bytesPerGPU.value)
    }
    try BulkInsert.fill("link", of: run, use.links, database) {
      try $0.insert(
        $1.rank, $1.member, $1.gpus, $1.link.rawValue, $1.bytes.value, $1.capacity.value, $1.name)
    }
    try BulkInsert.fill("link_load", of: run, use.loads, database) {
      try $0.insert(
        $1.link.rawValue, $1.start.picoseconds, $1.end.picoseconds, $1.utilisation)
    }
  }

  /// What a run sent, in the order of the record; empty in files that had no place for it.
  func networkUse(of run: RunID) throws(StoreProblem) -> NetworkUse {
    guard try hasTable("link_load") else { return NetworkUse() }
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
